// One export: what it is, its files in every profile, where it is, its lines and what billing answered to them.
import './exports.css';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { call, Problem } from '../../api/client';
import type { SchemaDestinations, SchemaExport, SchemaExportLine, SchemaExportLinePage, SchemaExportProfiles, SchemaSigningKeys } from '../../api/schema';
import { me } from '../../session';
import { published as texts } from '../../texts/exports';
import { Failure } from '../../ui/failure';
import { Listing } from '../../ui/listing';
import { full } from '../../ui/time';
import { Acknowledge } from './acknowledge';
import { Files } from './files';
import { Lines } from './lines';

export default function Export({ sequence }: { sequence: string }) {
  const found = useSignal<SchemaExport | null>(null);
  const profiles = useSignal<SchemaExportProfiles['items']>([]);
  const destinations = useSignal<SchemaDestinations['items']>([]);
  const gone = useSignal<readonly string[]>([]);
  const signed = useSignal(false);
  const failure = useSignal<unknown>(null);
  const path = `/v1/exports/${encodeURIComponent(sequence)}`;
  const lines = useMemo(() => new Listing<SchemaExportLine, SchemaExportLinePage>(`${path}/lines`, 'after'), [sequence]);
  const load = async () => {
    try {
      const one = await call<SchemaExport>('GET', path);
      found.value = one;
      profiles.value = (await call<SchemaExportProfiles>('GET', '/v1/export-profiles')).items;
      gone.value = await released(path, one, profiles.value);
      destinations.value = (await call<SchemaDestinations>('GET', '/v1/destinations')).items;
      signed.value = (await call<SchemaSigningKeys>('GET', '/v1/signing-keys')).keys.length > 0;
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
    if (found.value) await lines.load();
  };
  useEffect(() => void load(), [sequence]);
  const shown = found.value;
  if (!shown) {
    const unknown = failure.value instanceof Problem && failure.value.status === 404;
    return (
      <main class="page exports" id="content">
        <h1>{texts.one(sequence)}</h1>
        {unknown && <p class="muted">{texts.missing}</p>}
        {failure.value !== null && !unknown && <Failure error={failure.value} retry={() => void load()} />}
      </main>
    );
  }
  const answers = lines.last.value?.answers;
  const number = shown.sequence;
  return (
    <main class="page exports" id="content">
      <h1>{texts.one(sequence)}</h1>
      {failure.value !== null && <Failure error={failure.value} retry={() => void load()} />}
      <Facts shown={shown} />
      <Files shown={shown} profiles={profiles.value} gone={gone.value} signed={signed.value} />
      <section class="stack">
        <h2>{texts.where}</h2>
        {destinations.value.length === 0 && <p class="muted">{texts.noDestinations}</p>}
        {destinations.value.length > 0 && (
          <ul>
            {destinations.value.map((one) => (
              <li key={one.name}>
                {one.delivered_through >= number
                  ? texts.has(one.name, one.delivered_through === number && one.delivered_at !== null ? `, ${texts.since(full(one.delivered_at))}` : '')
                  : texts.hasNot(one.name, one.delivered_through)}
              </li>
            ))}
          </ul>
        )}
      </section>
      <section class="stack">
        <h2>{texts.answers}</h2>
        {answers && <p role="status">{texts.answered(answers.billed, answers.owner_not_found, answers.refused, answers.open)}</p>}
        {me.value?.role === 'billing' && <Acknowledge path={path} done={() => void lines.load()} />}
      </section>
      <Lines listing={lines} />
    </main>
  );
}

/** Names of the profiles whose file of an export is lost and was given up. */
async function released(path: string, shown: SchemaExport, profiles: SchemaExportProfiles['items']): Promise<string[]> {
  const having = profiles.filter((one) => one.published_through >= shown.sequence);
  const of = (name: string) => call<SchemaExport>('GET', `${path}?profile=${encodeURIComponent(name)}`);
  const files = await Promise.all(having.map((one) => (one.billing ? shown : of(one.name))));
  return having.filter((_, index) => files[index]?.file_released).map((one) => one.name);
}

function Facts({ shown }: { shown: SchemaExport }) {
  const rows: [string, string | null, boolean?][] = [
    [texts.facts.kind, texts.kinds[shown.kind] ?? shown.kind],
    [texts.facts.file, shown.file_name],
    [texts.facts.lines, shown.rows.toLocaleString('en-US')],
    [texts.facts.from, shown.window_from === null ? null : full(shown.window_from)],
    [texts.facts.to, full(shown.window_to)],
    [texts.facts.published, shown.published_at === null ? null : full(shown.published_at)],
    [texts.facts.sha, shown.sha256, true],
    [texts.facts.manifest, shown.manifest_sha256, true],
    [texts.facts.previous, shown.previous_manifest_sha256, true],
  ];
  return (
    <table class="own">
      <tbody>
        {rows.map(([name, value, digest]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class={digest ? 'digest' : undefined}>{value ?? '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

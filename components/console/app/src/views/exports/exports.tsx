// What was published, newest first, profile by profile, and where it is delivered to.
import './exports.css';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../../api/client';
import type { SchemaDestinations, SchemaExport, SchemaExportPage, SchemaExportProfiles } from '../../api/schema';
import { href } from '../../router';
import { published as texts } from '../../texts/exports';
import { Failure } from '../../ui/failure';
import { Scroll } from '../../ui/scroll';
import { full } from '../../ui/time';
import { Destinations } from './destinations';

/** Exports shown at a time. */
const PAGE = 50;

export default function Exports() {
  const profile = useSignal(new URLSearchParams(location.search).get('profile') ?? 'billing');
  const profiles = useSignal<SchemaExportProfiles['items']>([]);
  const destinations = useSignal<SchemaDestinations['items'] | null>(null);
  const items = useSignal<readonly SchemaExport[] | null>(null);
  const failure = useSignal<unknown>(null);
  const busy = useSignal(false);
  const chosen = profiles.value.find((one) => one.name === profile.value);

  /** What comes before a number, newest first: numbers have no gaps. */
  const before = async (of: string, number: number): Promise<SchemaExport[]> => {
    const after = Math.max(0, number - 1 - PAGE);
    const limit = Math.min(PAGE, number - 1);
    if (limit < 1) return [];
    const page = await call<SchemaExportPage>('GET', `/v1/exports?profile=${encodeURIComponent(of)}&after=${after}&limit=${limit}`);
    return page.items.reverse();
  };
  const run = async (work: () => Promise<void>) => {
    busy.value = true;
    try {
      await work();
      failure.value = null;
    } catch (error) {
      failure.value = error;
    } finally {
      busy.value = false;
    }
  };
  const load = () =>
    run(async () => {
      const of = profile.value;
      profiles.value = (await call<SchemaExportProfiles>('GET', '/v1/export-profiles')).items;
      destinations.value = (await call<SchemaDestinations>('GET', '/v1/destinations')).items;
      const through = profiles.value.find((one) => one.name === of)?.published_through ?? 0;
      const found = await before(of, through + 1);
      // Another one may have been chosen meanwhile.
      if (of === profile.value) items.value = found;
    });
  const oldest = items.value?.at(-1)?.sequence ?? 1;
  const earlier = () =>
    run(async () => {
      const of = profile.value;
      const found = await before(of, oldest);
      if (of === profile.value) items.value = [...(items.value ?? []), ...found];
    });
  useEffect(() => void load(), [profile.value]);

  return (
    <main class="page exports" id="content">
      <h1>{texts.title}</h1>
      {profiles.value.length > 1 && (
        <label class="filter">
          {texts.profile}
          <select
            value={profile.value}
            onChange={(event) => {
              profile.value = event.currentTarget.value;
              // In the same frame: nobody fetches the file of one profile where the page says another.
              items.value = null;
              history.replaceState(null, '', `?profile=${encodeURIComponent(profile.value)}`);
            }}
          >
            {profiles.value.map((one) => (
              <option key={one.name} value={one.name}>
                {texts.profileName(one)}
              </option>
            ))}
          </select>
        </label>
      )}
      {chosen && (
        <p class="muted">
          {chosen.named ? texts.standing(chosen).join('') : texts.notNamed}
          {chosen.named && chosen.due_at !== null && <b>{full(chosen.due_at)}</b>}
          {chosen.named && typeof chosen.waits_for === 'string' && <span> {chosen.waits_for}</span>}
        </p>
      )}
      {failure.value !== null && <Failure error={failure.value} retry={() => void load()} />}
      {items.value && items.value.length === 0 && <p class="muted">{texts.none}</p>}
      {items.value && items.value.length > 0 && (
        <Scroll label={texts.title}>
          <table>
            <thead>
              <tr>
                {Object.entries(texts.columns).map(([key, name]) => (
                  <th key={key} scope="col" class={key === 'lines' ? 'number' : undefined}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {items.value.map((item) => (
                <Row key={item.sequence} item={item} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {oldest > 1 && items.value && items.value.length > 0 && (
        <div class="row">
          <button type="button" disabled={busy.value} onClick={() => void earlier()}>
            {texts.earlier}
          </button>
        </div>
      )}
      {destinations.value && <Destinations items={destinations.value} />}
    </main>
  );
}

function Row({ item }: { item: SchemaExport }) {
  return (
    <tr>
      <td>
        <a href={href(`exports/${item.sequence}`)}>{item.sequence}</a>
      </td>
      <td>{texts.kinds[item.kind] ?? item.kind}</td>
      <td>{item.published_at === null ? '–' : full(item.published_at)}</td>
      <td class="number">{item.rows.toLocaleString('en-US')}</td>
      <td>
        {item.file_url !== null && !item.file_released && (
          <a href={item.file_url} download={item.file_name} aria-label={texts.download(item.file_name)}>
            {item.file_name}
          </a>
        )}
        {item.file_released && (
          <>
            {item.file_name}
            <p class="small muted">{texts.released}</p>
          </>
        )}
      </td>
      <td>
        {item.manifest_url !== null && (
          <a
            href={item.manifest_url}
            download={`${item.file_name}.manifest.json`}
            aria-label={texts.manifestOf(item.sequence)}
          >
            {texts.parts.manifest}
          </a>
        )}
      </td>
    </tr>
  );
}

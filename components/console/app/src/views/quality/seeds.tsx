// The known answers that this supervisor gave, what came of each, and taking one back that nobody has read.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../../api/client';
import type { SchemaClaimedReview, SchemaRejectCode, SchemaSeed, SchemaSeedPage } from '../../api/schema';
import { href } from '../../router';
import { texts as all } from '../../texts/en';
import { issuerName } from '../../texts/issuers';
import { plateTypes } from '../../texts/plate-types';
import { seeds as texts } from '../../texts/seeds';
import { Failure } from '../../ui/failure';
import { Scroll } from '../../ui/scroll';
import { full } from '../../ui/time';
import { Seen } from './seen';

const AT_A_TIME = 20;

async function takeBack(seed: SchemaSeed): Promise<void> {
  const review = await call<SchemaClaimedReview>('POST', `/v1/reviews/${seed.passage}/undo`, { version: seed.version });
  // It is an ordinary review again, for whoever comes next.
  await call('POST', `/v1/reviews/${seed.passage}/release`, { version: review.version });
}

export function Seeds() {
  const before = useSignal<number | null>(null);
  const found = useSignal<SchemaSeedPage | null>(null);
  const failure = useSignal<unknown>(null);
  const load = async () => {
    try {
      const more = before.value === null ? '' : `&before=${before.value}`;
      found.value = await call<SchemaSeedPage>('GET', `/v1/quality/seeds?limit=${AT_A_TIME}${more}`);
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
  };
  useEffect(() => void load(), [before.value]);
  const retire = async (seed: SchemaSeed) => {
    try {
      await takeBack(seed);
      await load();
    } catch (error) {
      failure.value = error;
    }
  };
  const page = found.value;
  return (
    <section class="stack seeds">
      <h2>{texts.title}</h2>
      {failure.value !== null && <Failure error={failure.value} retry={() => void load()} />}
      {page && page.items.length === 0 && <p class="muted">{texts.none}</p>}
      {page && page.items.length > 0 && (
        <Scroll label={texts.title}>
          <table>
            <thead>
              <tr>
                {Object.entries(texts.columns).map(([key, name]) => (name === '' ? <td key={key} /> : <th key={key} scope="col">{name}</th>))}
              </tr>
            </thead>
            <tbody>
              {page.items.map((seed) => (
                <Row key={seed.passage} seed={seed} retire={() => void retire(seed)} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {page && (before.value !== null || page.next !== null) && (
        <div class="row">
          {before.value !== null && (
            <button type="button" onClick={() => (before.value = null)}>
              {texts.newest}
            </button>
          )}
          {page.next !== null && (
            <button type="button" onClick={() => (before.value = page.next)}>
              {texts.older}
            </button>
          )}
        </div>
      )}
      <p class="small muted">{texts.note}</p>
    </section>
  );
}

function Row({ seed, retire }: { seed: SchemaSeed; retire: () => void }) {
  return (
    <tr>
      <td>{full(seed.at)}</td>
      <td>
        <a href={href(`passages/${seed.passage}`)} title={seed.passage}>
          {seed.booth}
        </a>
      </td>
      <td>
        {seed.plate ? <code>{seed.plate}</code> : all.reject((seed.reject ?? 'other') as SchemaRejectCode)} {seed.jurisdiction && issuerName(seed.jurisdiction)}{seed.plate_type && `, ${plateTypes[seed.plate_type]}`}{' '}
        <Seen passage={seed.passage} name={seed.plate ?? seed.passage} />
      </td>
      <td>
        {texts.standings[seed.standing] ?? seed.standing} {seed.right === false && <b>{texts.yours}</b>}
      </td>
      <td>{seed.compared.map((one) => (one.right ? texts.right(one.name ?? one.token) : texts.wrong(one.name ?? one.token))).join(', ')}</td>
      <td>
        {seed.standing === 'open' && (
          <button type="button" aria-label={texts.backOf(seed.plate ?? seed.passage)} onClick={retire}>
            {texts.back}
          </button>
        )}
      </td>
    </tr>
  );
}

// What today's settings would decide about passages that were read before. Looking changes nothing.
import { useSignal } from '@preact/signals';
import { call } from '../../api/client';
import type { SchemaPreview } from '../../api/schema';
import { learned as texts } from '../../texts/learned';
import { Columns } from '../../ui/columns';
import { Failure } from '../../ui/failure';
import { href } from '../../router';
import { me } from '../../session';
import { Scroll } from '../../ui/scroll';
import { Seen } from './seen';

/** Calls at most, of 200 passages each: some seconds of work for the server. */
const MOST_CALLS = 20;
/** Changes shown at most. */
const MOST_SHOWN = 50;
/** What is looked at: the last month's. */
const DAYS = 30;

type Change = keyof SchemaPreview['changes'];
const CHANGES = Object.keys(texts.changes) as Change[];

export function Preview() {
  const counts = useSignal<SchemaPreview['changes'] | null>(null);
  const items = useSignal<SchemaPreview['items']>([]);
  const lookedAt = useSignal(0);
  const running = useSignal(false);
  const failure = useSignal<unknown>(null);
  const look = async () => {
    running.value = true;
    failure.value = null;
    counts.value = null;
    items.value = [];
    lookedAt.value = 0;
    const since = new Date(Date.now() - DAYS * 86_400_000).toISOString();
    let after: number | null = null;
    try {
      for (let calls = 0; calls < MOST_CALLS && running.value; calls += 1) {
        const body = { since, limit: 200, ...(after === null ? {} : { after }) };
        const found: SchemaPreview = await call<SchemaPreview>('POST', '/v1/reprocess-previews', body);
        const before: SchemaPreview['changes'] | null = counts.value;
        counts.value = before === null ? found.changes : added(before, found.changes);
        items.value = [...items.value, ...found.items].slice(0, MOST_SHOWN);
        lookedAt.value += found.looked_at;
        after = found.next;
        if (after === null) break;
      }
    } catch (error) {
      failure.value = error;
    }
    running.value = false;
  };
  const shown = counts.value;
  return (
    <section class="stack">
      <h2>{texts.previewTitle}</h2>
      <p class="small muted">{texts.previewHow}</p>
      <div class="row">
        {running.value ? (
          <button type="button" onClick={() => (running.value = false)}>
            {texts.previewStop}
          </button>
        ) : (
          <button type="button" onClick={() => void look()}>
            {texts.previewStart}
          </button>
        )}
        <span role="status">{shown !== null && texts.lookedAt(lookedAt.value)}</span>
      </div>
      {failure.value !== null && <Failure error={failure.value} />}
      {shown !== null && lookedAt.value === 0 && !running.value && <p>{texts.nothing}</p>}
      {shown !== null && lookedAt.value > 0 && (
        <table>
          <tbody>
            {CHANGES.filter((change) => shown[change] > 0).map((change) => (
              <tr key={change}>
                <th scope="row">{texts.changes[change]}</th>
                <td>{shown[change].toLocaleString('en-US')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {items.value.length > 0 && (
        <details>
          <summary>{texts.listTitle}</summary>
          <Scroll label={texts.listTitle}>
            <table>
              <Columns names={Object.values(texts.columns)} />
              <tbody>
                {items.value.map((item) => (
                  <tr key={item.passage}>
                    <td>
                      <a href={href(`passages/${item.passage}`)}>{item.passage}</a>
                      {/* Operators see no photos. */}
                      {me.value?.role === 'supervisor' && <Seen passage={item.passage} name={item.passage} />}
                    </td>
                    <td>{texts.changes[item.change]}</td>
                    <td>{side(item.before)}</td>
                    <td>{side(item.after)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </details>
      )}
    </section>
  );
}

function added(one: SchemaPreview['changes'], other: SchemaPreview['changes']): SchemaPreview['changes'] {
  const sum = { ...one };
  for (const change of CHANGES) sum[change] = one[change] + other[change];
  return sum;
}

function side(of: SchemaPreview['items'][number]['before']): string {
  const words = [of.plate, of.jurisdiction, of.reason ?? of.state];
  return words.filter((word) => word !== null).join(' · ');
}

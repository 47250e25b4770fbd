// The passages behind one hour: the last of the three steps from years to a photo.
import { useEffect, useMemo } from 'preact/hooks';
import type { SchemaPassage } from '../../api/schema';
import { href } from '../../router';
import { texts } from '../../texts/en';
import { Columns } from '../../ui/columns';
import { Failure } from '../../ui/failure';
import { Listing } from '../../ui/listing';
import { Scroll } from '../../ui/scroll';
import { full } from '../../ui/time';
import { live } from '../../texts/live';

export function Hour({ hour, booth }: { hour: string; booth: string }) {
  const list = useMemo(() => new Listing<SchemaPassage>('/v1/passages', 'before'), []);
  const filters = { received_hour: hour, booth };
  useEffect(() => void list.load(filters), [hour, booth]);
  const items = list.items.value;
  return (
    <section>
      <h2 id="hour">{live.passages.title}</h2>
      {list.failure.value !== null && <Failure error={list.failure.value} retry={() => void list.load(filters)} />}
      {items?.length === 0 && <p class="muted">{live.passages.none}</p>}
      {items && items.length > 0 && (
        <Scroll label={live.passages.title}>
          <table>
            <Columns names={live.passages.columns} />
            <tbody>
              {items.map((item) => (
                <tr key={item.passage}>
                  <td>
                    <a href={href(`passages/${item.passage}`)}>{full(item.captured_at)}</a>
                  </td>
                  <td>{item.booth}</td>
                  <td>{texts.state(item.state)}</td>
                  <td>{item.plate ? <code>{item.plate}</code> : '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {list.last.value?.next != null && (
        <div class="row">
          <button type="button" aria-disabled={list.busy.value} onClick={() => void list.more(filters)}>
            {live.passages.more}
          </button>
        </div>
      )}
    </section>
  );
}

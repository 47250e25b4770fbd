// What fails and since when: passages whose reading was given up, the oldest first.
import type { SchemaFailedReadingPage, SchemaReviewReason } from '../../api/schema';
import { href } from '../../router';
import { texts } from '../../texts/en';
import { Columns } from '../../ui/columns';
import { Scroll } from '../../ui/scroll';
import { full, now } from '../../ui/time';
import { live } from '../../texts/live';

export function Failures({ page }: { page: SchemaFailedReadingPage }) {
  const words = live.failures;
  const all = page.causes.reduce((sum, cause) => sum + cause.passages, 0);
  return (
    <section>
      <h2 id="failures">{words.title}</h2>
      {page.items.length === 0 ? (
        <p class="muted">{words.none}</p>
      ) : (
        <Scroll label={words.title}>
          <table>
            <Columns names={words.columns} />
            <tbody>
              {page.items.map((item) => (
                <tr key={item.passage}>
                  <td title={full(item.opened_at)}>{texts.age(now.value - Date.parse(item.opened_at))}</td>
                  <td>{item.booth}</td>
                  <td>{texts.reason(item.reason as SchemaReviewReason)[0]}</td>
                  <td>{texts.passage.outcome(item.class)}</td>
                  <td>
                    <a href={href(`passages/${item.passage}`)}>{full(item.captured_at)}</a>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {all > page.items.length && <p class="muted small">{words.more(all - page.items.length)}</p>}
    </section>
  );
}

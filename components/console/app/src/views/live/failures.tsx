// What fails and since when: passages whose reading was given up, by cause and the oldest first. A supervisor sends those of a
// cause to the recogniser again.
import { useSignal } from '@preact/signals';
import type { SchemaFailedReadingPage, SchemaReviewReason } from '../../api/schema';
import { href } from '../../router';
import { me } from '../../session';
import { texts } from '../../texts/en';
import { Columns } from '../../ui/columns';
import { Scroll } from '../../ui/scroll';
import { full, now } from '../../ui/time';
import { live } from '../../texts/live';
import { type Cause, last, Resend, why } from './resend';

export function Failures({ page, changed }: { page: SchemaFailedReadingPage; changed: () => void }) {
  const words = live.failures;
  const sending = useSignal<Cause | null>(null);
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
      {me.value?.role === 'supervisor' && page.causes.length > 0 && (
        <Scroll label={words.causes}>
          <table>
            <Columns names={words.causeColumns} buttons={words.resend} />
            <tbody>
              {page.causes.map((cause) => (
                <tr key={`${cause.reason} ${cause.class}`}>
                  <td>{why(cause)}</td>
                  <td>{last(cause)}</td>
                  <td>{cause.passages.toLocaleString('en-US')}</td>
                  <td>
                    <button type="button" aria-label={words.resendOf(why(cause), last(cause))} onClick={() => (sending.value = cause)}>
                      {words.resend}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {sending.value && (
        <Resend
          cause={sending.value}
          onClose={() => {
            sending.value = null;
            changed();
          }}
        />
      )}
      {all > page.items.length && <p class="muted small">{words.more(all - page.items.length)}</p>}
    </section>
  );
}

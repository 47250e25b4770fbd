// Sending what failed for one cause to the recogniser again: what it will touch, how many, and then all of it as one action.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { call } from '../../api/client';
import type { SchemaFailedReadingPage, SchemaReprocessed, SchemaReviewReason } from '../../api/schema';
import { href } from '../../router';
import { texts } from '../../texts/en';
import { live } from '../../texts/live';
import { Dialog } from '../../ui/dialog';
import { Failure } from '../../ui/failure';
import { full } from '../../ui/time';

export type Cause = SchemaFailedReadingPage['causes'][number];

/** Shown of what will be touched. */
const SHOWN = 5;

const words = live.failures;
export const why = (cause: Cause) => texts.reason(cause.reason as SchemaReviewReason)[0];
export const last = (cause: Cause) => texts.passage.outcome(cause.class);

interface Sent {
  passages: number;
  left: number;
  claimed: number;
}

export function Resend({ cause, onClose }: { cause: Cause; onClose: () => void }) {
  // What there is now, not when the page was drawn.
  const count = useSignal<number | null>(null);
  const items = useSignal<SchemaFailedReadingPage['items']>([]);
  const sending = useSignal(false);
  const sent = useSignal<Sent | null>(null);
  // What goes on after it was stopped is the same action on record.
  const action = useRef<number | null>(null);
  // Seen when the call that is under way has ended: two must never send at once.
  const stopped = useRef(false);
  const failure = useSignal<unknown>(null);
  useEffect(() => {
    const query = new URLSearchParams({ reason: cause.reason, class: cause.class, limit: String(SHOWN) });
    call<SchemaFailedReadingPage>('GET', `/v1/failed-readings?${query}`).then(
      (page) => {
        items.value = page.items;
        count.value = page.causes.reduce((sum, found) => sum + found.passages, 0);
      },
      (error: unknown) => {
        failure.value = error;
      },
    );
    return () => {
      stopped.current = true;
    };
  }, []);
  const send = async () => {
    failure.value = null;
    sending.value = true;
    stopped.current = false;
    sent.value ??= { passages: 0, left: count.value ?? 0, claimed: 0 };
    try {
      while (!stopped.current) {
        const body = { reason: cause.reason, class: cause.class, ...(action.current === null ? {} : { action: action.current }) };
        const done: SchemaReprocessed = await call<SchemaReprocessed>('POST', '/v1/failed-readings/reprocess', body);
        action.current = done.action ?? action.current;
        sent.value = { passages: (sent.value?.passages ?? 0) + done.passages, left: done.left, claimed: done.claimed };
        // Without the second condition, photos that fail again at once would go round for ever.
        if (done.left === 0 || done.passages === 0) break;
      }
    } catch (error) {
      failure.value = error;
    }
    sending.value = false;
  };
  const all = count.value;
  const done = sent.value;
  // Stopped, or failed in the middle: what is left can be sent as well.
  const over = done !== null && !sending.value && failure.value === null && done.left === 0;
  return (
    <Dialog title={words.resendTitle} onClose={onClose} closable={!sending.value}>
      {all === null && failure.value === null && <p class="muted">{live.loading}</p>}
      {all !== null && done === null && <p>{all === 0 ? words.resendNone : words.resendWhat(all, why(cause), last(cause))}</p>}
      {done === null && all !== 0 && <p class="small muted">{words.resendHow}</p>}
      {done === null && items.value.length > 0 && (
        <details>
          <summary>{words.resendFirst}</summary>
          <ul>
            {items.value.map((item) => (
              <li key={item.passage}>
                <a href={href(`passages/${item.passage}`)}>
                  {full(item.captured_at)}, {item.booth}
                </a>
              </li>
            ))}
          </ul>
        </details>
      )}
      {done !== null && all !== null && (
        <div class="stack">
          <progress aria-label={words.resendTitle} value={over ? all : Math.min(done.passages, all)} max={Math.max(all, 1)} />
          <p role="status">
            {sending.value ? words.resending(done.passages, all) : words.resent(done.passages)}
            {!sending.value && done.claimed > 0 && ` ${words.resendClaimed(done.claimed)}`}
            {!sending.value && done.left > 0 && ` ${words.resendLeft(done.left)}`}
          </p>
        </div>
      )}
      {failure.value !== null && <Failure error={failure.value} />}
      <div class="row">
        {done === null && all !== null && all > 0 && (
          <button type="button" class="main" onClick={() => void send()}>
            {words.resendGo(all)}
          </button>
        )}
        {done !== null && !sending.value && done.left > 0 && (
          <button type="button" class="main" onClick={() => void send()}>
            {words.resendOn(done.left)}
          </button>
        )}
        {sending.value ? (
          <button type="button" onClick={() => (stopped.current = true)}>
            {words.resendStop}
          </button>
        ) : (
          <button type="button" onClick={onClose}>
            {done === null ? words.resendBack : words.resendDone}
          </button>
        )}
      </div>
    </Dialog>
  );
}

// Everything that waits for a person, oldest first: how old, where, why, and who has it.
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { SchemaReview, SchemaReviewPage, SchemaReviewReason } from '../../api/schema';
import { href } from '../../router';
import { texts } from '../../texts/en';
import { Failure } from '../../ui/failure';
import { Listing } from '../../ui/listing';
import { Scroll } from '../../ui/scroll';
import { full, now } from '../../ui/time';

/** How often the list is asked for again, in milliseconds. */
const AGAIN_MS = 10_000;

export default function Queue() {
  const reason = useSignal('');
  const list = useMemo(() => new Listing<SchemaReview, SchemaReviewPage>('/v1/reviews', 'after'), []);
  const filters = () => ({ reason: reason.value });
  useEffect(() => {
    void list.load(filters());
    const timer = setInterval(() => {
      // Whoever has asked for more pages reads them: the list does not jump back under their eyes.
      if (document.visibilityState === 'visible' && (list.items.value?.length ?? 0) <= 50) void list.load(filters());
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }, [reason.value]);
  const items = list.items.value;
  const oldest = items?.[0];
  return (
    <main class="page" id="content">
      <div class="row">
        <h1>{texts.queue.title}</h1>
        {list.last.value && <span class="muted">{texts.queue.open(list.last.value.total)}</span>}
        {oldest && (
          <span class="muted">
            {texts.queue.oldest} <b>{texts.age(now.value - Date.parse(oldest.opened_at))}</b>
          </span>
        )}
      </div>
      <label class="filter">
        {texts.queue.reason}
        <select
          value={reason.value}
          onChange={(event) => {
            reason.value = event.currentTarget.value;
          }}
        >
          <option value="">{texts.queue.all}</option>
          {texts.reasons.map((code) => (
            <option key={code} value={code}>
              {texts.reason(code)[0]}
            </option>
          ))}
        </select>
      </label>
      {list.failure.value !== null && <Failure error={list.failure.value} retry={() => void list.load(filters())} />}
      {items && items.length === 0 && <p class="muted">{texts.queue.none}</p>}
      {items && items.length > 0 && (
        <Scroll label={texts.queue.title}>
          <table>
            <thead>
              <tr>
                {Object.values(texts.queue.columns).map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <Row key={item.passage} item={item} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {list.last.value?.next != null && (
        <div class="row">
          <button type="button" disabled={list.busy.value} onClick={() => void list.more(filters())}>
            {texts.queue.more}
          </button>
        </div>
      )}
    </main>
  );
}

function Row({ item }: { item: SchemaReview }) {
  return (
    <tr>
      <td title={full(item.opened_at)}>
        <a href={href(`passages/${item.passage}`)}>{texts.age(now.value - Date.parse(item.opened_at))}</a>
      </td>
      <td>{item.booth_name}</td>
      <td>{texts.reason(item.reason as SchemaReviewReason)[0]}</td>
      <td>{item.suggestion ? <code>{item.suggestion}</code> : '–'}</td>
      <td>{item.claimed_by ?? texts.queue.free}</td>
    </tr>
  );
}

// Everything that waits for a person, oldest first: how old, where, why, who decides it and who has it; and giving it to people.
import './queue.css';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { SchemaReview, SchemaReviewPage, SchemaReviewReason } from '../../api/schema';
import { go, href } from '../../router';
import { me } from '../../session';
import { desk } from '../../texts/desk';
import { texts } from '../../texts/en';
import { Failure } from '../../ui/failure';
import { Listing } from '../../ui/listing';
import { Scroll } from '../../ui/scroll';
import { full, now } from '../../ui/time';
import { Giving } from './giving';
import { People } from './people';

/** How often the list is asked for again, in milliseconds. */
const AGAIN_MS = 10_000;

export default function Queue() {
  const reason = useSignal('');
  const booth = useSignal('');
  const queue = useSignal(new URLSearchParams(location.search).get('queue') ?? '');
  const chosen = useSignal<readonly string[]>([]);
  const list = useMemo(() => new Listing<SchemaReview, SchemaReviewPage>('/v1/reviews', 'after'), []);
  const people = useMemo(() => new People(), []);
  const filters = () => ({ reason: reason.value, booth: booth.value, queue: queue.value });
  useEffect(() => {
    chosen.value = [];
    void list.load(filters());
    void people.load();
    const timer = setInterval(() => {
      // Whoever has asked for more pages reads them: the list does not jump back under their eyes.
      if (document.visibilityState === 'visible' && (list.items.value?.length ?? 0) <= 50) void list.load(filters());
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }, [reason.value, booth.value, queue.value]);
  const items = list.items.value;
  const oldest = items?.[0];
  const all = items !== null && items.length > 0 && items.every((item) => chosen.value.includes(item.passage));
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
      <div class="filters">
        <label>
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
        <label>
          {texts.queue.booth}
          <input
            value={booth.value}
            autocomplete="off"
            spellcheck={false}
            onChange={(event) => {
              booth.value = event.currentTarget.value.trim().toLowerCase();
            }}
          />
        </label>
        <label>
          {desk.queue}
          <select
            value={queue.value}
            onChange={(event) => {
              queue.value = event.currentTarget.value;
            }}
          >
            {Object.entries(desk.queues).map(([code, name]) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Giving
        people={people}
        chosen={chosen.value}
        filters={filters()}
        done={() => {
          chosen.value = [];
          void list.load(filters());
        }}
      />
      {list.failure.value !== null && <Failure error={list.failure.value} retry={() => void list.load(filters())} />}
      {items && items.length === 0 && <p class="muted">{texts.queue.none}</p>}
      {items && items.length > 0 && (
        <Scroll label={texts.queue.title}>
          <table class="queue">
            <thead>
              <tr>
                <td>
                  <input
                    type="checkbox"
                    aria-label={desk.selectAll}
                    checked={all}
                    onChange={(event) => {
                      chosen.value = event.currentTarget.checked ? items.slice(0, 100).map((item) => item.passage) : [];
                    }}
                  />
                </td>
                {[...Object.values(texts.queue.columns), desk.who].map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <Row
                  key={item.passage}
                  item={item}
                  people={people}
                  chosen={chosen.value.includes(item.passage)}
                  choose={(yes) => {
                    const others = chosen.value.filter((id) => id !== item.passage);
                    chosen.value = yes ? [...others, item.passage] : others;
                  }}
                />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {list.last.value?.next != null && (
        <div class="row">
          <button type="button" aria-disabled={list.busy.value} onClick={() => void list.more(filters())}>
            {texts.queue.more}
          </button>
        </div>
      )}
    </main>
  );
}

interface RowProps {
  item: SchemaReview;
  people: People;
  chosen: boolean;
  choose: (yes: boolean) => void;
}

function Row({ item, people, chosen, choose }: RowProps) {
  const mine = item.claimed_by === null || item.claimed_by === me.value?.token;
  return (
    <tr>
      <td>
        <input
          type="checkbox"
          aria-label={desk.select(item.suggestion ?? item.passage)}
          checked={chosen}
          onChange={(event) => choose(event.currentTarget.checked)}
        />
      </td>
      <td title={full(item.opened_at)}>
        <a href={href(`passages/${item.passage}`)}>{texts.age(now.value - Date.parse(item.opened_at))}</a>
      </td>
      <td>{item.booth_name}</td>
      <td>
        {texts.reason(item.reason as SchemaReviewReason)[0]}
        {item.supervisor && (
          <span class="matter">
            <b>{desk.matter(item.supervisor)}</b> {item.flag?.note}
          </span>
        )}
      </td>
      <td>{item.suggestion ? <code>{item.suggestion}</code> : '–'}</td>
      <td>
        {item.claimed_by ? people.name(item.claimed_by) : texts.queue.free}
        {item.supervisor && mine && (
          <>
            {' '}
            <button class="small" type="button" onClick={() => go(`review?passage=${item.passage}`)}>
              {desk.decide}
            </button>
          </>
        )}
      </td>
      <td>{item.assigned_to ? people.name(item.assigned_to) : desk.anybody}</td>
    </tr>
  );
}

// Booths: how each stands, in words, with the last day as a line. Every name leads to its own live view.
import type { SchemaPresent, SchemaSeries, SchemaStatus } from '../../api/schema';
import { href } from '../../router';
import { texts } from '../../texts/en';
import { Scroll } from '../../ui/scroll';
import { full, now } from '../../ui/time';
import { type Points, share, sum, total } from './facts';
import { WAITS_TOO_LONG } from './flow';
import { address } from './shown';
import { live } from '../../texts/live';

type Booth = SchemaPresent['booths'][number];
export type Verdict = { state: 'well' | 'degraded' | 'silent' | 'never'; words: string[] };

const HOUR = 3_600_000;
/** No booth is called silent sooner, in milliseconds. */
const QUIET = 900_000;
/** A camera of which more cannot be read wants to be looked at. */
export const DIRTY = 0.15;
/** Fewer photos say nothing about a camera. */
const FEW = 20;

/** How a booth stands, by its last day. */
export function judge(booth: Booth, points: Points, status: SchemaStatus | null, at: number): Verdict {
  if (booth.last_received === null) return { state: 'never', words: [] };
  const day = sum(points);
  const words: string[] = [];
  const received = day.received ?? 0;
  const quiet = at - Date.parse(booth.last_received);
  const busy = points.filter((point) => (point.facts.received ?? 0) > 0).length;
  const usual = received > 0 ? (busy * HOUR) / received : Infinity;
  const silent = quiet > Math.max(QUIET, 3 * usual);
  if (silent) words.push(live.booths.quiet(texts.age(quiet), texts.age(usual)));
  const unreadable = share(day.unreadable ?? 0, received);
  if (unreadable !== null && received >= FEW && unreadable > DIRTY) words.push(live.booths.unreadable(texts.percent(unreadable)));
  const refused = total(day, 'refused');
  if (refused > 0) words.push(live.booths.refused(refused));
  const strangers = total(day, 'refused_strangers');
  if (strangers > 0) words.push(live.booths.strangers(strangers));
  for (const clock of status?.doubtful_clocks ?? []) {
    if (clock.booth === booth.id) words.push(live.booths.clock(clock.camera));
  }
  const waits = booth.oldest.waiting === null ? 0 : at - Date.parse(booth.oldest.waiting);
  if (waits > WAITS_TOO_LONG) words.push(live.booths.waits(texts.age(waits)));
  return { state: silent ? 'silent' : words.length > 0 ? 'degraded' : 'well', words };
}

const ORDER = ['silent', 'degraded', 'never', 'well'];

export function Booths({ present, day, status }: { present: SchemaPresent; day: SchemaSeries | null; status: SchemaStatus | null }) {
  const rows = present.booths
    .map((booth) => {
      const points = day?.items.find((item) => item.subject === `booth:${booth.id}`)?.points ?? [];
      return { booth, points, verdict: judge(booth, points, status, now.value) };
    })
    .sort((a, b) => ORDER.indexOf(a.verdict.state) - ORDER.indexOf(b.verdict.state) || a.booth.name.localeCompare(b.booth.name));
  return (
    <section>
      <h2 id="booths">{live.booths.title}</h2>
      <Scroll label={live.booths.title}>
        <table class="booths">
          <thead>
            <tr>
              {live.booths.columns.map((name, n) => (
                <th key={name} scope="col" class={[3, 5, 6].includes(n) ? 'num' : ''}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ booth, points, verdict }) => (
              <Row key={booth.id} booth={booth} points={points} verdict={verdict} from={day ? Date.parse(day.from) : 0} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function Row({ booth, points, verdict, from }: { booth: Booth; points: Points; verdict: Verdict; from: number }) {
  const day = sum(points);
  const hour = points.filter((point) => now.value - Date.parse(point.at) < 2 * HOUR).at(-1)?.facts.received ?? 0;
  const judged = (day['accepted.judge'] ?? 0) + total(day, 'referred');
  const percent = (value: number | null) => (value === null ? '–' : texts.percent(value));
  return (
    <tr data-booth={booth.id}>
      <th scope="row">
        <a href={href(address({ booth: booth.id }))}>{booth.name || booth.id}</a>
      </th>
      <td>
        <span class={`state ${verdict.state}`}>{verdict.state === 'never' ? live.booths.never : live.booths[verdict.state]}</span>
      </td>
      <td>
        <Spark points={points} from={from} />
      </td>
      <td class="num">{live.number(hour)}</td>
      <td title={booth.last_received === null ? undefined : full(booth.last_received)}>
        {booth.last_received === null ? '–' : live.booths.ago(texts.age(now.value - Date.parse(booth.last_received)))}
      </td>
      <td class="num">{percent(share(day['accepted.judge'] ?? 0, judged))}</td>
      <td class="num">{percent(share(day.unreadable ?? 0, day.received ?? 0))}</td>
      <td class="words">{verdict.words.join(' ')}</td>
    </tr>
  );
}

/** The photos of the last 24 hours as a line without axes. */
function Spark({ points, from }: { points: Points; from: number }) {
  const hours = Array.from({ length: 25 }, (_, n) => from + n * HOUR);
  const found = new Map(points.map((point) => [Date.parse(point.at), point.facts.received ?? 0]));
  const values = hours.map((at) => found.get(at) ?? 0);
  const most = Math.max(1, ...values);
  const line = values.map((value, n) => `${(n * 160) / 24},${23 - (value / most) * 21}`).join(' ');
  return (
    <svg class="spark" viewBox="0 0 160 24" role="img" aria-label={live.booths.spark(values.reduce((sum, value) => sum + value, 0))}>
      <polyline points={line} fill="none" />
    </svg>
  );
}

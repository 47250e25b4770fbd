// The charts: what each shows, of the roll-ups of the time that is shown.
import type { SchemaSeries } from '../../api/schema';
import { texts } from '../../texts/en';
import { Chart, type Line } from './chart';
import { type Facts, type Points, quantile, share, sum, total } from './facts';
import { into } from './shown';
import { live } from '../../texts/live';

const STEPS: Record<SchemaSeries['step'], number> = {
  minute: 60_000, '5-minutes': 300_000, '15-minutes': 900_000, hour: 3_600_000, '6-hours': 21_600_000, day: 86_400_000, week: 604_800_000,
};

/** What the charts below are drawn of: nothing else is asked for. */
export const DRAWN = [
  'received', 'accepted', 'referred', 'rejected', 'reprocessed', 'billable_ms', 'reading_wait_ms', 'reading_run_ms', 'depth', 'age_ms', 'read_failed',
  'refused', 'refused_strangers', 'cost_micros',
].join();

interface Tile {
  key: keyof typeof live.charts;
  headline: (whole: Facts, points: Points) => string;
  format: (value: number) => string;
  lines: (Pick<Line, 'label' | 'colour' | 'thin'> & { of: (facts: Facts) => number | null })[];
}

const number = (value: number) => live.number(value);
const level = (name: string) => (facts: Facts) => facts[name] ?? null;
/** How long the oldest waits. Where it is known how many wait and not since when, none does. */
const age = (stage: string) => (facts: Facts) => (facts[`depth.${stage}`] === undefined ? null : (facts[`age_ms.${stage}`] ?? 0));
const median = (metric: string) => (facts: Facts) => quantile(facts, metric, 0.5);
const p95 = (metric: string) => (facts: Facts) => quantile(facts, metric, 0.95);
const duration = (value: number) => live.duration(value);
const closed = (facts: Facts) => (facts['accepted.people'] ?? 0) + total(facts, 'rejected') + (facts.reprocessed ?? 0);

const TILES: Tile[] = [
  {
    key: 'received',
    headline: (whole) => live.number(whole.received ?? 0),
    format: number,
    lines: [{ label: live.lines.received, colour: 'accent', of: (facts) => facts.received ?? 0 }],
  },
  {
    key: 'decided',
    headline: (whole) => percent(itself(whole)),
    format: (value) => percent(value),
    lines: [{ label: live.lines.byItself, colour: 'accent', of: itself }],
  },
  {
    key: 'billable',
    headline: (whole) => live.duration(quantile(whole, 'billable_ms', 0.5)),
    format: duration,
    lines: [
      { label: live.lines.median, colour: 'accent', of: median('billable_ms') },
      { label: live.lines.p95, colour: 'ink-2', thin: true, of: p95('billable_ms') },
    ],
  },
  {
    key: 'reading',
    headline: (whole) => live.duration(quantile(whole, 'reading_wait_ms', 0.95)),
    format: duration,
    lines: [
      { label: live.lines.wait, colour: 'accent', of: p95('reading_wait_ms') },
      { label: live.lines.run, colour: 'ink-2', thin: true, of: p95('reading_run_ms') },
    ],
  },
  {
    key: 'depth',
    headline: (_, points) => live.number(['waiting', 'in-review'].reduce((all, stage) => all + (points.at(-1)?.facts[`depth.${stage}`] ?? 0), 0)),
    format: number,
    lines: [
      { label: live.lines.waiting, colour: 'accent', of: level('depth.waiting') },
      { label: live.lines.inReview, colour: 'doubt', of: level('depth.in-review') },
    ],
  },
  {
    key: 'age',
    headline: (_, points) => live.duration(Math.max(...points.map(({ facts }) => age('waiting')(facts) ?? 0))),
    format: duration,
    lines: [{ label: live.lines.oldest, colour: 'accent', of: age('waiting') }],
  },
  {
    key: 'reviews',
    headline: (whole) => `${live.number(total(whole, 'referred'))} / ${live.number(closed(whole))}`,
    format: number,
    lines: [
      { label: live.lines.opened, colour: 'doubt', of: (facts) => total(facts, 'referred') },
      { label: live.lines.closed, colour: 'accent', of: closed },
    ],
  },
  {
    key: 'failed',
    headline: (whole) => live.number(total(whole, 'read_failed') + refused(whole)),
    format: number,
    lines: [
      { label: live.lines.failed, colour: 'bad', of: (facts) => total(facts, 'read_failed') },
      { label: live.lines.refused, colour: 'doubt', of: refused },
    ],
  },
  {
    key: 'money',
    headline: (whole) => live.money(whole.cost_micros ?? 0),
    format: (value) => live.money(value),
    lines: [{ label: live.lines.cost, colour: 'accent', of: (facts) => facts.cost_micros ?? 0 }],
  },
];

function itself(facts: Facts): number | null {
  const judged = (facts['accepted.judge'] ?? 0) + total(facts, 'referred');
  return share(facts['accepted.judge'] ?? 0, judged);
}

function refused(facts: Facts): number {
  return total(facts, 'refused') + total(facts, 'refused_strangers');
}

function percent(value: number | null): string {
  return value === null ? '–' : texts.percent(value);
}

export function Tiles({ series }: { series: SchemaSeries }) {
  const { times, facts, points, every } = aligned(series);
  const whole = sum(points);
  return (
    <div class="tiles">
      {TILES.map((tile) => {
        const [title, unit] = live.charts[tile.key] ?? [tile.key, ''];
        const lines: Line[] = tile.lines.map(({ of, ...line }) => ({ ...line, values: facts.map((found) => (found ? of(found) : null)) }));
        return (
          <Chart
            key={tile.key}
            title={title}
            unit={[unit, live.every(every)].filter(Boolean).join(', ')}
            headline={points.length > 0 ? tile.headline(whole, points) : '–'}
            times={times}
            lines={lines}
            format={tile.format}
            onInto={(at) => into(at, every)}
          />
        );
      })}
    </div>
  );
}

/**
 * Every point of the time shown, with what was measured in it: nothing at all is a gap, not a zero. Where the whole house
 * was measured and the subject was not, nothing happened to it.
 */
function aligned(series: SchemaSeries): { times: number[]; facts: (Facts | null)[]; points: Points; every: number } {
  const every = STEPS[series.step];
  const of = (subject: string) => series.items.find((item) => item.subject === subject)?.points ?? [];
  const points = series.items.find((item) => item.subject !== 'all')?.points ?? of('all');
  const found = new Map(points.map((point) => [Date.parse(point.at), point.facts]));
  const measured = new Set(of('all').map((point) => Date.parse(point.at)));
  const times: number[] = [];
  for (let at = Date.parse(series.from); at < Date.parse(series.to); at += every) times.push(at);
  const facts = times.map((at) => found.get(at) ?? (measured.has(at) ? {} : null));
  return { times, points, facts, every };
}

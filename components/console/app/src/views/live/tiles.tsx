// The charts: what each shows, of the roll-ups of the time that is shown.
import type { SchemaSeries } from '../../api/schema';
import { texts } from '../../texts/en';
import { Chart, type Line } from './chart';
import { type Facts, type Points, quantile, share, sum, total } from './facts';
import { into } from './shown';
import { live } from '../../texts/live';

const STEPS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

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

/** More points than this are no line any more: several steps become one. */
const MOST_POINTS = 300;
/** Lengths that a point may stand for, in milliseconds. */
const EVERY = [60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000];

/**
 * Every point of the time shown, with what was measured in it: nothing at all is a gap, not a zero. Where the whole house
 * was measured and the subject was not, nothing happened to it.
 */
function aligned(series: SchemaSeries): { times: number[]; facts: (Facts | null)[]; points: Points; every: number } {
  const step = STEPS[series.step] ?? 60_000;
  const from = Date.parse(series.from);
  const to = Date.parse(series.to);
  const every = Math.max(step, EVERY.find((length) => (to - from) / length <= MOST_POINTS) ?? step);
  const of = (subject: string) => series.items.find((item) => item.subject === subject)?.points ?? [];
  const points = series.items.find((item) => item.subject !== 'all')?.points ?? of('all');
  const bin = (at: string) => Math.floor(Date.parse(at) / every) * every;
  const found = new Map<number, Points>();
  for (const point of points) found.set(bin(point.at), [...(found.get(bin(point.at)) ?? []), point]);
  const measured = new Set(of('all').map((point) => bin(point.at)));
  const times: number[] = [];
  for (let at = Math.floor(from / every) * every; at < to; at += every) times.push(at);
  const facts = times.map((at) => {
    const several = found.get(at);
    return several ? joined(several) : measured.has(at) ? {} : null;
  });
  return { times, points, facts, every };
}

/** Several steps as one: what happened adds up, of a level the latest counts, of an age the worst. */
function joined(points: Points): Facts {
  const levels = Object.entries(points.at(-1)?.facts ?? {}).filter(([name]) => name.startsWith('depth.'));
  const found: Facts = { ...sum(points), ...Object.fromEntries(levels) };
  for (const [name, value] of points.flatMap(({ facts }) => Object.entries(facts))) {
    if (name.startsWith('age_ms.')) found[name] = Math.max(found[name] ?? 0, value);
  }
  return found;
}

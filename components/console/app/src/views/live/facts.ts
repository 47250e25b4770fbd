// Reading roll-ups: sums over labels and quantiles of durations, as crates/telemetry defines them.
import type { SchemaFacts, SchemaSeries } from '../../api/schema';

export type Facts = SchemaFacts;
export type Points = SchemaSeries['items'][number]['points'];

/** A metric over all its labels. */
export function total(facts: Facts, metric: string): number {
  let sum = facts[metric] ?? 0;
  for (const [name, value] of Object.entries(facts)) {
    if (name.startsWith(`${metric}.`) && !name.endsWith('.sum')) sum += value;
  }
  return sum;
}

/** The duration that this share does not exceed, in milliseconds; linear between bounds. Null without durations. */
export function quantile(facts: Facts, metric: string, share: number): number | null {
  const bounds = Object.entries(facts)
    .filter(([name]) => name.startsWith(`${metric}.`) && !name.endsWith('.sum'))
    .map(([name, n]) => [name.endsWith('.inf') ? Infinity : Number(name.slice(metric.length + 1)), n] as const)
    .sort(([a], [b]) => a - b);
  const all = bounds.reduce((sum, [, n]) => sum + n, 0);
  if (all === 0) return null;
  let before = 0;
  for (const [bound, n] of bounds) {
    if (before + n >= share * all) {
      const low = below(bound);
      return bound === Infinity ? low : low + ((share * all - before) / n) * (bound - low);
    }
    before += n;
  }
  return null;
}

/** Upper bounds of durations, in milliseconds. */
const BOUNDS = [
  100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000, 14_400_000, 43_200_000, 86_400_000,
  604_800_000,
];

function below(bound: number): number {
  return BOUNDS.filter((other) => other < bound).at(-1) ?? 0;
}

/** What happened in several steps, as one. Levels are left out: they are of a moment. */
export function sum(points: Points): Facts {
  const found: Facts = {};
  for (const { facts } of points) {
    for (const [name, value] of Object.entries(facts)) {
      if (!name.startsWith('depth.') && !name.startsWith('age_ms.')) found[name] = (found[name] ?? 0) + value;
    }
  }
  return found;
}

export function share(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

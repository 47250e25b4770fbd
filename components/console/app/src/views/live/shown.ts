// What of the live view is shown: time and booth, both in the address.
import { go, query } from '../../router';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
export const RANGES: Record<string, number> = { '1h': HOUR, '24h': DAY, '7d': WEEK, '90d': 90 * DAY, '2y': 730 * DAY };

export interface Shown {
  /** A time up to now, or null for one that lies fast. */
  range: string | null;
  from: number;
  to: number;
  /** Empty for all. */
  booth: string;
}

export function shown(now: number): Shown {
  const given = new URLSearchParams(query.value);
  const booth = given.get('booth') ?? '';
  const from = Date.parse(given.get('from') ?? '');
  const to = Date.parse(given.get('to') ?? '');
  if (!Number.isNaN(from) && !Number.isNaN(to) && from < to) return { range: null, from, to, booth };
  const named = given.get('range') ?? '';
  const range = named in RANGES ? named : '24h';
  return { range, from: now - (RANGES[range] ?? DAY), to: now, booth };
}

/** The address of another time or booth. */
export function address(change: Partial<{ range: string; from: number; to: number; booth: string }>): string {
  const given = new URLSearchParams(query.value);
  if (change.range !== undefined) {
    given.delete('from');
    given.delete('to');
    given.set('range', change.range);
  }
  if (change.from !== undefined && change.to !== undefined) {
    given.delete('range');
    given.set('from', new Date(change.from).toISOString());
    given.set('to', new Date(change.to).toISOString());
  }
  if (change.booth !== undefined) {
    if (change.booth === '') given.delete('booth');
    else given.set('booth', change.booth);
  }
  return given.size > 0 ? `live?${given}` : 'live';
}

/** Into a point, which stands for so many milliseconds: from years to a week, from months to a day, from either to an hour. */
export function into(at: number, every: number): void {
  const length = every > DAY ? WEEK : every > HOUR ? DAY : HOUR;
  // A week is one as it is: it begins on Monday, and the first of all weeks did not.
  const from = length === WEEK ? at : Math.floor(at / length) * length;
  go(address({ from, to: from + length }));
}

/** The one hour that is shown, as the API writes it; null for other times. */
export function oneHour({ range, from, to }: Shown): string | null {
  return range === null && to - from === HOUR && from % HOUR === 0 ? new Date(from).toISOString().slice(0, 13) : null;
}

// What happened in the last whole minutes, of which rates are made: of all booths the present has it, of one booth its roll-ups.
import { useEffect, useMemo } from 'preact/hooks';
import type { SchemaPresent, SchemaSeries } from '../../api/schema';
import { type Facts, sum } from './facts';
import { Poll } from './poll';

const EVERY_MS = 15_000;

export interface Recent {
  facts: Facts;
  minutes: number;
}

/** Null until it is known. */
export function useRecent({ recent }: SchemaPresent, booth: string): Recent | null {
  const poll = useMemo(() => new Poll<SchemaSeries>(EVERY_MS), []);
  const subject = `booth:${booth}`;
  useEffect(() => {
    if (booth === '') return;
    poll.start(`/v1/telemetry/series?${new URLSearchParams({ subject, step: 'minute', from: recent.from, to: recent.to })}`);
    return () => poll.stop();
  }, [booth, recent.from]);
  if (booth === '') return recent;
  const items = poll.value.value?.items;
  // Where nothing happened in that time there is no item; one of another booth is an answer of before.
  if (items === undefined || items.some((item) => item.subject !== subject)) return null;
  return { facts: sum(items.flatMap((item) => item.points)), minutes: recent.minutes };
}

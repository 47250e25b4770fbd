// The flow of stages as a picture: how many are where, how fast they move, and how old the oldest is.
import type { SchemaPresent } from '../../api/schema';
import { href } from '../../router';
import { texts } from '../../texts/en';
import { now } from '../../ui/time';
import { total } from './facts';
import { type Recent, useRecent } from './recent';
import { live } from '../../texts/live';

/** Longer than this is too long for a photo to be read, in milliseconds. */
export const WAITS_TOO_LONG = 600_000;
/** Longer than this is too long for a person to look, in milliseconds. */
const REVIEW_TOO_LONG = 86_400_000;

export function Flow({ present, booth }: { present: SchemaPresent; booth: string }) {
  const one = booth === '' ? undefined : present.booths.find((found) => found.id === booth);
  const counts = one?.counts ?? present.counts;
  const oldest = one?.oldest ?? present.oldest;
  const recent = useRecent(present, booth);
  const known = recent !== null;
  const { facts, minutes }: Recent = recent ?? { facts: {}, minutes: 1 };
  const rate = (metric: string) => total(facts, metric) / minutes;
  const age = (instant: string | null) => (instant === null ? null : Math.max(0, now.value - Date.parse(instant)));
  const waits = age(oldest.waiting);
  const reviewWaits = age(oldest.in_review);
  const search = (state: string) => href(`search?${new URLSearchParams({ state, ...(booth === '' ? {} : { booth }) })}`);
  const due = present.export.next_due === null ? null : now.value - Date.parse(present.export.next_due);
  return (
    <section class="panel" aria-labelledby="flow">
      <h2 id="flow">{live.flow.title}</h2>
      <div class="flow">
        <Stage area="received" name={live.flow.received} count={counts.received} note={live.flow.total} link={href(booth === '' ? 'search' : `search?booth=${booth}`)} />
        <Pipe area="p1" rate={rate('received')} known={known} />
        <Stage area="waiting" name={live.flow.waiting} count={counts.waiting} age={waits} late={(waits ?? 0) > WAITS_TOO_LONG} link={search('waiting')} />
        <Pipe area="p2" rate={rate('leased')} known={known} />
        <Stage area="reading" name={live.flow.reading} count={counts.reading} age={age(oldest.reading)} link={search('reading')} />
        <Pipe area="p3" rate={rate('accepted.judge')} what={live.flow.itself} known={known} />
        <Pipe area="p4" rate={rate('referred')} what={live.flow.toPeople} known={known} bend="down" />
        <Stage area="review" name={live.flow.inReview} count={counts.in_review} age={reviewWaits} late={(reviewWaits ?? 0) > REVIEW_TOO_LONG} link={search('in-review')} />
        <Pipe area="p5" rate={rate('accepted.people') + rate('rejected')} what={live.flow.decided} known={known} bend="up" />
        <Stage
          area="accepted"
          name={live.flow.accepted}
          count={counts.awaiting_export}
          late={due !== null && due > WAITS_TOO_LONG}
          note={due === null ? live.flow.noFile : due > 0 ? live.flow.fileLate(texts.age(due)) : live.flow.nextFile(texts.age(-due))}
          link={search('accepted')}
        />
        <Pipe area="p6" rate={rate('billed')} known={known} />
        <Stage area="billed" name={live.flow.billed} count={counts.billed} note={live.flow.rejected(counts.rejected)} link={search('accepted')} />
      </div>
    </section>
  );
}

interface StageProps {
  area: string;
  name: string;
  count: number;
  /** Of the oldest, in milliseconds; null where nobody waits. */
  age?: number | null;
  late?: boolean;
  note?: string;
  link: string;
}

function Stage({ area, name, count, age, late = false, note, link }: StageProps) {
  const beneath = note ?? (age == null ? live.flow.none : live.flow.oldest(texts.age(age)));
  return (
    <a class={`station ${area}`} href={link} data-stage={area}>
      <span class="name">{name}</span>
      <b>{live.number(count)}</b>
      <span class={late ? 'late' : 'beneath'}>{late ? `▲ ${beneath}` : beneath}</span>
    </a>
  );
}

interface PipeProps {
  area: string;
  /** A minute. */
  rate: number;
  what?: string;
  /** Whether it is known how much flows. */
  known: boolean;
  bend?: 'up' | 'down';
}

/** An edge; the more flows, the thicker. */
function Pipe({ area, rate, what, known, bend }: PipeProps) {
  const flows = known && rate > 0;
  const width = flows ? Math.min(14, 2 + 3 * Math.log10(1 + rate)) : 1;
  const shape = bend === 'down' ? 'M0 5 C 50 5, 50 95, 100 95' : bend === 'up' ? 'M0 95 C 50 95, 50 5, 100 5' : 'M0 50 H 100';
  return (
    <div class={`pipe ${area} ${bend ?? ''}`}>
      {flows && (
        <span>
          {live.flow.perMinute(rate)}
          {what && ` ${what}`}
        </span>
      )}
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        <path d={shape} fill="none" stroke-width={width} vector-effect="non-scaling-stroke" class={flows ? 'flows' : 'still'} />
      </svg>
    </div>
  );
}

// The cameras of a booth: what each sent, how much of it cannot be read (a dirty lens), and how long it took to get here. By the
// day: a lens gets dirty within days, and fewer photos say nothing.
import { useEffect, useMemo } from 'preact/hooks';
import type { SchemaSeries, SchemaStatus } from '../../api/schema';
import { href } from '../../router';
import { texts } from '../../texts/en';
import { live } from '../../texts/live';
import { Failure } from '../../ui/failure';
import { Scroll } from '../../ui/scroll';
import { now } from '../../ui/time';
import { DIRTY } from './booths';
import { type Points, quantile, share, sum } from './facts';
import { Poll } from './poll';
import { address } from './shown';

const DAY = 86_400_000;
const EVERY_MS = 60_000;
/** Of a day with fewer photos whoever may have to read one is not told how many could not be read. */
const FEW = 50;

interface Camera {
  name: string;
  today: number;
  yesterday: number;
  /** Of yesterday's; null where it is not known. */
  unreadable: number | null;
  /** Median from capture to receipt, in milliseconds. */
  lag: number | null;
}

export function Cameras({ booth, status }: { booth: string; status: SchemaStatus | null }) {
  const poll = useMemo(() => new Poll<SchemaSeries>(EVERY_MS), []);
  const today = Math.floor(now.value / DAY) * DAY;
  useEffect(() => {
    const from = new Date(today - DAY).toISOString();
    poll.start(`/v1/telemetry/series?${new URLSearchParams({ of: 'camera', booth, step: 'day', metrics: 'received,unreadable,lag_ms', from })}`);
    return () => poll.stop();
  }, [booth, today]);
  const words = live.cameras;
  const mine = `camera:${booth}/`;
  const items = poll.value.value?.items.filter(({ subject }) => subject.startsWith(mine));
  const cameras = items
    ?.map(({ subject, points }) => camera(subject.slice(mine.length), points, today))
    .sort((a, b) => (b.unreadable ?? -1) - (a.unreadable ?? -1) || a.name.localeCompare(b.name));
  const clocks = new Set(status?.doubtful_clocks.filter((clock) => clock.booth === booth).map((clock) => clock.camera));
  return (
    <section>
      <h2 id="cameras">{words.title}</h2>
      {poll.failure.value !== null && <Failure error={poll.failure.value} retry={poll.again} />}
      {cameras === undefined && poll.failure.value === null && <p class="muted loading">{live.loading}</p>}
      {cameras?.length === 0 && <p class="muted">{words.none}</p>}
      {cameras && cameras.length > 0 && (
        <Scroll label={words.title}>
          <table>
            <thead>
              <tr>
                {words.columns.map((name, n) => (
                  <th key={name} scope="col" class={n > 0 && n < 5 ? 'num' : ''}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {cameras.map((one) => (
                <Row key={one.name} camera={one} local={clocks.has(one.name)} yesterday={today - DAY} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      <p class="muted small">{words.how(FEW)}</p>
    </section>
  );
}

function camera(name: string, points: Points, today: number): Camera {
  const over = sum(points.filter((point) => Date.parse(point.at) < today));
  const whole = sum(points);
  const yesterday = over.received ?? 0;
  return {
    name,
    today: (whole.received ?? 0) - yesterday,
    yesterday,
    unreadable: yesterday < FEW ? null : share(over.unreadable ?? 0, yesterday),
    lag: quantile(whole, 'lag_ms', 0.5),
  };
}

function Row({ camera, local, yesterday }: { camera: Camera; local: boolean; yesterday: number }) {
  const words = live.cameras;
  const { name, unreadable } = camera;
  const said = [
    unreadable !== null && unreadable > DIRTY ? live.booths.unreadable(texts.percent(unreadable)) : '',
    local ? live.booths.clock(name) : '',
  ];
  return (
    <tr>
      <th scope="row">
        <a href={href(address({ from: yesterday, to: yesterday + DAY }))} aria-label={words.day(name)}>
          {name === '…' ? words.others : name}
        </a>
      </th>
      <td class="num">{live.number(camera.today)}</td>
      <td class="num">{live.number(camera.yesterday)}</td>
      <td class="num">{unreadable === null ? '–' : texts.percent(unreadable)}</td>
      <td class="num">{live.duration(camera.lag)}</td>
      <td>{said.filter(Boolean).join(' ')}</td>
    </tr>
  );
}

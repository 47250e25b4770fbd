// How the whole house stands, now and in a time that is chosen. Everything shown is in the address.
import { useEffect, useMemo } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { call, serverNow } from '../../api/client';
import type { SchemaFailedReadingPage, SchemaPresent, SchemaSeries, SchemaStatus } from '../../api/schema';
import { go, href, query } from '../../router';
import { Failure } from '../../ui/failure';
import { full, now } from '../../ui/time';
import { Booths, judge } from './booths';
import { Cameras } from './cameras';
import { Failures } from './failures';
import { Flow } from './flow';
import { Hour } from './hour';
import './live.css';
import { Poll } from './poll';
import { Recognizers } from './recognizers';
import { Say } from './say';
import { address, oneHour, RANGES, shown } from './shown';
import { live } from '../../texts/live';
import { DRAWN, Tiles } from './tiles';

const PRESENT_MS = 2_000;
const SERIES_MS = 15_000;
const SLOWLY_MS = 60_000;
/** Figures that were not renewed for so long are stale: an idle house renews them once a minute. */
const STALE_MS = 120_000;

export default function Live() {
  const present = useMemo(() => new Poll<SchemaPresent>(PRESENT_MS), []);
  const day = useMemo(() => new Poll<SchemaSeries>(SLOWLY_MS), []);
  const status = useSignal<SchemaStatus | null>(null);
  const failed = useSignal<SchemaFailedReadingPage | null>(null);
  const askFailed = () => {
    call<SchemaFailedReadingPage>('GET', '/v1/failed-readings?limit=5').then((found) => (failed.value = found), () => {});
  };
  useEffect(() => {
    present.start('/v1/telemetry/present');
    day.start('/v1/telemetry/series?of=booth&step=hour&metrics=received,unreadable,referred,accepted.judge,refused,refused_strangers&summed=true');
    const slowly = () => {
      if (document.visibilityState === 'hidden') return;
      // Beside the figures: where these are out of reach, the figures still are what they are.
      call<SchemaStatus>('GET', '/v1/status').then((found) => (status.value = found), () => {});
      askFailed();
    };
    slowly();
    const timer = setInterval(slowly, SLOWLY_MS);
    return () => {
      present.stop();
      day.stop();
      clearInterval(timer);
    };
  }, []);
  const found = present.value.value;
  const what = shown(now.value);
  const verdicts = (found?.booths ?? []).map((booth) => ({
    name: booth.name,
    verdict: judge(booth, day.value.value?.items.find((item) => item.subject === `booth:${booth.id}`)?.points ?? [], status.value, now.value),
  }));
  const hour = oneHour(what);
  return (
    <main class="page live" id="content">
      <Head what={what} present={found} />
      {present.failure.value !== null && <Failure error={present.failure.value} retry={present.again} />}
      {found === null && present.failure.value === null && <p class="muted loading">{live.loading}</p>}
      {found && <Freshness present={found} />}
      {found && found.at !== null && found.counts.received === 0 && (
        <div class="note">
          <p>
            <b>{live.empty}</b>
          </p>
          <p>{live.emptyHow}</p>
        </div>
      )}
      {found && found.at !== null && (
        <>
          {what.range !== null && <Say present={found} verdicts={verdicts} />}
          {what.range !== null && <Flow present={found} booth={what.booth} />}
          <Charts />
          {hour !== null && <Hour hour={hour} booth={what.booth} />}
          {what.range !== null && <Booths present={found} day={day.value.value} status={status.value} />}
          {what.range !== null && what.booth !== '' && <Cameras key={what.booth} booth={what.booth} status={status.value} />}
          {what.range !== null && <Recognizers found={found.recognizers} />}
          {what.range !== null && failed.value && <Failures page={failed.value} changed={askFailed} />}
        </>
      )}
    </main>
  );
}

function Head({ what, present }: { what: ReturnType<typeof shown>; present: SchemaPresent | null }) {
  return (
    <div class="row head">
      <h1>{live.title}</h1>
      {what.range === null ? (
        <span class="muted">
          {full(new Date(what.from).toISOString())} – {full(new Date(what.to).toISOString())}
        </span>
      ) : (
        present?.at && <span class="muted">{live.asOf(full(present.at))}</span>
      )}
      <span class="spacer" />
      <label class="booth">
        <span class="hidden">{live.booth}</span>
        <select value={what.booth} onChange={(event) => go(address({ booth: event.currentTarget.value }))}>
          <option value="">{live.allBooths}</option>
          {present?.booths.map((booth) => (
            <option key={booth.id} value={booth.id}>
              {booth.name || booth.id}
            </option>
          ))}
        </select>
      </label>
      <nav class="ranges" aria-label={live.range}>
        {Object.keys(RANGES).map((range) => (
          <a key={range} href={href(address({ range }))} aria-current={what.range === range ? 'true' : undefined}>
            {live.ranges[range]}
          </a>
        ))}
      </nav>
    </div>
  );
}

/** Whether the figures can be trusted to be of now. */
function Freshness({ present }: { present: SchemaPresent }) {
  const old = present.at === null ? 0 : now.value - Date.now() + serverNow() - Date.parse(present.at);
  if (present.at === null) return <Notice title={live.nothing} how={live.nothingHow} />;
  if (!present.enabled) return <Notice title={live.off(full(present.at))} how={live.offHow} />;
  if (old > STALE_MS) return <Notice title={live.stale(full(present.at))} how={live.staleHow} />;
  return present.behind ? <Notice title={live.behind} /> : null;
}

function Notice({ title, how }: { title: string; how?: string }) {
  return (
    <div class="note" role="alert">
      <p>
        <b>{title}</b> {how}
      </p>
    </div>
  );
}

/** The charts of the time and booth in the address. A time up to now moves with it. */
function Charts() {
  const series = useMemo(() => new Poll<SchemaSeries>(SERIES_MS), []);
  const whole = useMemo(() => new Poll<SchemaSeries>(SERIES_MS), []);
  useEffect(() => {
    const ask = () => {
      const what = shown(serverNow());
      // Whole minutes, so that the same question is asked again and can be answered with "nothing new".
      const minute = (at: number) => new Date(Math.ceil(at / 60_000) * 60_000).toISOString();
      const time = { from: minute(what.from), to: minute(what.to) };
      series.start(`/v1/telemetry/series?${new URLSearchParams({ subject: what.booth === '' ? 'all' : `booth:${what.booth}`, metrics: DRAWN, ...time })}`);
      if (what.booth !== '') whole.start(`/v1/telemetry/series?${new URLSearchParams({ subject: 'all', metrics: 'folds,received', ...time })}`);
    };
    ask();
    const timer = shown(0).range === null ? 0 : setInterval(ask, SERIES_MS);
    return () => {
      clearInterval(timer);
      series.stop();
      whole.stop();
    };
  }, [query.value]);
  const found = series.value.value;
  if (series.failure.value !== null) return <Failure error={series.failure.value} retry={series.again} />;
  if (!found) return <div class="tiles waiting" />;
  const both = shown(0).booth === '' ? found.items : [...found.items, ...(whole.value.value?.items ?? [])];
  return <Tiles series={{ ...found, items: both }} />;
}


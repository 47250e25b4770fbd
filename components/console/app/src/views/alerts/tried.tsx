// What a rule would have done in the last days, before anybody is bothered by it.
import { useSignal } from '@preact/signals';
import { call } from '../../api/client';
import type { SchemaDefinedRules, SchemaRulePreview, SchemaRuleValues } from '../../api/schema';
import { alerts } from '../../texts/alerts';
import { texts as common } from '../../texts/en';
import { Columns } from '../../ui/columns';
import { Failure } from '../../ui/failure';
import { Scroll } from '../../ui/scroll';
import { full } from '../../ui/time';

type Metric = SchemaDefinedRules['metrics'][number];

export function Tried({ rule, metric }: { rule: SchemaRuleValues; metric: Metric | undefined }) {
  const texts = alerts.preview;
  const found = useSignal<{ of: SchemaRuleValues; preview: SchemaRulePreview } | null>(null);
  const failure = useSignal<unknown>(null);
  const busy = useSignal(false);
  const attempt = async () => {
    busy.value = true;
    try {
      // What is tried needs no name yet.
      const named = rule.name.trim() === '' ? { ...rule, name: alerts.edit.create } : rule;
      found.value = { of: rule, preview: await call<SchemaRulePreview>('POST', '/v1/alerts/rules/preview', named) };
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
    busy.value = false;
  };
  const shown = found.value;
  return (
    <section class="stack" aria-label={texts.title}>
      <h3>{texts.title}</h3>
      <div class="row">
        <button type="button" disabled={busy.value} onClick={() => void attempt()}>
          {busy.value ? texts.busy : texts.go}
        </button>
      </div>
      {failure.value !== null && <Failure error={failure.value} />}
      <div role="status">{shown && <Outcome preview={shown.preview} metric={metric} changed={JSON.stringify(shown.of) !== JSON.stringify(rule)} />}</div>
    </section>
  );
}

function Outcome({ preview, metric, changed }: { preview: SchemaRulePreview; metric: Metric | undefined; changed: boolean }) {
  const texts = alerts.preview;
  const value = (one: number | null) => (one === null ? texts.nowUnknown : metric ? alerts.measure(one, metric.unit) : String(one));
  if (preview.since === null) {
    return (
      <div class="note">
        <p>
          <b>{texts.noData}</b> {texts.noDataHow}
        </p>
      </div>
    );
  }
  return (
    <div class="stack">
      {changed && <p class="note">{texts.changed}</p>}
      <p>
        <b>{preview.fired === 0 ? texts.never : texts.fired(preview.fired)}</b> {texts.span(full(preview.since), full(preview.until))}{' '}
        {Date.parse(preview.by_the_minute_since) > Date.parse(preview.since) && texts.coarse(full(preview.by_the_minute_since))}
      </p>
      {preview.unknown_percent > 0 && <p class="small muted">{texts.unknown(common.percent(preview.unknown_percent / 100))}</p>}
      <Strip preview={preview} since={preview.since} />
      {preview.alerts.length > 0 && (
        <Scroll label={texts.times}>
          <table>
            <Columns names={Object.values(texts.columns)} />
            <tbody>
              {preview.alerts.map((one) => (
                <tr key={one.fired_at}>
                  <td>{full(one.fired_at)}</td>
                  <td>{one.resolved_at === null ? texts.goesOn : common.age(Date.parse(one.resolved_at) - Date.parse(one.fired_at))}</td>
                  <td>{one.subjects}</td>
                  <td>{one.worst === null ? '–' : value(one.worst)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {preview.fired > preview.alerts.length && <p class="small muted">{texts.listed}</p>}
      <p class="small">
        <b>{texts.now}</b> {preview.now.map((one) => `${one.of ?? texts.all}: ${value(one.value)}`).join(' · ')}
      </p>
    </div>
  );
}

/** The time that was looked at, from left to right, with what would have fired. */
function Strip({ preview, since }: { preview: SchemaRulePreview; since: string }) {
  const from = Date.parse(since);
  const span = Math.max(1, Date.parse(preview.until) - from);
  const at = (time: string) => `${Math.max(0, Math.min(100, ((Date.parse(time) - from) * 100) / span))}%`;
  return (
    <div class="strip" role="img" aria-label={alerts.preview.strip(preview.alerts.length)}>
      <span class="coarse" style={{ position: 'absolute', top: 0, bottom: 0, left: 0, right: `calc(100% - ${at(preview.by_the_minute_since)})` }} />
      {preview.alerts.map((one) => (
        <i key={one.fired_at} style={{ left: at(one.fired_at), right: `calc(100% - ${at(one.resolved_at ?? preview.until)})` }} />
      ))}
    </div>
  );
}

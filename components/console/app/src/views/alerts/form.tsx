// The fields of a rule.
import type { Signal } from '@preact/signals';
import type { SchemaDefinedRules, SchemaPresent, SchemaRuleValues } from '../../api/schema';
import { alerts } from '../../texts/alerts';

type Metric = SchemaDefinedRules['metrics'][number];

/** Whom a rule can be of. */
export interface Places {
  booths: SchemaPresent['booths'];
  /** Each with its booth: `north/front`. */
  cameras: readonly string[];
  /** There are cameras that are not listed: one of them is chosen by its name. */
  moreCameras: boolean;
  recognizers: readonly string[];
}

interface Props {
  rule: Signal<SchemaRuleValues>;
  metrics: readonly Metric[];
  places: Places;
  /** Fields that were refused. */
  wrong: ReadonlySet<string>;
  disabled: boolean;
}

const OWN_QUIET = '22:00-06:00';

const kindOf = (of: string) => (/^(?:each-)?(booth|camera|recognizer)/.exec(of)?.[1] ?? 'all') as Metric['of'][number];

/** What is chosen where a figure is not known of what was chosen before. */
const usual = (metric: Metric) => (metric.of.includes('booth') ? 'each-booth' : metric.of.includes('all') ? 'all' : `each-${metric.of[0] ?? 'booth'}`);

/** What can be chosen for a figure, and how it is called; what the rule has already among it. */
function options(metric: Metric | undefined, { booths, cameras, recognizers }: Places, chosen: string): [of: string, name: string][] {
  const texts = alerts.edit;
  const known = (kind: Metric['of'][number]) => metric === undefined || metric.of.includes(kind);
  const found: [string, string][] = [];
  if (known('all')) found.push(['all', texts.ofAll]);
  if (known('booth')) found.push(['each-booth', texts.ofEach], ...booths.map(({ id, name }): [string, string] => [`booth:${id}`, texts.ofBooth(name || id)]));
  if (known('camera')) found.push(['each-camera', texts.ofEachCamera], ...cameras.map((name): [string, string] => [`camera:${name}`, texts.ofCamera(name)]));
  if (known('recognizer')) found.push(['each-recognizer', texts.ofEachRecognizer], ...recognizers.map((name): [string, string] => [`recognizer:${name}`, texts.ofRecognizer(name)]));
  return found.some(([of]) => of === chosen) ? found : [...found, [chosen, alerts.place(chosen)]];
}

export function Form({ rule, metrics, places, wrong, disabled }: Props) {
  const texts = alerts.edit;
  const value = rule.value;
  const set = (more: Partial<SchemaRuleValues>) => {
    rule.value = { ...rule.value, ...more };
  };
  const metric = metrics.find((one) => one.name === value.metric);
  const bad = (field: string) => (wrong.has(field) ? 'true' : undefined);
  const [from, until] = value.quiet.split('-');
  const ofCameras = kindOf(value.of) === 'camera';
  const number = (field: 'threshold' | 'window_minutes' | 'for_minutes' | 'least_count', label: string, step: string, help = '') => (
    <label>
      {label}
      <input
        type="number"
        min="0"
        step={step}
        required
        aria-invalid={bad(field)}
        value={String(value[field])}
        onInput={(event) => set({ [field]: event.currentTarget.valueAsNumber || 0 })}
      />
      {help !== '' && <span class="small">{help}</span>}
    </label>
  );
  return (
    <div class="rule-form">
      <fieldset disabled={disabled}>
        <legend>{texts.what}</legend>
        <label class="wide">
          {texts.name}
          <input value={value.name} maxLength={80} required aria-invalid={bad('name')} onInput={(event) => set({ name: event.currentTarget.value })} />
          <span class="small">{texts.nameHow}</span>
        </label>
        <label>
          {texts.metric}
          <select
            value={value.metric}
            aria-invalid={bad('metric')}
            onChange={(event) => {
              const chosen = metrics.find((one) => one.name === event.currentTarget.value);
              if (chosen) set({ metric: chosen.name, aggregation: chosen.aggregations[0] ?? 'sum', ...(chosen.of.includes(kindOf(value.of)) ? {} : { of: usual(chosen) }) });
            }}
          >
            {metrics.map((one) => (
              <option key={one.name} value={one.name}>
                {one.title}
              </option>
            ))}
          </select>
        </label>
        <label>
          {texts.of}
          <select value={value.of} aria-invalid={bad('of')} onChange={(event) => set({ of: event.currentTarget.value })}>
            {options(metric, places, value.of).map(([of, name]) => (
              <option key={of} value={of}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {places.moreCameras && metric?.of.includes('camera') && (
          <label>
            {texts.ofNamed}
            <input
              value={value.of.startsWith('camera:') ? value.of.slice('camera:'.length) : ''}
              placeholder={texts.ofNamedLike}
              aria-invalid={bad('of')}
              onInput={(event) => set({ of: event.currentTarget.value === '' ? 'each-camera' : `camera:${event.currentTarget.value}` })}
            />
            <span class="small">{texts.ofNamedHow}</span>
          </label>
        )}
        {metric && metric.aggregations.length > 1 && (
          <label>
            {texts.aggregation}
            <select
              value={value.aggregation}
              aria-invalid={bad('aggregation')}
              onChange={(event) => set({ aggregation: event.currentTarget.value as SchemaRuleValues['aggregation'] })}
            >
              {metric.aggregations.map((one) => (
                <option key={one} value={one}>
                  {alerts.aggregation(one)}
                </option>
              ))}
            </select>
          </label>
        )}
        {number('window_minutes', texts.window, '1', ofCameras ? texts.windowHours : metric?.is_level ? texts.windowLevel : texts.windowLong)}
        {metric?.needs_many && number('least_count', texts.least, '1')}
      </fieldset>
      <fieldset disabled={disabled}>
        <legend>{texts.when}</legend>
        <label>
          {texts.comparison}
          <select value={value.comparison} aria-invalid={bad('comparison')} onChange={(event) => set({ comparison: event.currentTarget.value as SchemaRuleValues['comparison'] })}>
            {alerts.comparisons.map((one) => (
              <option key={one} value={one}>
                {alerts.comparison(one)}
              </option>
            ))}
          </select>
        </label>
        {number('threshold', texts.threshold(metric ? alerts.unit(metric.unit) : ''), 'any')}
        {number('for_minutes', texts.hold, '1', ofCameras ? texts.holdHours : '')}
        <label>
          {texts.noData}
          <select value={value.no_data} onChange={(event) => set({ no_data: event.currentTarget.value as SchemaRuleValues['no_data'] })}>
            {Object.entries(texts.noDataOf).map(([code, name]) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </fieldset>
      <fieldset disabled={disabled}>
        <legend>{texts.whom}</legend>
        <label class="check">
          <input type="checkbox" checked={value.usual} onChange={(event) => set({ usual: event.currentTarget.checked })} />
          {texts.usual}
        </label>
        <label class="check">
          <input type="checkbox" checked={value.chat} aria-invalid={bad('chat')} onChange={(event) => set({ chat: event.currentTarget.checked })} />
          {texts.chat}
        </label>
        <label class="wide">
          {texts.mailTo}
          <input value={value.mail_to} inputMode="email" aria-invalid={bad('mail_to')} onInput={(event) => set({ mail_to: event.currentTarget.value })} />
          <span class="small">{texts.mailToHow}</span>
        </label>
        <label>
          {texts.severity}
          <select value={value.severity} onChange={(event) => set({ severity: event.currentTarget.value as SchemaRuleValues['severity'] })}>
            {Object.entries(texts.severities).map(([code, name]) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          {texts.quiet}
          <select
            value={until === undefined ? value.quiet : 'own'}
            aria-invalid={bad('quiet')}
            onChange={(event) => set({ quiet: event.currentTarget.value === 'own' ? OWN_QUIET : event.currentTarget.value })}
          >
            {Object.entries(texts.quietOf).map(([code, name]) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {until !== undefined && (
          <>
            <label>
              {texts.quietFrom}
              <input type="time" value={from} onInput={(event) => set({ quiet: `${event.currentTarget.value}-${until}` })} />
            </label>
            <label>
              {texts.quietUntil}
              <input type="time" value={until} onInput={(event) => set({ quiet: `${from}-${event.currentTarget.value}` })} />
            </label>
          </>
        )}
        <label class="wide">
          {texts.advice}
          <textarea rows={2} maxLength={500} value={value.advice} aria-invalid={bad('advice')} onInput={(event) => set({ advice: event.currentTarget.value })} />
          <span class="small">{texts.adviceHow}</span>
        </label>
        <label class="check">
          <input type="checkbox" checked={value.enabled} onChange={(event) => set({ enabled: event.currentTarget.checked })} />
          {texts.enabled}
        </label>
      </fieldset>
    </div>
  );
}

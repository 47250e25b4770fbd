// One rule: what it watches, who is told, what it would have done, and who changed it.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call, Problem } from '../../api/client';
import type { SchemaDefinedRule, SchemaDefinedRules, SchemaPresent, SchemaRuleValues, SchemaRuleVersions, SchemaSeries, SchemaTestMessages } from '../../api/schema';
import { go } from '../../router';
import { me } from '../../session';
import { alerts } from '../../texts/alerts';
import { Failure, words } from '../../ui/failure';
import { Page } from './alerts';
import { Form, type Places } from './form';
import { Remove } from './remove';
import { Tried } from './tried';
import { Versions } from './versions';

/** Cameras of which no photo came for longer are none that a rule is made for. */
const WEEK_MS = 604_800_000;

const FRESH: SchemaRuleValues = {
  name: '', enabled: true, metric: 'unreadable_percent', of: 'each-booth', aggregation: 'share', comparison: 'above', threshold: 15,
  window_minutes: 60, for_minutes: 10, least_count: 20, no_data: 'keep', severity: 'warning', usual: true, mail_to: '', chat: false,
  quiet: 'usual', advice: '',
};

export function Editor({ id }: { id: string | null }) {
  const catalogue = useSignal<SchemaDefinedRules | null>(null);
  const places = useSignal<Places>({ booths: [], cameras: [], moreCameras: false, recognizers: [] });
  const stored = useSignal<SchemaRuleVersions | null>(null);
  const rule = useSignal<SchemaRuleValues>(FRESH);
  const failure = useSignal<unknown>(null);
  /** What kept some from being listed; null where nothing did. */
  const unlisted = useSignal<string | null>(null);
  const refused = useSignal<Problem | null>(null);
  const said = useSignal('');
  const load = async () => {
    try {
      const found = id === null ? null : await call<SchemaRuleVersions>('GET', `/v1/alerts/rules/${id}`);
      catalogue.value = await call<SchemaDefinedRules>('GET', '/v1/alerts/rules');
      if (found) rule.value = found.rule.rule ?? FRESH;
      stored.value = found;
      failure.value = refused.value = null;
    } catch (error) {
      failure.value = error;
    }
  };
  useEffect(() => {
    void load();
    // Beside the form: without their names, a rule of one booth or camera shows its id, and no other can be chosen.
    unlisted.value = null;
    const nameless = (error: unknown) => {
      unlisted.value = words(error);
    };
    call<SchemaPresent>('GET', '/v1/telemetry/present').then(
      (found) => (places.value = { ...places.value, booths: found.booths, recognizers: found.recognizers.map((one) => one.name) }),
      nameless,
    );
    const week = new URLSearchParams({ of: 'camera', step: 'day', metrics: 'received', from: new Date(Date.now() - WEEK_MS).toISOString() });
    call<SchemaSeries>('GET', `/v1/telemetry/series?${week}`).then(
      (found) => {
        // Those of a booth that are too many are one without a name, of which no rule can be.
        const cameras = found.items.map((item) => item.subject.replace(/^camera:/, '')).filter((name) => !name.endsWith('/…'));
        places.value = { ...places.value, cameras, moreCameras: !found.complete };
      },
      (error: unknown) => {
        nameless(error);
        places.value = { ...places.value, moreCameras: true };
      },
    );
  }, [id]);
  const mayEdit = me.value?.role === 'operator';
  const save = async () => {
    try {
      const known = stored.value;
      if (known === null) {
        const made = await call<SchemaDefinedRule>('POST', '/v1/alerts/rules', rule.value);
        go(`alerts/rules/${made.id}`, true);
        return;
      }
      await call<SchemaDefinedRule>('PUT', `/v1/alerts/rules/${known.rule.id}`, { version: known.rule.version, rule: rule.value });
      await load();
      said.value = alerts.edit.saved;
    } catch (error) {
      said.value = '';
      if (error instanceof Problem && [409, 422].includes(error.status)) refused.value = error;
      else failure.value = error;
    }
  };
  const test = async () => {
    try {
      const sent = await call<SchemaTestMessages>('POST', `/v1/alerts/rules/${id}/test`, {});
      said.value = alerts.tested(sent.messages.length);
    } catch (error) {
      failure.value = error;
    }
  };
  const deleted = stored.value?.rule.deleted ?? false;
  if (failure.value instanceof Problem && failure.value.status === 404) {
    return (
      <Page tab="rules">
        <p class="note">{alerts.rules.missing}</p>
      </Page>
    );
  }
  return (
    <Page tab="rules">
      <h2>{id === null ? alerts.edit.create : (stored.value?.rule.rule?.name ?? stored.value?.rule.id ?? '')}</h2>
      {failure.value !== null && <Failure error={failure.value} retry={() => void load()} />}
      {catalogue.value === null && failure.value === null && <p class="muted loading">{alerts.loading}</p>}
      {stored.value?.rule.rule === null && (
        <div class="note">
          <p>
            <b>{alerts.rules.unreadable}</b> {alerts.rules.unreadableHow}
          </p>
        </div>
      )}
      {deleted && (
        <div class="note">
          <p>
            <b>{alerts.rules.deleted}</b> {alerts.rules.deletedHow}
          </p>
        </div>
      )}
      {catalogue.value && (
        <div class="two">
          <form
            class="stack"
            noValidate
            onSubmit={(event) => {
              event.preventDefault();
              void save();
            }}
          >
            {!mayEdit && <p class="muted">{alerts.rules.readOnly}</p>}
            {mayEdit && unlisted.value !== null && (
              <p class="note">
                {alerts.edit.unlisted} {unlisted.value}
              </p>
            )}
            <Form rule={rule} metrics={catalogue.value.metrics} places={places.value} wrong={fields(refused.value)} disabled={!mayEdit || deleted} />
            <Refused problem={refused.value} load={() => void load()} />
            <p role="status">{said.value}</p>
            {mayEdit && !deleted && (
              <div class="row">
                <button type="submit" class="main">
                  {alerts.edit.save}
                </button>
                {stored.value && (
                  <button type="button" onClick={() => void test()}>
                    {alerts.test}
                  </button>
                )}
                {stored.value && <Remove rule={stored.value.rule} />}
              </div>
            )}
          </form>
          {mayEdit && !deleted && <Tried rule={rule.value} metric={catalogue.value.metrics.find((one) => one.name === rule.value.metric)} />}
        </div>
      )}
      {stored.value && <Versions found={stored.value} mayEdit={mayEdit} done={() => void load()} />}
    </Page>
  );
}

/** The fields that a refusal names. */
function fields(problem: Problem | null): ReadonlySet<string> {
  return new Set(violations(problem).map((line) => line.split(':')[0] ?? ''));
}

function violations(problem: Problem | null): string[] {
  const found = problem?.body.violations;
  return Array.isArray(found) ? found.map(String) : [];
}

function Refused({ problem, load }: { problem: Problem | null; load: () => void }) {
  if (problem === null) return null;
  if (problem.slug === 'version-conflict') {
    return (
      <div class="note" role="alert">
        <p>
          <b>{alerts.edit.conflict}</b> {alerts.edit.conflictHow}
        </p>
        <p>
          <button type="button" onClick={load}>
            {alerts.edit.load}
          </button>
        </p>
      </div>
    );
  }
  const lines = violations(problem);
  if (lines.length === 0) return <Failure error={problem} />;
  return (
    <div class="note bad" role="alert">
      <p>
        <b>{alerts.edit.wrong}</b>
      </p>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}

// The rules that staff define.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../../api/client';
import type { SchemaDefinedRules } from '../../api/schema';
import { href } from '../../router';
import { me } from '../../session';
import { alerts } from '../../texts/alerts';
import { Columns } from '../../ui/columns';
import { Failure } from '../../ui/failure';
import { nameOf } from '../../ui/people';
import { Scroll } from '../../ui/scroll';
import { full } from '../../ui/time';
import { Page } from './alerts';

export function Rules() {
  const found = useSignal<SchemaDefinedRules | null>(null);
  const failure = useSignal<unknown>(null);
  const load = async () => {
    try {
      found.value = await call<SchemaDefinedRules>('GET', '/v1/alerts/rules');
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
  };
  useEffect(() => void load(), []);
  const shown = found.value;
  const texts = alerts.rules;
  const operator = me.value?.role === 'operator';
  return (
    <Page tab="rules">
      <div class="row">
        <h2>{texts.title}</h2>
        <span class="spacer" />
        {operator && shown && shown.items.length < shown.most && (
          <a href={href('alerts/rules/new')}>
            <b>{texts.add}</b>
          </a>
        )}
      </div>
      <p class="muted">
        {texts.how} {!operator && texts.readOnly} {shown && shown.items.length >= shown.most && texts.full(shown.most)}
      </p>
      {failure.value !== null && <Failure error={failure.value} retry={() => void load()} />}
      {shown === null && failure.value === null && <p class="muted loading">{alerts.loading}</p>}
      {shown?.items.length === 0 && (
        <div class="note">
          <p>
            <b>{texts.empty}</b> {texts.emptyHow}
          </p>
        </div>
      )}
      {shown && shown.items.length > 0 && (
        <Scroll label={texts.title}>
          <table>
            <Columns names={Object.values(texts.columns)} />
            <tbody>
              {shown.items.map(({ id, rule, changed_at, changed_by }) => {
                if (rule === null) {
                  return (
                    <tr key={id}>
                      <td>
                        <a href={href(`alerts/rules/${id}`)}>{id}</a>
                      </td>
                      <td colSpan={3}>{texts.unreadable}</td>
                      <td>{texts.changed(nameOf(changed_by), full(changed_at))}</td>
                    </tr>
                  );
                }
                const metric = shown.metrics.find((one) => one.name === rule.metric);
                return (
                  <tr key={id}>
                    <td>
                      <a href={href(`alerts/rules/${id}`)}>{rule.name}</a>
                    </td>
                    <td>
                      {alerts.watches(rule, metric)}, {alerts.place(rule.of)}
                    </td>
                    <td>{alerts.wrongWhen(rule, metric)}</td>
                    <td>{rule.enabled ? alerts.severity[rule.severity] : <span class="standing off">{texts.off}</span>}</td>
                    <td>{texts.changed(nameOf(changed_by), full(changed_at))}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </Scroll>
      )}
    </Page>
  );
}

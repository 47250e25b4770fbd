// What fires now, what every rule says, and whether anybody looks.
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { call, serverNow } from '../../api/client';
import type { SchemaAlertRules, SchemaTestMessages } from '../../api/schema';
import { href } from '../../router';
import { alerts } from '../../texts/alerts';
import { texts } from '../../texts/en';
import { Columns } from '../../ui/columns';
import { Failure } from '../../ui/failure';
import { nameOf } from '../../ui/people';
import { Scroll } from '../../ui/scroll';
import { full, now } from '../../ui/time';
import { Poll } from '../live/poll';
import { Acknowledge, Snooze } from './act';
import { Page } from './alerts';

const EVERY_MS = 10_000;
/** Rules are looked at once a minute: after so long nobody does. */
const STALE_MS = 180_000;

export type Standing = SchemaAlertRules['rules'][number];

export function Now() {
  const poll = useMemo(() => new Poll<SchemaAlertRules>(EVERY_MS), []);
  useEffect(() => {
    poll.start('/v1/alerts');
    return () => poll.stop();
  }, []);
  const found = poll.value.value;
  const failure = poll.failure.value;
  return (
    <Page tab="now">
      {failure !== null && <Failure error={failure} retry={poll.again} />}
      {found === null && failure === null && <p class="muted loading">{alerts.loading}</p>}
      {found && <Verdict found={found} />}
      {found && !found.heard && (
        <div class="note">
          <p>
            <b>{alerts.unheard}</b> {alerts.unheardHow}
          </p>
        </div>
      )}
      {found && <Firing found={found} changed={poll.again} />}
      {found && <All found={found} changed={poll.again} />}
    </Page>
  );
}

function Verdict({ found }: { found: SchemaAlertRules }) {
  if (found.looked_at === null) return <Notice title={alerts.never} how={alerts.neverHow} />;
  const ago = now.value - Date.now() + serverNow() - Date.parse(found.looked_at);
  const firing = found.rules.filter((rule) => rule.alert !== null).length;
  return (
    <>
      {ago > STALE_MS && <Notice title={alerts.stale(texts.age(ago))} how={alerts.staleHow} />}
      <p class={firing > 0 ? 'verdict wrong' : 'verdict well'} role="status">
        <span class="sign" aria-hidden="true">
          {firing > 0 ? '▲' : '●'}
        </span>
        <span>
          {firing > 0 ? alerts.firing(firing) : alerts.well(found.rules.length)}{' '}
          {ago <= STALE_MS && <span class="muted">{alerts.looked(texts.age(ago))}</span>}
        </span>
      </p>
    </>
  );
}

function Notice({ title, how }: { title: string; how: string }) {
  return (
    <div class="note" role="alert">
      <p>
        <b>{title}</b> {how}
      </p>
    </div>
  );
}

function Firing({ found, changed }: { found: SchemaAlertRules; changed: () => void }) {
  return (
    <>
      {found.rules.map(({ rule, title, alert, snoozed }) =>
        alert === null ? null : (
          <section key={alert.id} class={`alert ${alert.severity}`}>
            <h2>
              <a href={href(`alerts/${alert.id}`)}>{alert.title || title}</a>
              <span class="tag">
                {alerts.severity[alert.severity]} · {alerts.since} <span title={full(alert.fired_at)}>{texts.age(now.value - Date.parse(alert.fired_at))}</span>
              </span>
            </h2>
            <p>{alert.summary}</p>
            <p class="small muted">
              {alert.told_at === null ? alerts.untold : alerts.told(alert.tellings, full(alert.told_at))} {alert.inhibited && alerts.explained}{' '}
              {alert.acknowledged_by !== null && alerts.taken(nameOf(alert.acknowledged_by))} {alert.remark}
            </p>
            {snoozed && <p class="small">{alerts.snoozed(full(snoozed.until), nameOf(snoozed.by), snoozed.reason)}</p>}
            <div class="row">
              {alert.acknowledged_at === null && <Acknowledge id={alert.id} done={changed} />}
              <Snooze rule={rule} title={title} snoozed={snoozed !== null} done={changed} />
            </div>
          </section>
        ),
      )}
    </>
  );
}

function All({ found, changed }: { found: SchemaAlertRules; changed: () => void }) {
  const said = useSignal('');
  const failure = useSignal<unknown>(null);
  const test = async (rule: string) => {
    try {
      const sent = await call<SchemaTestMessages>('POST', `/v1/alerts/rules/${rule}/test`, {});
      said.value = alerts.tested(sent.messages.length);
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
  };
  return (
    <section class="stack">
      <h2>{alerts.allRules}</h2>
      {failure.value !== null && <Failure error={failure.value} />}
      <p role="status">{said.value}</p>
      <Scroll label={alerts.allRules}>
        <table>
          <Columns names={Object.values(alerts.ruleColumns)} buttons={alerts.test} />
          <tbody>
            {found.rules.map((one) => (
              <tr key={one.rule}>
                <td>
                  <span class={`standing ${one.state}`}>{alerts.state[one.state]}</span>
                </td>
                <td>
                  {one.defined ? <a href={href(`alerts/rules/${one.rule}`)}>{one.title}</a> : one.title}
                  {one.left_out > 0 && <p class="small">▲ {alerts.leftOut(one.left_out)}</p>}
                </td>
                <td>{alerts.severity[one.severity]}</td>
                <td>{one.since === null ? '–' : full(one.since)}</td>
                <td>
                  {one.snoozed && <p class="small">{alerts.snoozed(full(one.snoozed.until), nameOf(one.snoozed.by), one.snoozed.reason)}</p>}
                  <Snooze rule={one.rule} title={one.title} snoozed={one.snoozed !== null} done={changed} />
                </td>
                <td>
                  <button type="button" aria-label={`${alerts.test}: ${one.title}`} onClick={() => void test(one.rule)}>
                    {alerts.test}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

// One alert from its beginning to its end, with the messages that told of it.
import { useEffect, useMemo } from 'preact/hooks';
import { Problem } from '../../api/client';
import type { SchemaAlertLife, SchemaMessage } from '../../api/schema';
import { href } from '../../router';
import { alerts } from '../../texts/alerts';
import { Columns } from '../../ui/columns';
import { Failure } from '../../ui/failure';
import { nameOf } from '../../ui/people';
import { Scroll } from '../../ui/scroll';
import { full, now } from '../../ui/time';
import { Poll } from '../live/poll';
import { Acknowledge, Snooze } from './act';
import { Page } from './alerts';

const EVERY_MS = 10_000;

export function Life({ id }: { id: string }) {
  const poll = useMemo(() => new Poll<SchemaAlertLife>(EVERY_MS), []);
  useEffect(() => {
    poll.start(`/v1/alerts/${id}`);
    return () => poll.stop();
  }, [id]);
  const found = poll.value.value;
  const failure = poll.failure.value;
  const unknown = failure instanceof Problem && failure.status === 404;
  return (
    <Page tab={null}>
      {unknown && <p class="note">{alerts.life.missing}</p>}
      {failure !== null && !unknown && <Failure error={failure} retry={poll.again} />}
      {found === null && failure === null && <p class="muted loading">{alerts.loading}</p>}
      {found && <Whole found={found} changed={poll.again} />}
    </Page>
  );
}

function Whole({ found: { alert, messages }, changed }: { found: SchemaAlertLife; changed: () => void }) {
  const facts: [string, string][] = [
    [alerts.life.began, full(alert.fired_at)],
    [alerts.life.ended, alert.resolved_at === null ? alerts.life.goesOn : full(alert.resolved_at)],
    [alerts.life.lasted, alerts.lasted(alert, now.value)],
    [alerts.life.severity, alerts.severity[alert.severity] ?? alert.severity],
  ];
  if (alert.acknowledged_at !== null) facts.push([alerts.life.acknowledged, `${full(alert.acknowledged_at)}, ${nameOf(alert.acknowledged_by ?? '')}`]);
  if (alert.remark !== null) facts.push([alerts.life.remark, alert.remark]);
  return (
    <>
      <section class={`alert ${alert.severity}`}>
        <h2>
          {alert.title} <span class={`standing ${alert.state}`}>{alerts.state[alert.state]}</span>
        </h2>
        <p>{alert.summary}</p>
        {alert.inhibited && <p class="small muted">{alerts.explained}</p>}
        {alert.state === 'firing' && (
          <div class="row">
            {alert.acknowledged_at === null && <Acknowledge id={alert.id} done={changed} />}
            <Snooze rule={alert.rule} title={alert.title} snoozed={false} done={changed} />
          </div>
        )}
      </section>
      <table class="own">
        <tbody>
          {facts.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
          <tr>
            <th scope="row">{alerts.life.rule}</th>
            <td>{alert.rule.startsWith('rul_') ? <a href={href(`alerts/rules/${alert.rule}`)}>{alert.title}</a> : <code>{alert.rule}</code>}</td>
          </tr>
        </tbody>
      </table>
      {alert.lines.length > 1 && (
        <section>
          <h2>{alerts.life.concerns}</h2>
          <ul>
            {alert.lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </section>
      )}
      <Messages messages={messages} />
    </>
  );
}

function Messages({ messages }: { messages: readonly SchemaMessage[] }) {
  const texts = alerts.life;
  return (
    <section>
      <h2>{texts.messages}</h2>
      {messages.length === 0 ? (
        <p class="muted">{texts.noMessages}</p>
      ) : (
        <Scroll label={texts.messages}>
          <table>
            <Columns names={Object.values(texts.columns)} />
            <tbody>
              {messages.map((message) => (
                <tr key={message.id}>
                  <td>{full(message.created_at)}</td>
                  <td>{message.addressee === '' ? (texts.channels[message.channel] ?? message.channel) : message.addressee}</td>
                  <td>{message.subject}</td>
                  <td>
                    {texts.messageStates[message.state] ?? message.state}
                    {message.last_failure !== null && message.state !== 'handed-over' && (
                      <>
                        <br />
                        <span class="small muted">{texts.failed(message.last_failure)}</span>
                      </>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

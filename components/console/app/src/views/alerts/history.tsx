// Every alert that ever fired, newest first.
import { useEffect, useMemo } from 'preact/hooks';
import type { SchemaAlert } from '../../api/schema';
import { href } from '../../router';
import { alerts } from '../../texts/alerts';
import { Columns } from '../../ui/columns';
import { Failure } from '../../ui/failure';
import { Listing } from '../../ui/listing';
import { Scroll } from '../../ui/scroll';
import { full, now } from '../../ui/time';
import { Page } from './alerts';

export function History() {
  const list = useMemo(() => new Listing<SchemaAlert>('/v1/alerts/history', 'before'), []);
  useEffect(() => void list.load(), []);
  const items = list.items.value;
  return (
    <Page tab="history">
      {list.failure.value !== null && <Failure error={list.failure.value} retry={() => void list.load()} />}
      {items === null && list.failure.value === null && <p class="muted loading">{alerts.loading}</p>}
      {items?.length === 0 && (
        <div class="note">
          <p>
            <b>{alerts.historyEmpty}</b> {alerts.historyEmptyHow}
          </p>
        </div>
      )}
      {items && items.length > 0 && (
        <Scroll label={alerts.tabs.history ?? ''}>
          <table>
            <Columns names={Object.values(alerts.historyColumns)} />
            <tbody>
              {items.map((alert) => (
                <tr key={alert.id}>
                  <td>
                    <a href={href(`alerts/${alert.id}`)}>{full(alert.fired_at)}</a>
                  </td>
                  <td>
                    <b>{alert.title}</b>
                    <br />
                    <span class="small muted">{alert.summary}</span>
                  </td>
                  <td>
                    <span class={`standing ${alert.state}`}>{alerts.state[alert.state]}</span>
                  </td>
                  <td>{alerts.lasted(alert, now.value)}</td>
                  <td>{alert.tellings}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {list.last.value?.next != null && (
        <div class="row">
          <button type="button" aria-disabled={list.busy.value} onClick={() => void list.more()}>
            {alerts.more}
          </button>
        </div>
      )}
    </Page>
  );
}

// What people do about an alert: take care of it, or hear nothing of its rule for a while, with a reason.
import { useSignal } from '@preact/signals';
import { call } from '../../api/client';
import type { SchemaAlert, SchemaSnoozed } from '../../api/schema';
import { alerts } from '../../texts/alerts';
import { Dialog } from '../../ui/dialog';
import { Failure } from '../../ui/failure';

export function Acknowledge({ id, done }: { id: string; done: () => void }) {
  const open = useSignal(false);
  const remark = useSignal('');
  const failure = useSignal<unknown>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      const said = remark.value.trim();
      await call<SchemaAlert>('POST', `/v1/alerts/${id}/acknowledge`, said === '' ? {} : { remark: said });
      open.value = false;
      done();
    } catch (error) {
      failure.value = error;
    }
  };
  return (
    <>
      <button type="button" class="main" onClick={() => (open.value = true)}>
        {alerts.acknowledge}
      </button>
      {open.value && (
        <Dialog title={alerts.acknowledgeTitle} onClose={() => (open.value = false)}>
          <form class="stack" onSubmit={submit}>
            <p>{alerts.acknowledgeHow}</p>
            <label>
              {alerts.remark}
              <textarea rows={2} maxLength={1000} value={remark.value} onInput={(event) => (remark.value = event.currentTarget.value)} />
            </label>
            {failure.value !== null && <Failure error={failure.value} />}
            <div class="row">
              <button type="submit" class="main">
                {alerts.acknowledgeGo}
              </button>
              <button type="button" onClick={() => (open.value = false)}>
                {alerts.back}
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}

interface Snoozing {
  rule: string;
  title: string;
  /** Whether nobody is told of it now. */
  snoozed: boolean;
  done: () => void;
}

export function Snooze({ rule, title, snoozed, done }: Snoozing) {
  const open = useSignal(false);
  const hours = useSignal(4);
  const reason = useSignal('');
  const failure = useSignal<unknown>(null);
  const wake = async () => {
    try {
      await call('DELETE', `/v1/alerts/rules/${rule}/snooze`);
      failure.value = null;
      done();
    } catch (error) {
      failure.value = error;
    }
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      await call<SchemaSnoozed>('PUT', `/v1/alerts/rules/${rule}/snooze`, { hours: hours.value, reason: reason.value.trim() });
      failure.value = null;
      open.value = false;
      done();
    } catch (error) {
      failure.value = error;
    }
  };
  return (
    <>
      <button type="button" aria-label={`${snoozed ? alerts.wake : alerts.snooze} (${title})`} onClick={() => (snoozed ? void wake() : (open.value = true))}>
        {snoozed ? alerts.wake : alerts.snooze}
      </button>
      {!open.value && failure.value !== null && <Failure error={failure.value} />}
      {open.value && (
        <Dialog title={alerts.snoozeTitle(title)} onClose={() => (open.value = false)}>
          <form class="stack" onSubmit={submit}>
            <p>{alerts.snoozeHow}</p>
            <label>
              {alerts.snoozeFor}
              <select value={hours.value} onChange={(event) => (hours.value = Number(event.currentTarget.value))}>
                {Object.entries(alerts.hours).map(([count, name]) => (
                  <option key={count} value={count}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
            <label>
              {alerts.snoozeReason}
              <textarea rows={2} maxLength={1000} required value={reason.value} onInput={(event) => (reason.value = event.currentTarget.value)} />
            </label>
            {failure.value !== null && <Failure error={failure.value} />}
            <div class="row">
              <button type="submit" class="main" disabled={reason.value.trim() === ''}>
                {alerts.snoozeGo}
              </button>
              <button type="button" onClick={() => (open.value = false)}>
                {alerts.back}
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}

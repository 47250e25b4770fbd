// A supervisor opens a decision again, with a reason. What billing has already is corrected by a file of its own.
import { useSignal } from '@preact/signals';
import { call } from '../../api/client';
import type { SchemaChanged, SchemaPassageWithReadings } from '../../api/schema';
import { texts } from '../../texts/en';
import { Failure } from '../../ui/failure';

export function Reopen({ passage, done }: { passage: SchemaPassageWithReadings; done: () => void }) {
  const remark = useSignal('');
  const dispute = useSignal(false);
  const busy = useSignal(false);
  const failure = useSignal<unknown>(null);
  const billed = passage.export_sequence !== null || passage.correction !== null;
  const submit = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    try {
      await call<SchemaChanged>('POST', `/v1/passages/${passage.passage}/reopen`, { version: passage.version, remark: remark.value.trim(), cause: dispute.value ? 'dispute' : 'error' });
      failure.value = null;
      done();
    } catch (error) {
      failure.value = error;
    }
    busy.value = false;
  };
  return (
    <details>
      <summary>{texts.passage.reopen}</summary>
      <form class="stack" onSubmit={submit}>
        <label>
          {texts.review.remark}
          <textarea rows={2} maxLength={1000} value={remark.value} onInput={(event) => (remark.value = event.currentTarget.value)} />
        </label>
        {billed && (
          <label class="row">
            <input type="checkbox" checked={dispute.value} onChange={(event) => (dispute.value = event.currentTarget.checked)} />
            {texts.passage.reopenDispute}
          </label>
        )}
        <p class="small muted">{billed ? texts.passage.reopenBilled : texts.passage.reopenHow}</p>
        {failure.value !== null && <Failure error={failure.value} />}
        <div class="row">
          <button type="submit" class="main" disabled={busy.value || remark.value.trim() === ''}>
            {texts.passage.reopenGo}
          </button>
        </div>
      </form>
    </details>
  );
}

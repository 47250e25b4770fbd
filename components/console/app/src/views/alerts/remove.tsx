// Deleting a rule, after a second thought.
import { useSignal } from '@preact/signals';
import { call } from '../../api/client';
import type { SchemaDefinedRule } from '../../api/schema';
import { go } from '../../router';
import { alerts } from '../../texts/alerts';
import { Dialog } from '../../ui/dialog';
import { Failure } from '../../ui/failure';

export function Remove({ rule }: { rule: SchemaDefinedRule }) {
  const open = useSignal(false);
  const failure = useSignal<unknown>(null);
  const remove = async () => {
    try {
      await call('DELETE', `/v1/alerts/rules/${rule.id}?version=${rule.version}`);
      go('alerts/rules');
    } catch (error) {
      failure.value = error;
    }
  };
  return (
    <>
      <button type="button" class="bad" onClick={() => (open.value = true)}>
        {alerts.edit.remove}
      </button>
      {open.value && (
        <Dialog title={alerts.edit.removeTitle(rule.rule?.name ?? rule.id)} onClose={() => (open.value = false)}>
          <p>{alerts.edit.removeHow}</p>
          {failure.value !== null && <Failure error={failure.value} />}
          <div class="row">
            <button type="button" class="bad" onClick={() => void remove()}>
              {alerts.edit.removeGo}
            </button>
            <button type="button" onClick={() => (open.value = false)}>
              {alerts.back}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

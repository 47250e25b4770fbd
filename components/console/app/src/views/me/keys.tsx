// Which keys somebody changed, and the way to change them: the same sheet as on the work screen.
import { useSignal } from '@preact/signals';
import { texts } from '../../texts/en';
import { KeysSheet } from '../review/keys-sheet';
import { chosen } from '../../preferences';

export function Keys() {
  const open = useSignal(false);
  const changed = Object.keys(chosen.value.keys).length;
  return (
    <div class="row">
      <button type="button" onClick={() => (open.value = true)}>
        {texts.keys.change}
      </button>
      <span class="muted small">{changed > 0 ? texts.keys.changed(changed) : texts.keys.usual}</span>
      {open.value && <KeysSheet onClose={() => (open.value = false)} />}
    </div>
  );
}

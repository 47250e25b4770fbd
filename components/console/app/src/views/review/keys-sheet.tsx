// All keys, and how to change them.
import './keys-sheet.css';
import { useSignal } from '@preact/signals';
import { unkept } from '../../preferences';
import { texts } from '../../texts/en';
import { Dialog } from '../../ui/dialog';
import { words } from '../../ui/failure';
import { ACTIONS, type Action, cap, keys, remap, resetKeys } from './keymap';

export function KeysSheet({ onClose }: { onClose: () => void }) {
  const waiting = useSignal<Action | null>(null);
  const refused = useSignal(false);
  const keydown = (event: KeyboardEvent) => {
    const action = waiting.value;
    if (!action || ['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    refused.value = !remap(action, event.key);
    if (!refused.value) waiting.value = null;
  };
  return (
    <Dialog
      title={texts.keys.title}
      onClose={() => {
        if (waiting.value) waiting.value = null;
        else onClose();
      }}
      onKeyDown={keydown}
    >
      <p class="muted">{texts.keys.how}</p>
      <div class="keys-list">
        {ACTIONS.map((action) => (
          <div key={action}>
            <span>{texts.keys.names[action]}</span>
            <button
              type="button"
              aria-label={`${texts.keys.names[action]}: ${cap(keys.value[action])}`}
              onClick={() => {
                waiting.value = action;
                refused.value = false;
              }}
            >
              {waiting.value === action ? texts.keys.press : <kbd>{cap(keys.value[action])}</kbd>}
            </button>
          </div>
        ))}
      </div>
      <p role="status">
        {refused.value && texts.keys.taken}
        {unkept.value !== null && `${texts.keys.unkept} ${words(unkept.value)}`}
      </p>
      <div class="row">
        <button type="button" class="main" onClick={onClose}>
          {texts.keys.close}
        </button>
        <button type="button" onClick={resetKeys}>
          {texts.keys.reset}
        </button>
      </div>
    </Dialog>
  );
}

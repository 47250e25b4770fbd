// Asking a supervisor: a note, and the photo is theirs.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { desk } from '../../texts/desk';
import { Dialog } from '../../ui/dialog';

interface Props {
  onClose: () => void;
  onFlag: (note: string) => void;
}

export function FlagSheet({ onClose, onFlag }: Props) {
  const note = useSignal('');
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const send = () => {
    if (note.value.trim() !== '') onFlag(note.value.trim());
  };
  return (
    <Dialog title={desk.flagTitle} onClose={onClose}>
      <label>
        {desk.note}
        <textarea
          ref={field}
          rows={3}
          maxLength={1000}
          value={note.value}
          onInput={(event) => {
            note.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.shiftKey) {
              event.preventDefault();
              send();
            }
          }}
        />
      </label>
      <p class="small muted">{desk.flagHelp}</p>
      <div class="row">
        <button class="main" type="button" disabled={note.value.trim() === ''} onClick={send}>
          {desk.send}
        </button>
        <button type="button" onClick={onClose}>
          {desk.back}
        </button>
      </div>
    </Dialog>
  );
}

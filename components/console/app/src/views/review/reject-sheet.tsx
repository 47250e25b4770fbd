// The reject sheet: one letter a code, for the field does not have the focus here.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { SchemaRejectCode } from '../../api/schema';
import { texts } from '../../texts/en';
import { Dialog } from '../../ui/dialog';

const LETTERS: Record<SchemaRejectCode, string> = {
  blurred: 'b', 'damaged-plate': 'd', 'too-dark': 'k', 'too-light': 'l', 'missing-image': 'm', 'no-plate': 'n',
  'no-vehicle': 'v', 'plate-cut-off': 'c', 'plate-obstructed': 'o', 'trailer-plate': 't', 'temporary-plate': 'p',
  'foreign-plate': 'f', 'issuer-not-billed': 'i', 'double-crossing': 'x', other: 'e',
};

interface Props {
  onClose: () => void;
  onReject: (code: SchemaRejectCode, remark?: string) => void;
}

export function RejectSheet({ onClose, onReject }: Props) {
  const other = useSignal(false);
  const remark = useSignal('');
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (other.value) field.current?.focus();
  }, [other.value]);
  const choose = (code: SchemaRejectCode) => {
    if (code === 'other') other.value = true;
    else onReject(code);
  };
  const sendRemark = () => {
    if (remark.value.trim() !== '') onReject('other', remark.value.trim());
  };
  const keydown = (event: KeyboardEvent) => {
    if (other.value || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const code = texts.rejects.find((known) => LETTERS[known] === event.key.toLowerCase());
    if (!code) return;
    event.preventDefault();
    choose(code);
  };
  return (
    <Dialog title={texts.review.rejectTitle} onClose={onClose} onKeyDown={keydown}>
      {other.value ? (
        <>
          <label>
            {texts.review.remark}
            <textarea
              ref={field}
              rows={3}
              maxLength={1000}
              value={remark.value}
              onInput={(event) => {
                remark.value = event.currentTarget.value;
              }}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && !event.shiftKey) {
                  event.preventDefault();
                  sendRemark();
                }
              }}
            />
          </label>
          <p class="small muted">{texts.review.remarkNeeded}</p>
          <div class="row">
            <button class="main" type="button" disabled={remark.value.trim() === ''} onClick={sendRemark}>
              {texts.review.send}
            </button>
            <button type="button" onClick={onClose}>
              {texts.review.back}
            </button>
          </div>
        </>
      ) : (
        <>
          <div class="codes">
            {texts.rejects.map((code) => (
              <button key={code} type="button" aria-keyshortcuts={LETTERS[code]} onClick={() => choose(code)}>
                <kbd>{LETTERS[code].toUpperCase()}</kbd> {texts.reject(code)}
              </button>
            ))}
          </div>
          <p class="small muted">{texts.review.rejectHelp}</p>
        </>
      )}
    </Dialog>
  );
}

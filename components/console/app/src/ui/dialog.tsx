// The browser's own modal dialog: focus stays inside, Esc closes, focus goes back to where it was.
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

interface Props {
  title: string;
  onClose: () => void;
  onKeyDown?: (event: KeyboardEvent) => void;
  /** Whether Esc closes it. */
  closable?: boolean;
  children: ComponentChildren;
}

export function Dialog({ title, onClose, onKeyDown, closable = true, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Before the next key arrives: what is typed at once must not land in the field beneath.
  useLayoutEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => {
      // Once the dialog is gone: nothing behind a modal dialog takes the focus.
      queueMicrotask(() => {
        if (before instanceof HTMLElement && before.isConnected) before.focus();
      });
    };
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby={id}
      onKeyDown={onKeyDown}
      onCancel={(event) => {
        event.preventDefault();
        if (closable) onClose();
      }}
      // A browser may close it without asking, when Esc is pressed again and again.
      onClose={() => {
        if (closable) onClose();
        else element.current?.showModal();
      }}
    >
      <div class="stack">
        <h1 id={id}>{title}</h1>
        {children}
      </div>
    </dialog>
  );
}

// The field for a sign-in link, on the page and in the sheet that asks to sign in again.
import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { Problem } from '../../api/client';
import { codeIn, signIn } from '../../session';
import { texts } from '../../texts/en';
import { words } from '../../ui/failure';

/** What went wrong with a code, in words. */
export function refusal(error: unknown): string {
  return error instanceof Problem && error.slug === 'link-spent' ? texts.signIn.spent : words(error);
}

export function CodeForm({ done }: { done?: () => void }) {
  const text = useSignal('');
  const busy = useSignal(false);
  const error = useSignal('');
  const errorId = useId();
  const submit = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    error.value = '';
    try {
      await signIn(codeIn(text.value));
      done?.();
    } catch (cause) {
      error.value = refusal(cause);
    }
    busy.value = false;
  };
  return (
    <form class="stack" onSubmit={submit}>
      <label>
        {texts.signIn.code}
        <input
          autocomplete="off"
          spellcheck={false}
          value={text.value}
          aria-describedby={error.value ? errorId : undefined}
          aria-invalid={error.value ? true : undefined}
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
        />
      </label>
      {error.value && (
        <p class="note bad" role="alert" id={errorId}>
          {error.value}
        </p>
      )}
      <button class="main" type="submit" disabled={busy.value || text.value.trim() === ''}>
        {busy.value ? texts.signIn.busy : texts.signIn.go}
      </button>
    </form>
  );
}

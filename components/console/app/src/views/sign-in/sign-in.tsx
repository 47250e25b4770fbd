// Signing in: with a provider, whose answer comes back in the address; or by the code in the address, which is taken out of
// it at once, or by pasting it.
import './sign-in.css';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { go, path } from '../../router';
import { arrived, codeIn, look, me, signIn } from '../../session';
import { texts } from '../../texts/en';
import { CodeForm, refusal } from './code-form';
import { WithProvider } from './with-provider';

/** Where somebody wanted to go who had to sign in first. */
function target(): string {
  return path.value === 'sign-in' ? '/console' : location.pathname + location.search;
}

export function SignIn() {
  const code = useSignal('');
  const busy = useSignal(false);
  const error = useSignal('');
  const tabDone = useSignal(false);

  const leave = () => {
    if (path.value === 'sign-in') go('', true);
  };
  const spend = async () => {
    busy.value = true;
    try {
      await signIn(code.value);
      leave();
    } catch (cause) {
      error.value = refusal(cause);
      code.value = '';
    }
    busy.value = false;
  };
  useEffect(() => {
    const answer = new URLSearchParams(location.search);
    const given = codeIn(location.hash.slice(1));
    if (given || location.search) history.replaceState(null, '', location.pathname);
    if (answer.has('signed-in')) {
      const to = answer.get('to') ?? '';
      arrived();
      // A tab that was opened for nothing else; the one that waits for it is told.
      if (to.startsWith('/console/sign-in')) tabDone.value = true;
      else location.replace(/^\/console(\/|\?|$)/.test(to) ? to : '/console');
      return;
    }
    const failed = answer.get('failed');
    if (failed !== null) error.value = texts.signIn.failed[failed] ?? texts.signIn.failedSomehow;
    code.value = given;
    // Somebody else's link must not quietly take the place of who is signed in.
    void look().then(
      () => (given && me.value === null ? spend() : undefined),
      (cause: unknown) => {
        error.value = refusal(cause);
      },
    );
  }, []);

  const other = code.value !== '' && me.value && !busy.value;
  return (
    <main class="sign-in" id="content">
      <div class="stack">
        <p class="brand">{texts.product}</p>
        <h1>{texts.signIn.title}</h1>
        {!isSecureContext && <p class="note bad">{texts.signIn.plain}</p>}
        {error.value && (
          <p class="note bad" role="alert">
            {error.value}
          </p>
        )}
        {tabDone.value ? (
          <p role="status">{texts.signIn.tabDone}</p>
        ) : other ? (
          <div class="stack">
            <p>{texts.signIn.other(me.value?.name ?? '')}</p>
            <div class="row">
              <button class="main" type="button" onClick={() => void spend()}>
                {texts.signIn.replace}
              </button>
              <button type="button" onClick={leave}>
                {texts.signIn.stay}
              </button>
            </div>
          </div>
        ) : busy.value ? (
          <p role="status">{texts.signIn.busy}</p>
        ) : (
          <>
            <WithProvider to={target()} />
            <p class="muted">{texts.signIn.how}</p>
            <CodeForm done={leave} />
          </>
        )}
      </div>
    </main>
  );
}

import { useSignal } from '@preact/signals';
import { choose, unkept } from '../../preferences';
import { me, signOut } from '../../session';
import { texts } from '../../texts/en';
import { Failure } from '../../ui/failure';
import { type Theme, theme } from '../../ui/theme';
import { full } from '../../ui/time';
import { Keys } from './keys';
import { Sessions } from './sessions';

const THEMES: Theme[] = ['auto', 'light', 'dark'];

export function Me() {
  const error = useSignal<unknown>(null);
  const who = me.value;
  if (!who) return null;
  const leave = async (everywhere: boolean) => {
    try {
      const elsewhere = await signOut(everywhere);
      // Loaded anew: nothing of this person stays in the page. Who is still signed in at the provider would be here again
      // with one press, whoever sits here next.
      location.assign(elsewhere ?? '/console/sign-in');
    } catch (cause) {
      error.value = cause;
    }
  };
  const facts: [string, string][] = [
    [texts.me.role, who.role],
    [texts.me.token, who.token],
    ...(who.session
      ? ([
          [texts.me.opened, full(who.session.opened_at)],
          [texts.me.ends, full(who.session.ends_at)],
        ] as [string, string][])
      : []),
  ];
  return (
    <main class="page" id="content">
      <h1>{who.name}</h1>
      <table class="own">
          <tbody>
            {facts.map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{value}</td>
              </tr>
            ))}
          </tbody>
      </table>
      <fieldset class="row">
        <legend class="small muted">{texts.me.theme}</legend>
        {THEMES.map((choice) => (
          <button
            key={choice}
            type="button"
            aria-pressed={theme.value === choice}
            class={theme.value === choice ? 'main' : ''}
            onClick={() => {
              choose({ theme: choice });
            }}
          >
            {texts.me.themes[choice]}
          </button>
        ))}
      </fieldset>
      {unkept.value !== null && <Failure error={unkept.value} />}
      <Keys />
      {who.session && <Sessions />}
      {error.value !== null && <Failure error={error.value} />}
      <div class="row">
        <button type="button" onClick={() => void leave(false)}>
          {texts.me.out}
        </button>
        <button type="button" onClick={() => void leave(true)}>
          {texts.me.everywhere}
        </button>
      </div>
    </main>
  );
}

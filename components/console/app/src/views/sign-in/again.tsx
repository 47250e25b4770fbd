// The session ended while somebody worked: a sheet over what they see, so that nothing they typed is lost.
import { useEffect } from 'preact/hooks';
import { look } from '../../session';
import { texts } from '../../texts/en';
import { Dialog } from '../../ui/dialog';
import { CodeForm } from './code-form';
import { WithProvider } from './with-provider';

export function SignInAgain() {
  useEffect(() => {
    const back = () => void look().catch(() => {});
    addEventListener('focus', back);
    return () => removeEventListener('focus', back);
  }, []);
  return (
    <Dialog title={texts.signIn.title} closable={false} onClose={() => {}}>
      <p>{texts.signIn.ended}</p>
      <div class="stack">
        <WithProvider to="/console/sign-in" own />
        <CodeForm />
      </div>
    </Dialog>
  );
}

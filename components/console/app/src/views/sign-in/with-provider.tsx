// Signing in with the provider that the operator connected, where there is one. In the sheet that asks to sign in again it
// opens a tab of its own, so that what was typed stays.
import './sign-in.css';
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../../api/client';
import type { SchemaWaysToSignIn } from '../../api/schema';
import { texts } from '../../texts/en';

const ways = signal<SchemaWaysToSignIn | null>(null);

export function WithProvider({ to, own = false }: { to: string; own?: boolean }) {
  useEffect(() => {
    // Without an answer there are links; the page does not wait for it.
    void call<SchemaWaysToSignIn>('GET', '/v1/sign-in').then(
      (found) => {
        ways.value = found;
      },
      () => {},
    );
  }, []);
  const provider = ways.value?.provider;
  if (!provider) return null;
  return (
    <a
      class="with-provider"
      href={`${provider.start}?return=${encodeURIComponent(to)}`}
      {...(own ? { target: '_blank', rel: 'noopener' } : {})}
    >
      {texts.signIn.withProvider(provider.name)}
    </a>
  );
}

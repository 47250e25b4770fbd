// What is around every view: the rail, the bar of a lost connection, and the sheet that asks to sign in again.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { online, signedOut } from '../api/client';
import { href, path } from '../router';
import { look, me, viewsOf } from '../session';
import { texts } from '../texts/en';
import { SignInAgain } from '../views/sign-in/again';
import { movedOn, toContent } from './content';
import { Icon } from './icon';

const titles: Record<string, string> = { ...texts.views, ...texts.titles };

export function Shell({ children }: { children: ComponentChildren }) {
  const views = viewsOf(me.value);
  const named = path.value.split('/')[0];
  const here = named || (views[0] ?? 'me');
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) movedOn();
    first.current = false;
  }, [path.value]);
  // In a browser's list of tabs, and the first thing that is read out.
  useEffect(() => {
    document.title = [titles[here], texts.product].filter(Boolean).join(' · ');
    return () => {
      document.title = texts.product;
    };
  }, [here]);
  const link = (view: keyof typeof texts.views) => (
    <a key={view} href={href(view)} aria-current={here === view ? 'page' : undefined}>
      <Icon name={view} />
      {texts.views[view]}
    </a>
  );
  return (
    <div class="shell">
      <a
        class="skip"
        href="#content"
        onClick={(event) => {
          // The address stays that of the view.
          event.preventDefault();
          toContent();
        }}
      >
        {texts.skip}
      </a>
      <nav class="rail" aria-label={texts.main}>
        {views.map((view) => link(view as keyof typeof texts.views))}
        <span class="spacer" />
        {link('me')}
      </nav>
      {children}
      <div role="status">
        {!online.value && (
          <div class="banner">
            <span>{texts.connection.lost}</span>
            <button type="button" onClick={() => void look().catch(() => {})}>
              {texts.connection.again}
            </button>
          </div>
        )}
      </div>
      {signedOut.value && <SignInAgain />}
    </div>
  );
}

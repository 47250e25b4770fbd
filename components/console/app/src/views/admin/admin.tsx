// Settings, booths and tokens, each with who changed what and when. Each is an address.
import '../../styles/tabs.css';
import './admin.css';
import type { ComponentChildren } from 'preact';
import { href } from '../../router';
import { admin } from '../../texts/admin';
import { Missing } from '../missing/missing';
import { Booths } from './booths';
import { Settings } from './settings';
import { Tokens } from './tokens';

const VIEWS = { settings: Settings, booths: Booths, tokens: Tokens } as const;

export default function Admin({ rest }: { rest: readonly string[] }) {
  const [first = 'settings', ...more] = rest;
  const View = more.length === 0 ? VIEWS[first as keyof typeof VIEWS] : undefined;
  return View ? (
    <Page tab={first}>
      <View />
    </Page>
  ) : (
    <Missing />
  );
}

function Page({ tab, children }: { tab: string; children: ComponentChildren }) {
  return (
    <main class="page admin" id="content">
      <div class="row head">
        <h1>{admin.title}</h1>
        <span class="spacer" />
        <nav class="tabs" aria-label={admin.title}>
          {Object.entries(admin.tabs).map(([name, title]) => (
            <a key={name} href={href(`admin/${name}`)} aria-current={tab === name ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
      </div>
      {children}
    </main>
  );
}

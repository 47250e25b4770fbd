// The pages of alerts: what fires now, what fired, one alert from its beginning to its end, and the rules. Each is an address.
import '../../styles/tabs.css';
import './alerts.css';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { href } from '../../router';
import { alerts } from '../../texts/alerts';
import { meet } from '../../ui/people';
import { Missing } from '../missing/missing';
import { Editor } from './editor';
import { History } from './history';
import { Life } from './life';
import { Now } from './now';
import { Rules } from './rules';

export default function Alerts({ rest }: { rest: readonly string[] }) {
  useEffect(meet, []);
  const [first, second, ...more] = rest;
  if (more.length > 0) return <Missing />;
  if (first === undefined) return <Now />;
  if (first === 'history' && second === undefined) return <History />;
  if (first === 'rules' && second === undefined) return <Rules />;
  if (first === 'rules' && second !== undefined) return <Editor key={second} id={second === 'new' ? null : second} />;
  return second === undefined && first.startsWith('alr_') ? <Life key={first} id={first} /> : <Missing />;
}

const TABS = { now: 'alerts', history: 'alerts/history', rules: 'alerts/rules' } as const;

/** What is around each of them. */
export function Page({ tab, children }: { tab: keyof typeof TABS | null; children: ComponentChildren }) {
  return (
    <main class="page alerts" id="content">
      <div class="row head">
        <h1>{alerts.title}</h1>
        <span class="spacer" />
        <nav class="tabs" aria-label={alerts.title}>
          {Object.entries(TABS).map(([name, view]) => (
            <a key={name} href={href(view)} aria-current={tab === name ? 'page' : undefined}>
              {alerts.tabs[name]}
            </a>
          ))}
        </nav>
      </div>
      {children}
    </main>
  );
}

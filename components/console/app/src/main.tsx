// The console's entry: fonts, styles, who is signed in, and which view is shown.
import '@fontsource-variable/atkinson-hyperlegible-next/wght.css';
import '@fontsource/atkinson-hyperlegible-mono/latin-400.css';
import '@fontsource/atkinson-hyperlegible-mono/latin-700.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './ui/theme';
import { signal } from '@preact/signals';
import { render } from 'preact';
import { arrivals, path } from './router';
import { look, me, viewsOf } from './session';
import { Failure } from './ui/failure';
import { lazy } from './ui/lazy';
import { Shell } from './ui/shell';
import { Me } from './views/me/me';
import { Missing } from './views/missing/missing';
import { SignIn } from './views/sign-in/sign-in';

const Review = lazy(() => import('./views/review/review'));
const Queue = lazy(() => import('./views/queue/queue'));
const Quality = lazy(() => import('./views/quality/quality'));
const Group = lazy(() => import('./views/group/group'));
const Search = lazy(() => import('./views/search/search'));
const Live = lazy(() => import('./views/live/live'));
const Exports = lazy(() => import('./views/exports/exports'));
const Export = lazy<{ sequence: string }>(() => import('./views/exports/export'));
const Alerts = lazy<{ rest: readonly string[] }>(() => import('./views/alerts/alerts'));
const Admin = lazy<{ rest: readonly string[] }>(() => import('./views/admin/admin'));
const Log = lazy(() => import('./views/log/log'));
const Passage = lazy<{ id: string }>(() => import('./views/passage/passage'));

const failed = signal<unknown>(null);

function start() {
  failed.value = null;
  look().catch((error: unknown) => {
    failed.value = error;
  });
}

function View() {
  const [view, id, ...rest] = path.value.split('/');
  const allowed = viewsOf(me.value);
  if (view === 'alerts') return <Alerts rest={id === undefined ? [] : [id, ...rest]} />;
  if (view === 'admin') return <Admin rest={id === undefined ? [] : [id, ...rest]} />;
  if (rest.length > 0) return <Missing />;
  if (view === 'passages' && id) return <Passage key={id} id={id} />;
  if (view === 'exports' && id) return <Export key={id} sequence={id} />;
  if (id !== undefined) return <Missing />;
  switch (view === '' ? (allowed[0] ?? 'me') : view) {
    case 'review':
      return <Review />;
    case 'queue':
      return <Queue />;
    case 'group':
      return <Group />;
    case 'quality':
      return <Quality />;
    case 'search':
      return <Search key={arrivals.value} />;
    case 'exports':
      return <Exports />;
    case 'log':
      return <Log />;
    case 'live':
      return <Live />;
    case 'me':
      return <Me />;
    default:
      return <Missing />;
  }
}

function App() {
  if (path.value === 'sign-in') return <SignIn />;
  if (me.value === undefined) {
    return failed.value ? (
      <main class="page">
        <Failure error={failed.value} retry={start} />
      </main>
    ) : null;
  }
  if (me.value === null) return <SignIn />;
  return (
    <Shell>
      <View />
    </Shell>
  );
}

start();
const root = document.getElementById('app');
if (root) render(<App />, root);

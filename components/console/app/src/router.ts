// Which view is shown: the path below /console/.
import { signal } from '@preact/signals';

const ROOT = '/console';
const BASE = `${ROOT}/`;

export const path = signal(current());
/** What stands behind the `?`: what of a view is shown. */
export const query = signal(location.search);
/** Grows whenever somebody goes somewhere, be it where they are: a view that reads its address once begins anew. */
export const arrivals = signal(0);

function current(): string {
  return location.pathname.startsWith(BASE) ? location.pathname.slice(BASE.length).replace(/\/$/, '') : '';
}

export function href(view: string): string {
  return view === '' ? ROOT : BASE + view;
}

function arrive(): void {
  path.value = current();
  query.value = location.search;
  arrivals.value += 1;
}

export function go(view: string, replace = false): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', href(view));
  arrive();
}

addEventListener('popstate', arrive);

/** Follows links to our own views without loading the page again. */
addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || link.target || link.origin !== location.origin) return;
  if (link.pathname !== ROOT && !link.pathname.startsWith(BASE)) return;
  event.preventDefault();
  history.pushState(null, '', link.pathname + link.search);
  arrive();
});

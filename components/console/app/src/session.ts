// Who is signed in.
import { signal } from '@preact/signals';
import { call, Problem, signedOut } from './api/client';
import type { SchemaMe, SchemaSignedIn, SchemaSignedOut } from './api/schema';
import { takeOver } from './preferences';

/** Undefined while nobody knows yet, null when nobody is signed in. */
export const me = signal<SchemaMe | null | undefined>(undefined);

/** Set while this browser has a session, so that nobody asks the server without one. The cookie itself no script sees. */
const HINT = 'tollbooth.signed-in';

const channel = new BroadcastChannel('tollbooth-session');
channel.onmessage = () => void look();

/** Asks the server who this is. Leaves everything as it is when the server does not answer. */
export async function look(): Promise<void> {
  if (localStorage.getItem(HINT) === null && !me.value) {
    me.value = null;
    return;
  }
  try {
    const found = await call<SchemaMe>('GET', '/v1/me');
    if (me.value && me.value.token !== found.token) {
      // Somebody else: nothing of who was here before stays on the screen.
      location.assign('/console');
      return;
    }
    if (!me.value) takeOver(found.preferences);
    me.value = found;
    signedOut.value = false;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) {
      localStorage.removeItem(HINT);
      // Somebody who was signed in keeps their screen, and what was typed on it.
      if (!me.value) me.value = null;
    } else if (me.value === undefined) {
      throw error;
    }
  }
}

/** Spends a sign-in code; other tabs learn of it. */
export async function signIn(code: string): Promise<void> {
  await call<SchemaSignedIn>('POST', '/v1/sessions', { code });
  localStorage.setItem(HINT, '1');
  await look();
  channel.postMessage('signed in');
}

/** Somebody signed in with a provider; other tabs learn of it. */
export function arrived(): void {
  localStorage.setItem(HINT, '1');
  channel.postMessage('signed in');
}

/** Ends a session of one's own elsewhere. */
export async function endSession(id: string): Promise<void> {
  await call('DELETE', `/v1/sessions/${id}`);
}

/** Ends the session here, or everywhere. Answers where the person signs out at their provider as well, if they came from one. */
export async function signOut(everywhere: boolean): Promise<string | null> {
  const out = await call<SchemaSignedOut>('DELETE', everywhere ? '/v1/sessions' : '/v1/sessions/current');
  localStorage.removeItem(HINT);
  me.value = null;
  signedOut.value = false;
  channel.postMessage('signed out');
  return out.provider?.url ?? null;
}

/** The code in a pasted link, or the text itself. */
export function codeIn(text: string): string {
  return /tbl_[a-z0-9]+_[0-9a-f]+/.exec(text)?.[0] ?? text.trim();
}

const WORK: Record<string, readonly string[]> = {
  reviewer: ['review', 'search'],
  supervisor: ['review', 'queue', 'search', 'live', 'alerts', 'quality', 'log'],
  operator: ['live', 'alerts', 'exports', 'search', 'quality', 'admin'],
  billing: ['exports', 'search'],
};

/** What does not show the whole installation: views for whoever is limited to booths. */
const OF_A_BOOTH = ['review', 'queue', 'search'];

/** The views of somebody, in the order of the rail. The server decides; this only hides what it would refuse. */
export function viewsOf(who: SchemaMe | null | undefined): readonly string[] {
  const views = WORK[who?.role ?? ''] ?? [];
  return who?.booths ? views.filter((view) => OF_A_BOOTH.includes(view)) : views;
}

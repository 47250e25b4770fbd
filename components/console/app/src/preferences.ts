// How somebody likes the console: kept by the server for the person, so that it is the same at every desk and nobody gets
// the keys of whoever sat here before.
import { signal } from '@preact/signals';
import { call } from './api/client';
import type { SchemaPreferences } from './api/schema';
import { type Theme, theme } from './ui/theme';

interface Chosen {
  /** Key by action, where it is another than usual. */
  keys: Record<string, string>;
  theme: Theme | null;
}

const NOTHING: Chosen = { keys: {}, theme: null };

export const chosen = signal<Chosen>(NOTHING);
/** Why the last choice is not kept; it holds in this window all the same. */
export const unkept = signal<unknown>(null);

/** Takes over what the server has of who is signed in. */
export function takeOver(stored: SchemaPreferences | null): void {
  chosen.value = { keys: stored?.keys ?? {}, theme: stored?.theme ?? null };
  if (chosen.value.theme !== null) theme.value = chosen.value.theme;
}

let sending = Promise.resolve();

/** Holds at once, and is sent in the order of the choices. */
export function choose(change: Partial<Chosen>): void {
  chosen.value = { ...chosen.value, ...change };
  if (change.theme) theme.value = change.theme;
  const wanted = chosen.value;
  sending = sending.then(async () => {
    // A later choice carries this one along.
    if (wanted !== chosen.value) return;
    try {
      await call<SchemaPreferences>('PUT', '/v1/me/preferences', wanted);
      unkept.value = null;
    } catch (error) {
      unkept.value = error;
    }
  });
}

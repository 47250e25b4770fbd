// Which key does what. The plate field has the focus, so no key that a plate consists of can mean anything else.
import { signal } from '@preact/signals';

export const ACTIONS = [
  'accept', 'previous', 'next', 'reject', 'undo', 'skip', 'flag', 'zoomOut', 'zoomIn', 'darker', 'lighter', 'lessContrast',
  'moreContrast', 'invert', 'toPlate', 'whole', 'help',
] as const;

export type Action = (typeof ACTIONS)[number];

const USUAL: Record<Action, string> = {
  accept: 'Enter', previous: 'ArrowUp', next: 'ArrowDown', reject: 'Escape', undo: 'F2', skip: 'F9', flag: 'F8',
  zoomOut: '-', zoomIn: '=', darker: '[', lighter: ']', lessContrast: ';', moreContrast: "'", invert: '\\',
  toPlate: ',', whole: '.', help: '?',
};

const KEY = 'tollbooth.keys';

function stored(): Record<Action, string> {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    const own = typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : {};
    const entries = ACTIONS.map((action) => [action, typeof own[action] === 'string' ? own[action] : USUAL[action]]);
    return Object.fromEntries(entries) as Record<Action, string>;
  } catch {
    return USUAL;
  }
}

export const keys = signal<Record<Action, string>>(stored());

/** Keys that belong to the field, the browser or the list of candidates. */
export function usable(key: string): boolean {
  if (/^[a-z0-9 ]$/i.test(key)) return false;
  return !['Tab', 'Shift', 'Control', 'Alt', 'Meta', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'Backspace', 'Delete', 'Dead', 'Unidentified', 'F1', 'F3', 'F5', 'F6', 'F7', 'F11', 'F12'].includes(key);
}

/** Gives an action another key; false when the key has another meaning. */
export function remap(action: Action, key: string): boolean {
  if (!usable(key) || ACTIONS.some((other) => other !== action && keys.value[other] === key)) return false;
  keys.value = { ...keys.value, [action]: key };
  localStorage.setItem(KEY, JSON.stringify(keys.value));
  return true;
}

export function resetKeys(): void {
  keys.value = USUAL;
  localStorage.removeItem(KEY);
}

export function actionOf(event: KeyboardEvent): Action | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
  return ACTIONS.find((action) => keys.value[action] === event.key) ?? null;
}

const SHOWN: Record<string, string> = { ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc' };

/** A key as it stands on the keyboard. */
export function cap(key: string): string {
  return SHOWN[key] ?? key;
}

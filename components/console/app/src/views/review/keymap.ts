// Which key does what. The plate field has the focus, so no key that a plate consists of can mean anything else. What a
// person changed is kept for them by the server.
import { computed } from '@preact/signals';
import { choose, chosen } from '../../preferences';

export const ACTIONS = [
  'accept', 'previous', 'next', 'reject', 'undo', 'skip', 'flag', 'zoomOut', 'zoomIn', 'darker', 'lighter', 'lessContrast',
  'moreContrast', 'invert', 'toPlate', 'whole', 'left', 'right', 'up', 'down', 'otherPhoto', 'help', 'type',
] as const;

export type Action = (typeof ACTIONS)[number];

const USUAL: Record<Action, string> = {
  accept: 'Enter', previous: 'ArrowUp', next: 'ArrowDown', reject: 'Escape', undo: 'F2', skip: 'F9', flag: 'F8',
  zoomOut: '-', zoomIn: '=', darker: '[', lighter: ']', lessContrast: ';', moreContrast: "'", invert: '\\',
  toPlate: ',', whole: '.', left: '<', right: '>', up: 'PageUp', down: 'PageDown', otherPhoto: '/', help: '?', type: '`',
};

/** What was changed counts as far as this console knows it: another version may have other actions, and other rules. */
export const keys = computed<Record<Action, string>>(() => {
  const own = chosen.value.keys;
  const wanted = { ...USUAL };
  for (const action of ACTIONS) {
    const key = own[action];
    if (key !== undefined && usable(key)) wanted[action] = key;
  }
  // Two actions on one key would leave one of them out of reach: the one that was changed gets its usual key back, and so on
  // with whoever has that one. Usual keys differ, so there is an end.
  const changed = (action: Action) => wanted[action] !== USUAL[action];
  const taken = (action: Action) => ACTIONS.some((other) => other !== action && wanted[other] === wanted[action]);
  let colliding: Action | undefined;
  do {
    colliding = ACTIONS.findLast((action) => changed(action) && taken(action));
    if (colliding !== undefined) wanted[colliding] = USUAL[colliding];
  } while (colliding !== undefined);
  return wanted;
});

/** Keys that belong to the field, the browser or the list of candidates. */
export function usable(key: string): boolean {
  if (/^[a-z0-9 ]$/i.test(key)) return false;
  return !['Tab', 'Shift', 'Control', 'Alt', 'Meta', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'Backspace', 'Delete', 'Dead', 'Unidentified', 'F1', 'F3', 'F5', 'F6', 'F7', 'F11', 'F12'].includes(key);
}

/** Gives an action another key; false when the key has another meaning. */
export function remap(action: Action, key: string): boolean {
  if (!usable(key) || ACTIONS.some((other) => other !== action && keys.value[other] === key)) return false;
  const own: Record<string, string> = {};
  for (const each of ACTIONS) {
    const wanted = each === action ? key : keys.value[each];
    if (wanted !== USUAL[each]) own[each] = wanted;
  }
  choose({ keys: own });
  return true;
}

export function resetKeys(): void {
  choose({ keys: {} });
}

export function actionOf(event: KeyboardEvent): Action | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
  return ACTIONS.find((action) => keys.value[action] === event.key) ?? null;
}

const SHOWN: Record<string, string> = { ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc', PageUp: 'Page ↑', PageDown: 'Page ↓' };

/** A key as it stands on the keyboard. */
export function cap(key: string): string {
  return SHOWN[key] ?? key;
}

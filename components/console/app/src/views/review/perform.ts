// What the keys and buttons of the work screen do.
import { signal } from '@preact/signals';
import type { Item } from './item';
import type { Action } from './keymap';
import { brighten, contrastBy, invert, panBy, whole, zoomBy } from './sight';
import { toPlate } from './stage';
import { decide, skip, undo } from './work';

/** The sheet that is open over the work screen. */
export const sheet = signal<'reject' | 'flag' | 'keys' | null>(null);

/** How far a key moves a photo that is shown large, in pixels of the screen. */
const STEP = 120;

export function perform(action: Action, item: Item | null): void {
  if (action === 'help') sheet.value = 'keys';
  else if (action === 'undo') void undo();
  else if (item) onItem(action, item);
}

function onItem(action: Exclude<Action, 'help' | 'undo'>, item: Item): void {
  switch (action) {
    case 'accept': {
      const verdict = item.verdict();
      if (verdict) decide(verdict);
      break;
    }
    case 'previous':
      item.step(-1);
      break;
    case 'next':
      item.step(1);
      break;
    case 'reject':
      sheet.value = 'reject';
      break;
    case 'flag':
      if (!item.review.flag) sheet.value = 'flag';
      break;
    case 'skip':
      skip();
      break;
    case 'zoomIn':
      zoomBy(1.4);
      break;
    case 'zoomOut':
      zoomBy(1 / 1.4);
      break;
    case 'lighter':
      brighten(1.25);
      break;
    case 'darker':
      brighten(1 / 1.25);
      break;
    case 'moreContrast':
      contrastBy(1.25);
      break;
    case 'lessContrast':
      contrastBy(1 / 1.25);
      break;
    case 'invert':
      invert();
      break;
    case 'toPlate':
      toPlate(item);
      break;
    case 'whole':
      whole();
      break;
    case 'left':
      panBy(STEP, 0);
      break;
    case 'right':
      panBy(-STEP, 0);
      break;
    case 'up':
      panBy(0, STEP);
      break;
    case 'down':
      panBy(0, -STEP);
      break;
    case 'type':
      item.nextType();
      break;
    case 'otherPhoto':
      item.turn();
      whole();
      break;
  }
}

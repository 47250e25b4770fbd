// The photo's tools, for the pointer; the same as the keys.
import { texts } from '../../texts/en';
import type { Item } from './item';
import { type Action, cap, keys } from './keymap';
import { perform } from './perform';

const GROUPS: [keyof typeof texts.review.tools, Action[]][] = [
  ['zoom', ['zoomOut', 'zoomIn']],
  ['light', ['darker', 'lighter']],
  ['contrast', ['lessContrast', 'moreContrast']],
  ['invert', ['invert']],
  ['plate', ['toPlate']],
  ['fit', ['whole']],
];

export function Tools({ item }: { item: Item }) {
  return (
    <div class="tools">
      {GROUPS.map(([name, actions]) => (
        <span key={name} role="group" aria-label={texts.review.tools[name]}>
          {actions.length === 1 && <em>{texts.review.tools[name]}</em>}
          {actions.map((action, at) => (
            <>
              {at === 1 && <em key={name}>{texts.review.tools[name]}</em>}
              <button
                key={action}
                type="button"
                tabIndex={-1}
                aria-label={texts.keys.names[action]}
                onClick={() => perform(action, item)}
              >
                {cap(keys.value[action])}
              </button>
            </>
          ))}
        </span>
      ))}
    </div>
  );
}

// What kind of plate it is, where it can be seen: optional, and never suggested but by a person who decided before.
import { plateTypes, PLATE_TYPES } from '../../texts/plate-types';
import { texts } from '../../texts/en';
import type { Item } from './item';
import { cap, keys } from './keymap';

export function TypeField({ item }: { item: Item }) {
  return (
    <label>
      <span>
        {texts.review.type} <kbd>{cap(keys.value.type)}</kbd>
      </span>
      <select
        value={item.type.value}
        aria-keyshortcuts={keys.value.type}
        onChange={(event) => {
          item.type.value = PLATE_TYPES.find((type) => type === event.currentTarget.value) ?? '';
        }}
      >
        <option value="">{texts.review.untyped}</option>
        {PLATE_TYPES.map((type) => (
          <option key={type} value={type}>
            {plateTypes[type]}
          </option>
        ))}
      </select>
    </label>
  );
}

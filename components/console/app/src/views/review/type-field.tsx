// What kind of plate it is, where it can be seen: optional, and never suggested but by a person who decided before.
import { texts } from '../../texts/en';
import { TypeSelect } from '../../ui/type-select';
import type { Item } from './item';
import { cap, keys } from './keymap';

export function TypeField({ item }: { item: Item }) {
  return (
    <label>
      <span>
        {texts.review.type} <kbd>{cap(keys.value.type)}</kbd>
      </span>
      <TypeSelect
        value={item.type.value}
        none={texts.review.untyped}
        onChange={(type) => {
          item.type.value = type;
        }}
        shortcut={keys.value.type}
      />
    </label>
  );
}

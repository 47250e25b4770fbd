// The crop of the shown candidate; none when nothing was seen.
import { Crop } from '../../ui/crop';
import type { Item } from './item';

export function ShownCrop({ item }: { item: Item }) {
  const crop = item.crop();
  return crop && <Crop photo={crop} />;
}

// The crop of the shown candidate; none when nothing was seen.
import { Crop } from '../../ui/crop';
import type { Item } from './item';

export function ShownCrop({ item }: { item: Item }) {
  const bounds = item.shown?.bounds;
  const image = item.photo.status.value === 'ready' ? item.photo.image : null;
  return bounds ? <Crop image={image} bounds={bounds} /> : null;
}

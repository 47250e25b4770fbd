// The crossing that is accepted already, beside the one to decide: the same vehicle once, or twice?
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../../api/client';
import type { SchemaPassageWithReadings } from '../../api/schema';
import { href } from '../../router';
import { texts } from '../../texts/en';
import { Plate, ThisPlate } from './beside';
import type { Item } from './item';

export function Double({ item, passage }: { item: Item; passage: string }) {
  // Of a plate that was typed, the review did not know.
  const known = item.review.related.find((other) => other.passage === passage)?.crop_url;
  const crop = useSignal<string | null | undefined>(known);
  useEffect(() => {
    crop.value = known;
    if (known !== undefined) return undefined;
    let over = false;
    const show = (found: string | null) => {
      if (!over) crop.value = found;
    };
    call<SchemaPassageWithReadings>('GET', `/v1/passages/${passage}`).then(
      (found) => show(found.crop_url),
      () => show(null),
    );
    return () => {
      over = true;
    };
  }, [passage, known]);
  return (
    <div class="pair">
      <ThisPlate item={item} />
      <a href={href(`passages/${passage}`)} target="_blank" rel="noopener">
        {crop.value !== undefined && <Plate crop={crop.value} whole={`/v1/passages/${passage}/photo`} alt={texts.review.doublePhoto} />}
        <span>{texts.review.doubleThat}</span>
      </a>
    </div>
  );
}

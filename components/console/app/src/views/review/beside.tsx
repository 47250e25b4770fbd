// Two plates beside each other: the one to decide and another one, each enlarged where it was read, as a whole photo otherwise.
import { useMemo } from 'preact/hooks';
import { texts } from '../../texts/en';
import { Crop } from '../../ui/crop';
import { Photo } from '../../ui/photo';
import type { Item } from './item';

/** A plate among others; `crop` is null where nothing was read of that photo. */
export function Plate({ crop, whole, alt }: { crop: string | null; whole: string; alt: string }) {
  const photo = useMemo(() => (crop === null ? null : new Photo(crop, alt)), [crop, alt]);
  if (photo && photo.status.value !== 'failed') return <Crop photo={photo} />;
  return <img src={whole} alt={alt} />;
}

/** The plate to decide, small enough to stand beside another. */
export function ThisPlate({ item }: { item: Item }) {
  const crop = item.shown?.crop_url;
  if (crop === undefined) return null;
  return (
    <figure>
      <Plate crop={crop} whole={item.photo.url} alt={texts.review.crop} />
      <figcaption>{texts.review.thisOne}</figcaption>
    </figure>
  );
}

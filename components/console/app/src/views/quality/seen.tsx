// The plate of a line of a list, for whoever presses for it. A look at a photo is on record, so no list looks by itself.
import { useSignal } from '@preact/signals';
import { learned as texts } from '../../texts/learned';
import { texts as all } from '../../texts/en';
import { Crop } from '../../ui/crop';
import { Photo } from '../../ui/photo';

export function Seen({ passage, name }: { passage: string; name: string }) {
  const crop = useSignal<Photo | null>(null);
  if (crop.value) return <Crop photo={crop.value} />;
  const show = () => {
    crop.value = new Photo(`/v1/crops/${encodeURIComponent(passage)}`, all.review.crop);
  };
  return (
    <button type="button" aria-label={texts.showOf(name)} onClick={show}>
      {texts.show}
    </button>
  );
}

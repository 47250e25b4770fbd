// The photo with the box of the plate that counts, and that plate, enlarged.
import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { SchemaPassageWithReadings } from '../../api/schema';
import { texts } from '../../texts/en';
import { Crop } from '../../ui/crop';
import { Photo } from '../../ui/photo';

/** Where the decided text, or else the likeliest one, was read last. */
function boundsOf(passage: SchemaPassageWithReadings) {
  const reading = passage.readings.findLast((attempt) => attempt.reading !== null)?.reading;
  const sightings = reading?.sightings ?? [];
  const decided = sightings.find((sighting) => sighting.candidates.some((candidate) => candidate.text === passage.plate));
  return (decided ?? sightings[0])?.bounds ?? null;
}

export function Evidence({ passage }: { passage: SchemaPassageWithReadings }) {
  const image = useSignal<HTMLImageElement | null>(null);
  const failed = useSignal(false);
  const bounds = boundsOf(passage);
  // Boxes are in pixels of the upright photo, which is what a browser shows; what is stored may be turned.
  const width = image.value?.naturalWidth || passage.photo.width;
  const height = image.value?.naturalHeight || passage.photo.height;
  // Once the photo is there: who may not see the one may not see the other.
  const hasCrop = bounds !== null && image.value !== null;
  const crop = useMemo(
    () => (hasCrop ? new Photo(`/v1/crops/${passage.passage}`, texts.review.crop) : null),
    [passage.passage, passage.version, hasCrop],
  );
  const share = (part: number, whole: number) => `${(part / Math.max(1, whole)) * 100}%`;
  return (
    <section class="evidence">
      <h2 class="hidden">{texts.passage.labels.photo}</h2>
      <figure>
        <img
          src={passage.photo.url}
          width={width}
          height={height}
          alt={texts.review.photo(passage.booth, passage.camera)}
          onLoad={(event) => {
            image.value = event.currentTarget;
          }}
          onError={() => {
            failed.value = true;
          }}
        />
        {bounds && image.value && (
          <i
            class="box"
            style={{ left: share(bounds.x, width), top: share(bounds.y, height), width: share(bounds.width, width), height: share(bounds.height, height) }}
          />
        )}
      </figure>
      {failed.value && (
        <p class="note bad" role="alert">
          {texts.review.photoFailed}
        </p>
      )}
      {crop && <Crop photo={crop} />}
    </section>
  );
}

// The plate, enlarged: cut out by the server where a recogniser read it. Where that cannot be done the whole photo has to do.
import './crop.css';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { texts } from '../texts/en';
import type { Photo } from './photo';

export function Crop({ photo }: { photo: Photo }) {
  const slot = useRef<HTMLDivElement>(null);
  const status = photo.status.value;
  // The very element that was decoded, as on the stage.
  useLayoutEffect(() => {
    slot.current?.replaceChildren(photo.image);
  }, [photo, status]);
  if (status === 'failed') {
    return (
      <div class="crop failed" role="status">
        <p>{texts.review.cropFailed}</p>
        <button type="button" onClick={() => photo.load()}>
          {texts.review.cropRetry}
        </button>
      </div>
    );
  }
  return <div ref={slot} class="crop" />;
}

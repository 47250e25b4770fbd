// The photo: whole or near, with the boxes of what was read.
import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { SchemaBounds } from '../../api/schema';
import { texts } from '../../texts/en';
import type { Item } from './item';
import { cap, keys } from './keymap';
import { frame, showPlace, sight, zoomBy } from './sight';
import { Touch } from './touch';

export function Stage({ item }: { item: Item }) {
  const stage = useRef<HTMLDivElement>(null);
  const slot = useRef<HTMLDivElement>(null);
  const room = useSignal({ width: 0, height: 0 });
  const touch = useMemo(() => new Touch(() => stage.current), []);
  const photo = item.onStage.value;
  const status = photo.status.value;

  useLayoutEffect(() => {
    const element = stage.current;
    if (!element) return undefined;
    const measure = () => {
      room.value = { width: element.clientWidth, height: element.clientHeight };
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // The very element that was decoded: another one would have to be decoded again.
  useLayoutEffect(() => {
    slot.current?.replaceChildren(photo.image);
  }, [photo, status]);

  useEffect(() => {
    const element = stage.current;
    if (!element) return undefined;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const box = element.getBoundingClientRect();
      const px = event.clientX - box.left - box.width / 2;
      const py = event.clientY - box.top - box.height / 2;
      zoomBy(Math.exp(-event.deltaY * 0.0015), px, py);
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, []);

  // Until it is loaded its size is the one the server knows; a damaged header knows none.
  const width = photo.image.naturalWidth || item.review.photo.width || 16;
  const height = photo.image.naturalHeight || item.review.photo.height || 9;
  const own = photo === item.photo;
  const scale = Math.min(room.value.width / width, room.value.height / height);
  frame.width = width * scale;
  frame.height = height * scale;
  const { zoom, x, y, brightness, contrast, invert } = sight.value;
  const shown = item.shown;
  return (
    <div
      class={zoom > 1 ? 'photo near' : 'photo'}
      ref={stage}
      onPointerDown={(event) => touch.down(event)}
      onPointerMove={(event) => touch.move(event)}
      onPointerUp={(event) => touch.up(event)}
      onPointerCancel={(event) => touch.up(event)}
      onLostPointerCapture={(event) => touch.up(event)}
      onDblClick={() => {
        if (shown) toPlate(item);
      }}
    >
      <div
        class="frame"
        style={{
          width: `${frame.width}px`,
          height: `${frame.height}px`,
          transform: `translate(-50%, -50%) translate(${x}px, ${y}px) scale(${zoom})`,
          '--zoom': zoom,
        }}
      >
        <div
          ref={slot}
          class="pixels"
          style={{ filter: brightness === 1 && contrast === 1 && !invert ? 'none' : `brightness(${brightness}) contrast(${contrast}) invert(${invert ? 1 : 0})` }}
        />
        {status === 'ready' &&
          own &&
          boxes(item).map((bounds) => (
            <div
              key={`${bounds.x} ${bounds.y}`}
              class={bounds === shown?.bounds ? 'box' : 'box other'}
              style={{
                left: `${(bounds.x / width) * 100}%`,
                top: `${(bounds.y / height) * 100}%`,
                width: `${(bounds.width / width) * 100}%`,
                height: `${(bounds.height / height) * 100}%`,
              }}
            >
              {bounds === shown?.bounds && zoom < 2 && <span>{texts.review.readHere}</span>}
            </div>
          ))}
      </div>
      {!own && (
        <p class="turned" role="status">
          {texts.review.otherShown} {texts.review.otherBack(cap(keys.value.otherPhoto))}
        </p>
      )}
      {status === 'failed' && (
        <div class="no-photo" role="alert">
          <p>{texts.review.photoFailed}</p>
          <button type="button" onClick={() => photo.load()}>
            {texts.review.photoRetry}
          </button>
        </div>
      )}
    </div>
  );
}

/** One box a sighting; that of the shown candidate by identity. */
function boxes(item: Item): SchemaBounds[] {
  const bySighting = new Map<number, SchemaBounds>();
  for (const candidate of item.review.candidates) {
    if (!bySighting.has(candidate.sighting) || candidate === item.shown) bySighting.set(candidate.sighting, candidate.bounds);
  }
  return [...bySighting.values()];
}

/** Brings the plate to the middle, large. */
export function toPlate(item: Item): void {
  const bounds = item.isTurned ? undefined : item.shown?.bounds;
  const { naturalWidth: width, naturalHeight: height } = item.photo.image;
  if (!bounds || width === 0) return;
  const cx = (bounds.x + bounds.width / 2) / width;
  const cy = (bounds.y + bounds.height / 2) / height;
  showPlace(cx, cy, bounds.width / width);
}

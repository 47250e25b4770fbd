// How the photo is looked at: zoom, place, light. Starts anew with every photo.
import { signal } from '@preact/signals';

export interface Sight {
  zoom: number;
  /** Shift of the photo's middle, in pixels of the screen. */
  x: number;
  y: number;
  brightness: number;
  contrast: number;
  invert: boolean;
}

const WHOLE: Sight = { zoom: 1, x: 0, y: 0, brightness: 1, contrast: 1, invert: false };

export const sight = signal<Sight>(WHOLE);

/** Size of the whole photo on the stage, in pixels of the screen. */
export const frame = { width: 0, height: 0 };

const between = (low: number, value: number, high: number) => Math.min(high, Math.max(low, value));

/** However it is moved, something of the photo stays in the middle of the stage. */
function look(at: Sight): void {
  const [x, y] = [(frame.width * at.zoom) / 2, (frame.height * at.zoom) / 2];
  sight.value = { ...at, x: between(-x, at.x, x), y: between(-y, at.y, y) };
}

export function reset(): void {
  sight.value = WHOLE;
}

export function whole(): void {
  sight.value = { ...sight.value, zoom: 1, x: 0, y: 0 };
}

/** Zooms around a point, given from the middle of the stage. */
export function zoomBy(factor: number, px = 0, py = 0): void {
  const { zoom, x, y } = sight.value;
  const wanted = between(1, zoom * factor, 16);
  const ratio = wanted / zoom;
  if (wanted === 1) whole();
  else look({ ...sight.value, zoom: wanted, x: px - (px - x) * ratio, y: py - (py - y) * ratio });
}

export function panBy(dx: number, dy: number): void {
  if (sight.value.zoom > 1) look({ ...sight.value, x: sight.value.x + dx, y: sight.value.y + dy });
}

/** Shows a place of the photo, given in shares of its width and height, large. */
export function showPlace(cx: number, cy: number, share: number): void {
  const zoom = between(1, 0.45 / Math.max(share, 0.01), 12);
  look({ ...sight.value, zoom, x: (0.5 - cx) * frame.width * zoom, y: (0.5 - cy) * frame.height * zoom });
}

export function brighten(by: number): void {
  sight.value = { ...sight.value, brightness: between(0.25, sight.value.brightness * by, 6) };
}

export function contrastBy(by: number): void {
  sight.value = { ...sight.value, contrast: between(0.25, sight.value.contrast * by, 6) };
}

export function invert(): void {
  sight.value = { ...sight.value, invert: !sight.value.invert };
}

// The plate, enlarged: cut from the very pixels of the shown photo, by the recogniser's own coordinates.
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { SchemaBounds } from '../api/schema';
import { texts } from '../texts/en';

const WIDTH = 348;
const HEIGHT = 150;
/** Room around the plate, in shares of its size: names of issuers stand above and beneath the serial. */
const MARGIN = 0.22;

interface Props {
  /** Decoded; null while it is not. */
  image: HTMLImageElement | null;
  bounds: SchemaBounds;
  label?: string;
}

export function Crop({ image, bounds, label = texts.review.crop }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !image) return;
    const ratio = Math.min(2, devicePixelRatio || 1);
    context.canvas.width = WIDTH * ratio;
    context.canvas.height = HEIGHT * ratio;
    context.imageSmoothingQuality = 'high';
    // The whole plate, in the shape of the canvas.
    const wide = bounds.width * (1 + 2 * MARGIN);
    const high = bounds.height * (1 + 2 * MARGIN);
    const scale = Math.max(wide / WIDTH, high / HEIGHT);
    const width = WIDTH * scale;
    const height = HEIGHT * scale;
    const x = bounds.x + bounds.width / 2 - width / 2;
    const y = bounds.y + bounds.height / 2 - height / 2;
    context.drawImage(image, x, y, width, height, 0, 0, context.canvas.width, context.canvas.height);
  }, [image, bounds]);
  return <canvas ref={canvas} class="crop" width={WIDTH} height={HEIGHT} role="img" aria-label={label} />;
}

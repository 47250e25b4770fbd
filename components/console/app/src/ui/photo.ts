// A photo that is fetched and decoded before anybody looks at it, so that showing it costs a frame and no more.
import { signal } from '@preact/signals';

export type PhotoStatus = 'loading' | 'ready' | 'failed';

export class Photo {
  readonly status = signal<PhotoStatus>('loading');
  image = new Image();

  constructor(
    readonly url: string,
    readonly alt: string,
  ) {
    this.load();
  }

  /** Starts again, after a failure. */
  load(): void {
    const image = new Image();
    image.alt = this.alt;
    image.draggable = false;
    image.decoding = 'sync';
    image.src = this.url;
    this.image = image;
    this.status.value = 'loading';
    image.decode().then(
      () => this.settle(image, 'ready'),
      () => this.settle(image, 'failed'),
    );
  }

  private settle(image: HTMLImageElement, status: PhotoStatus): void {
    if (this.image === image) this.status.value = status;
  }
}

// Asks again and again while somebody looks: what did not change costs a line, and a hidden page asks nothing.
import { signal } from '@preact/signals';
import { callIfNew } from '../../api/client';

export class Poll<T> {
  readonly value = signal<T | null>(null);
  readonly failure = signal<unknown>(null);
  private etag = '';
  private path = '';
  private timer = 0;
  private asked = 0;

  constructor(private readonly everyMs: number) {}

  /** Asks for this path from now on. What was shown of another one is forgotten. */
  start(path: string): void {
    this.stop();
    if (path !== this.path) {
      this.path = path;
      this.etag = '';
    }
    document.addEventListener('visibilitychange', this.seen);
    void this.ask();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.asked += 1;
    document.removeEventListener('visibilitychange', this.seen);
  }

  readonly again = (): void => {
    void this.ask();
  };

  private readonly seen = (): void => {
    if (document.visibilityState === 'visible') void this.ask();
  };

  private async ask(): Promise<void> {
    clearTimeout(this.timer);
    this.asked += 1;
    const mine = this.asked;
    try {
      const found = await callIfNew<T>(this.path, this.etag);
      // An answer that was overtaken by another question says nothing.
      if (mine !== this.asked) return;
      if (found) {
        this.etag = found.etag;
        this.value.value = found.value;
      }
      this.failure.value = null;
    } catch (error) {
      if (mine !== this.asked) return;
      this.failure.value = error;
    }
    if (document.visibilityState === 'visible') this.timer = setTimeout(this.again, this.everyMs);
  }
}

// A list that the server gives page by page.
import { signal } from '@preact/signals';
import { call } from '../api/client';

export interface Page<T> {
  items: T[];
  next: number | null;
}

export class Listing<T, P extends Page<T> = Page<T>> {
  readonly items = signal<readonly T[] | null>(null);
  readonly last = signal<P | null>(null);
  readonly failure = signal<unknown>(null);
  readonly busy = signal(false);
  private asked = 0;

  constructor(
    private readonly path: string,
    private readonly cursor: 'after' | 'before',
  ) {}

  /** Begins anew with these filters; empty ones are left out. Asked again before the answer came, only the last one counts. */
  async load(filters: Record<string, string> = {}): Promise<void> {
    await this.fetch(filters, null);
  }

  /** Adds the next page; nothing while an answer is waited for, which may have another one. */
  async more(filters: Record<string, string> = {}): Promise<void> {
    const next = this.busy.value ? null : (this.last.value?.next ?? null);
    if (next !== null) await this.fetch(filters, next);
  }

  private async fetch(filters: Record<string, string>, cursor: number | null): Promise<void> {
    this.asked += 1;
    const mine = this.asked;
    const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== ''));
    if (cursor !== null) query.set(this.cursor, String(cursor));
    this.busy.value = true;
    try {
      const page = await call<P>('GET', `${this.path}?${query}`);
      // An answer that was overtaken by another question says nothing.
      if (mine !== this.asked) return;
      this.items.value = cursor === null ? page.items : [...(this.items.value ?? []), ...page.items];
      this.last.value = page;
      this.failure.value = null;
    } catch (error) {
      if (mine === this.asked) this.failure.value = error;
    } finally {
      if (mine === this.asked) this.busy.value = false;
    }
  }
}

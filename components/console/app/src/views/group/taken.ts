// The photos of a group in hand: taken one by one, kept while somebody works, given back when the page goes.
import { type Signal, signal } from '@preact/signals';
import { call, Problem } from '../../api/client';
import type { SchemaClaimedReview, SchemaReviewPage } from '../../api/schema';
import { giveBack, renew, takeThis } from '../review/claims';
import { decide as send } from '../review/deciding';
import type { Item, Verdict } from '../review/item';
import { drop } from '../review/work';

/** Photos that are looked at together at most: more do not fit into one look. */
const MOST = 8;
/** How often claims are renewed, in milliseconds, and how long somebody may touch nothing. */
const KEEP_MS = 60_000;
const IDLE_MS = 180_000;

export class Card {
  /** What was decided; null while it is open. */
  readonly verdict: Signal<Verdict | null> = signal(null);
  readonly failure = signal<unknown>(null);
  readonly busy = signal(false);
  private version = 0;

  constructor(public item: Item) {}

  async decide(verdict: Verdict): Promise<boolean> {
    this.busy.value = true;
    try {
      this.version = await send(this.item, verdict);
      this.failure.value = null;
      this.verdict.value = verdict;
      drop(this.item.id);
    } catch (error) {
      this.failure.value = error;
    }
    this.busy.value = false;
    return this.failure.value === null;
  }

  async undo(): Promise<void> {
    const path = `/v1/reviews/${this.item.id}`;
    try {
      if (this.verdict.value && 'flag' in this.verdict.value) {
        await call('POST', `${path}/unflag`, { version: this.version });
        const again = await takeThis(this.item.id);
        if (again) this.item.version = again.version;
      } else {
        this.item.version = (await call<SchemaClaimedReview>('POST', `${path}/undo`, { version: this.version })).version;
      }
      this.failure.value = null;
      this.verdict.value = null;
    } catch (error) {
      this.failure.value = error;
    }
  }
}

export class Group {
  readonly cards = signal<readonly Card[]>([]);
  /** That somebody else has. */
  readonly others = signal(0);
  readonly failure = signal<unknown>(null);
  private touchedAt = Date.now();
  private timer: ReturnType<typeof setInterval> | undefined;
  private stopped = false;
  private readonly touch = () => {
    this.touchedAt = Date.now();
  };
  private readonly leave = () => this.giveAllBack();

  constructor(private readonly plate: string) {}

  async start(): Promise<void> {
    addEventListener('keydown', this.touch);
    addEventListener('pointermove', this.touch, { passive: true });
    addEventListener('pagehide', this.leave);
    this.timer = setInterval(() => void this.keep(), KEEP_MS);
    try {
      const query = new URLSearchParams({ candidate: this.plate, limit: '50' });
      const page = await call<SchemaReviewPage>('GET', `/v1/reviews?${query}`);
      for (const { passage } of page.items) {
        if (this.cards.value.length >= MOST || this.over()) break;
        const item = await take(passage);
        // Taken for a page that was left meanwhile.
        if (item && this.over()) giveBack(item);
        else if (item) this.cards.value = [...this.cards.value, new Card(item)];
      }
      this.others.value = page.total - this.cards.value.length;
    } catch (error) {
      this.failure.value = error;
    }
  }

  stop(): void {
    this.stopped = true;
    removeEventListener('keydown', this.touch);
    removeEventListener('pointermove', this.touch);
    removeEventListener('pagehide', this.leave);
    clearInterval(this.timer);
    this.giveAllBack();
  }

  private over(): boolean {
    return this.stopped;
  }

  private open(): Card[] {
    return this.cards.value.filter((card) => card.verdict.value === null && !card.busy.value);
  }

  private giveAllBack(): void {
    this.open().forEach((card) => giveBack(card.item));
  }

  private async keep(): Promise<void> {
    if (Date.now() - this.touchedAt > IDLE_MS) return;
    for (const card of this.open()) await renew(card.item).catch(() => false);
  }
}

/** None when somebody else has it. */
async function take(passage: string): Promise<Item | null> {
  try {
    return await takeThis(passage);
  } catch (error) {
    if (error instanceof Problem && [403, 404, 409].includes(error.status)) return null;
    throw error;
  }
}

// Claims: taken, renewed while somebody works, and given back.
import { call, Problem, serverNow } from '../../api/client';
import type { SchemaClaimedReview } from '../../api/schema';
import { Item } from './item';

/** How long a review that waits behind another is reserved, in seconds: short, so that nobody is kept from it for long. */
export const AHEAD_SECONDS = 120;

/** What is left of a claim, in seconds, by the server's clock: this machine's may be wrong. */
export function secondsLeft(review: SchemaClaimedReview): number {
  return Math.max(0, (Date.parse(review.claimed_until ?? '') - serverNow()) / 1000);
}

async function claim(body: { passage?: string; seconds?: number }): Promise<{ review: SchemaClaimedReview; seconds: number } | null> {
  const review = await call<SchemaClaimedReview | null>('POST', '/v1/reviews/claim', body);
  return review && { review, seconds: secondsLeft(review) };
}

/** Takes the oldest free review; null when there is none. */
export async function take(ahead: boolean): Promise<Item | null> {
  const claimed = await claim(ahead ? { seconds: AHEAD_SECONDS } : {});
  return claimed && new Item(claimed.review, claimed.seconds);
}

/** Takes this passage. Throws why not. */
export async function takeThis(passage: string): Promise<Item | null> {
  const claimed = await claim({ passage });
  return claimed && new Item(claimed.review, claimed.seconds);
}

/** Takes this passage, or renews the claim on it; false when somebody else holds or has decided it. */
export async function renew(item: Item, seconds?: number): Promise<boolean> {
  try {
    const claimed = await claim({ passage: item.id, ...(seconds === undefined ? {} : { seconds }) });
    if (!claimed) return false;
    item.until.value = Date.now() + claimed.seconds * 1000;
    item.since.value = Date.now();
    // Another version is another thing to decide: whoever looks must see it anew.
    return claimed.review.version === item.version;
  } catch (error) {
    if (error instanceof Problem && (error.status === 409 || error.status === 404)) return false;
    throw error;
  }
}

/** Gives a review back, also when the page goes away. Nobody waits for it: what is not given back runs out. */
export function giveBack(item: Item): void {
  const path = `/v1/reviews/${item.id}/release`;
  call('POST', path, { version: item.version }, { keepalive: true }).catch(() => {});
}

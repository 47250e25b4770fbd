// The work of one person: the review on the screen, the next two behind it, and the last ten decisions.
import { computed, signal } from '@preact/signals';
import { call, passing, Problem, signedOut } from '../../api/client';
import type { SchemaClaimedReview, SchemaReview } from '../../api/schema';
import { desk } from '../../texts/desk';
import { AHEAD_SECONDS, giveBack, renew, secondsLeft, take, takeThis } from './claims';
import { decide as send } from './deciding';
import { Item, type Verdict } from './item';

/** Reviews that are taken and decoded before they are needed. */
const AHEAD = 2;
/** Decisions that can be taken back. */
const REMEMBERED = 10;
/** How often an idle console looks for work, in milliseconds. */
const POLL_MS = 3_000;
/** How often claims are looked after, in milliseconds. */
const TICK_MS = 5_000;
/** A claim that ends within this time is renewed as soon as it is looked at, in milliseconds. */
const SOON_MS = 2 * TICK_MS;
/** Who has not touched anything for this long does not work, and claims run out. */
const IDLE_MS = 180_000;

/** A decision of this person. */
export interface Done {
  item: Item;
  verdict: Verdict;
  /** Settles with the new version; rejects when the server refused. */
  version: Promise<number>;
  stored: boolean;
}

export const current = signal<Item | null>(null);
export const history = signal<readonly Done[]>([]);
export const count = signal(0);
/** True once the server said that there is nothing to do. */
export const empty = signal(false);
/** Why there is no work, when it is not that there is none. */
export const failure = signal<unknown>(null);
/** One sentence about the last undo that could not be. */
export const notice = signal<string>('');
export const pending = computed(() => history.value.filter((done) => !done.stored).length);

let ahead: Item[] = [];
let filling = false;
let working = false;
let touchedAt = Date.now();
let timers: ReturnType<typeof setInterval>[] = [];

/** Begins, or goes on with what was on the screen. */
export function start(): void {
  working = true;
  touchedAt = Date.now();
  if (current.value) void keep(current.value);
  void named().then(fill);
  timers = [setInterval(() => void look(), TICK_MS), setInterval(() => void poll(), POLL_MS)];
  addEventListener('pagehide', leave);
}

/** Shows the passage that the address names, if it can be had. The address names it once. */
async function named(): Promise<void> {
  const passage = new URLSearchParams(location.search).get('passage');
  if (!passage || current.value?.id === passage) return;
  globalThis.history.replaceState(null, '', location.pathname);
  try {
    const item = await takeThis(passage);
    if (item) show(item);
  } catch (error) {
    notice.value = error instanceof Error ? error.message : String(error);
  }
}

/** Another view is shown: what waits goes back, what is on the screen stays. */
export function stop(): void {
  working = false;
  timers.forEach(clearInterval);
  removeEventListener('pagehide', leave);
  ahead.forEach(giveBack);
  ahead = [];
}

/** Somebody pressed a key or moved the pointer. */
export function touch(): void {
  touchedAt = Date.now();
}

function leave(): void {
  for (const item of current.value ? [current.value, ...ahead] : ahead) giveBack(item);
  ahead = [];
  current.value = null;
}

/** Shows the next review. In the same frame, when it is there already. */
function next(): void {
  const item = ahead.shift() ?? null;
  current.value = item;
  // Otherwise the next look after the claims is soon enough, and no renewal races with a quick decision.
  if (item && item.until.value - Date.now() < SOON_MS) void keep(item);
  void fill();
}

async function fill(): Promise<void> {
  if (filling || !working || signedOut.value) return;
  filling = true;
  try {
    while (working && (current.value === null || ahead.length < AHEAD)) {
      const item = await take(current.value !== null);
      empty.value = item === null;
      if (!item) break;
      if (current.value === null) current.value = item;
      else ahead.push(item);
    }
    failure.value = null;
  } catch (error) {
    // A lost connection has a bar of its own, and a lost session a sheet. That somebody holds too many reviews passes, too, but
    // not before they give some back, and nothing else says so.
    const full = error instanceof Problem && error.slug === 'too-many';
    if (full || (!passing(error) && !(error instanceof Problem && error.status === 401))) failure.value = error;
  } finally {
    filling = false;
  }
}

async function poll(): Promise<void> {
  if (document.visibilityState === 'visible' && ahead.length < AHEAD) await fill();
}

/** A review that comes to the screen is reserved for the whole time. */
async function keep(item: Item): Promise<void> {
  await renew(item).catch(() => false);
}

/** Renews what is worked on before it runs out; drops what ran out unseen. */
async function look(): Promise<void> {
  const now = Date.now();
  ahead = ahead.filter((item) => item.until.value > now);
  if (now - touchedAt > IDLE_MS || signedOut.value) return;
  const item = current.value;
  if (item && item.until.value - now < (item.until.value - item.since.value) / 2) await keep(item);
  for (const waiting of ahead) {
    if (waiting.until.value - now < 45_000) await renew(waiting, AHEAD_SECONDS).catch(() => false);
  }
}

/** Decides what is on the screen and shows the next. */
export function decide(verdict: Verdict): void {
  const item = current.value;
  if (!item) return;
  item.trouble.value = null;
  notice.value = '';
  const done: Done = { item, verdict, version: send(item, verdict), stored: false };
  history.value = [...history.value.slice(-(REMEMBERED - 1)), done];
  done.version.then(
    () => {
      count.value += 1;
      history.value = history.value.map((entry) => (entry === done ? Object.assign(done, { stored: true }) : entry));
    },
    (error: unknown) => comeBack(done, error),
  );
  next();
}

/** The server did not take a decision: back to the screen with it, and with what was typed. */
function comeBack(done: Done, error: unknown): void {
  history.value = history.value.filter((entry) => entry !== done);
  done.item.trouble.value = {
    problem: error instanceof Problem ? error : new Problem(0, { detail: String(error) }),
    verdict: done.verdict,
  };
  show(done.item);
}

function show(item: Item): void {
  if (current.value && current.value !== item) ahead.unshift(current.value);
  current.value = item;
}

/** The review as it is in hand again. */
async function takenBack({ item, verdict }: Done, version: number): Promise<SchemaClaimedReview> {
  if (!('flag' in verdict)) return call<SchemaClaimedReview>('POST', `/v1/reviews/${item.id}/undo`, { version });
  await call<SchemaReview>('POST', `/v1/reviews/${item.id}/unflag`, { version });
  const claimed = await call<SchemaClaimedReview | null>('POST', '/v1/reviews/claim', { passage: item.id });
  if (!claimed) throw new Error(desk.taken);
  return claimed;
}

/** Takes the last decision back. */
export async function undo(): Promise<string | null> {
  const done = history.value.at(-1);
  if (!done) return null;
  history.value = history.value.slice(0, -1);
  try {
    const version = await done.version;
    const review = await takenBack(done, version);
    const item = new Item(review, secondsLeft(review));
    item.plate.value = done.item.plate.value;
    item.issuer.value = done.item.issuer.value;
    item.type.value = done.item.type.value;
    count.value -= 1;
    show(item);
    return item.id;
  } catch (error) {
    // A decision that the server refused is on the screen already.
    if (done.item.trouble.value === null) notice.value = error instanceof Error ? error.message : String(error);
    return null;
  }
}

/** Leaves what is on the screen to later or to others: its claim runs out by itself. */
export function skip(): void {
  const item = current.value;
  if (!item) return;
  void renew(item, AHEAD_SECONDS).catch(() => false);
  next();
}

/** It was decided somewhere else on this console. */
export function drop(passage: string): void {
  if (current.value?.id === passage) current.value = null;
  ahead = ahead.filter((item) => item.id !== passage);
}

/** Puts away a review that cannot be decided any more. */
export function dismiss(): void {
  if (current.value) giveBack(current.value);
  next();
}

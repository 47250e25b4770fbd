// A decision on its way to the server. The next photo is shown at once; what the server would not do comes back.
import { effect } from '@preact/signals';
import { call, passing, Problem, signedOut } from '../../api/client';
import type { SchemaChanged, SchemaPassageWithReadings, SchemaReview } from '../../api/schema';
import { me } from '../../session';
import { renew } from './claims';
import type { Item, Verdict } from './item';

/** Wait before a decision is sent again, in milliseconds. */
const AGAIN_MS = 1_000;

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Resolves when somebody is signed in. */
function signedIn(): Promise<void> {
  return new Promise((done) => {
    const stop = effect(() => {
      if (signedOut.value) return;
      // The effect has not returned yet when nobody is signed out to begin with.
      queueMicrotask(() => stop());
      done();
    });
  });
}

async function sent(item: Item, verdict: Verdict): Promise<number> {
  const path = `/v1/reviews/${item.id}`;
  if ('flag' in verdict) {
    // The same flag again changes nothing, so an answer that was lost is asked for again.
    return (await call<SchemaReview>('POST', `${path}/flag`, { note: verdict.flag, version: item.version })).version;
  }
  return (await call<SchemaChanged>('POST', `${path}/verdict`, { ...verdict, version: item.version })).version;
}

/** Sends a decision until there is an answer. Returns the passage's new version, or throws the server's refusal. */
export async function decide(item: Item, verdict: Verdict): Promise<number> {
  const who = me.value?.token;
  let uncertain = false;
  let reclaimed = false;
  for (;;) {
    try {
      return await sent(item, verdict);
    } catch (error) {
      if (passing(error)) {
        uncertain = true;
        await pause(AGAIN_MS);
      } else if (error instanceof Problem && error.status === 401) {
        await signedIn();
        // Nobody decides in another's name.
        if (me.value?.token !== who) throw error;
      } else if (error instanceof Problem && error.slug === 'conflict') {
        // The first answer may have been lost, and the decision be the one that stands.
        const version = uncertain ? await mine(item, verdict) : null;
        if (version !== null) return version;
        // The claim ran out and nobody else took it: then it can be had again, and nothing is lost.
        const lapsed = !('state' in error.body) && !('claimed_until' in error.body);
        if (!lapsed || reclaimed || !(await renew(item).catch(() => false))) throw error;
        reclaimed = true;
      } else {
        throw error;
      }
    }
  }
}

async function mine(item: Item, verdict: Verdict): Promise<number | null> {
  if ('flag' in verdict) return null;
  const passage = await call<SchemaPassageWithReadings>('GET', `/v1/passages/${item.id}`).catch(() => null);
  if (!passage || passage.decided_by !== me.value?.token) return null;
  const same = 'plate' in verdict ? passage.plate === verdict.plate : passage.reason === verdict.reject;
  return same ? passage.version : null;
}

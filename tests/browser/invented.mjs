// Figures for pictures: what a busy house looks like from morning to evening. Invented, and said to be wherever they are shown;
// everything else in the pictures is real.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Lengths of points, and the lengths of time from which on a longer one is chosen: those that the live view offers. */
const STEPS = [['minute', MINUTE, 2 * HOUR], ['15-minutes', 15 * MINUTE, 2 * DAY], ['hour', HOUR, 8 * DAY], ['day', DAY, 200 * DAY], ['week', 7 * DAY, Infinity]];
/** A Monday. */
const MONDAY = 4 * DAY;
const BOOTHS = ['north', 'south', 'west'];

/** Numbers from 0 to 1 that look like chance and are the same in each picture. */
function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Photos an hour at a booth: two peaks on the way to work and home, quiet at night. */
function traffic(at) {
  const hour = (((at / HOUR - 6) % 24) + 24) % 24;
  const peak = (middle, wide) => Math.exp(-(((hour - middle) / wide) ** 2));
  return 90 + 900 * peak(8, 1.8) + 1_000 * peak(17.3, 2.2) + 420 * peak(12.5, 3.5);
}

function factsOf(at, length, booth) {
  const random = dice(at / MINUTE + booth.length * 977 + booth.charCodeAt(0));
  const about = (value, by = 0.12) => Math.max(0, Math.round(value * (1 - by + 2 * by * random())));
  const received = about((traffic(at) * length) / HOUR / 3);
  const referred = about(received * 0.14);
  const read = received - referred;
  const slow = booth === 'west' && new Date(at).getUTCHours() === 20;
  return {
    received,
    'accepted.judge': read,
    'referred.low-confidence': Math.round(referred * 0.6),
    'referred.issuer-unclear': referred - Math.round(referred * 0.6),
    'accepted.people': about(referred * 0.9),
    'rejected.blurred': about(referred * 0.07),
    unreadable: about(received * 0.008),
    'read_failed.outage': slow ? about(9) : 0,
    'refused.image-size': random() < 0.1 ? 1 : 0,
    'reading_wait_ms.250': Math.round(read * 0.7),
    'reading_wait_ms.1000': Math.round(read * (slow ? 0.1 : 0.29)),
    'reading_wait_ms.30000': Math.round(read * (slow ? 0.2 : 0.01)),
    'reading_run_ms.1000': Math.round(read * 0.9),
    'reading_run_ms.2500': Math.round(read * 0.1),
    'billable_ms.2500': Math.round(read * 0.86),
    'billable_ms.10000': Math.round(read * (slow ? 0.02 : 0.1)),
    'billable_ms.900000': Math.round(referred * 0.9),
    'depth.waiting': slow ? 41 : about(2, 1),
    'depth.in-review': about(14 + traffic(at) / 60),
    'age_ms.waiting': slow ? about(240_000) : about(1_500, 0.6),
    cost_micros: about(referred * 1_200),
  };
}

function add(all, more) {
  for (const [name, value] of Object.entries(more)) all[name] = name.startsWith('age_ms.') ? Math.max(all[name] ?? 0, value) : (all[name] ?? 0) + value;
  return all;
}

/** Answers the two questions of the live view with figures of a house like this, up to now. */
export async function invent(page, present) {
  const now = Math.floor(Date.now() / MINUTE) * MINUTE;
  const ago = (ms) => new Date(now - ms).toISOString();
  const counts = (share) => ({
    received: Math.round(1_904_316 * share), waiting: Math.round(6 * share), reading: Math.round(4 * share), in_review: Math.round(63 * share),
    accepted: Math.round(1_876_204 * share), rejected: Math.round(27_904 * share), duplicate: Math.round(135 * share),
    billed: Math.round(1_871_990 * share), awaiting_export: Math.round(4_214 * share),
  });
  const oldest = { waiting: ago(4_000), reading: ago(2_000), in_review: ago(31 * MINUTE) };
  const names = { north: 'North plaza', south: 'South plaza', west: 'West ramp' };
  const recent = add(add(factsOf(now - 5 * MINUTE, 5 * MINUTE, 'north'), factsOf(now - 5 * MINUTE, 5 * MINUTE, 'south')), factsOf(now - 5 * MINUTE, 5 * MINUTE, 'west'));
  const invented = {
    ...present,
    at: ago(2_000),
    behind: false,
    counts: counts(1),
    oldest,
    recent: { from: ago(5 * MINUTE), to: ago(0), minutes: 5, facts: recent },
    booths: BOOTHS.map((id, at) => ({ id, name: names[id], time_zone: 'America/Chicago', counts: counts([0.5, 0.3, 0.2][at]), oldest, last_received: ago((at + 1) * 3_000) })),
    export: { last_run: ago(22 * MINUTE), last_published: ago(22 * MINUTE), next_due: new Date(now + 38 * MINUTE).toISOString() },
    undelivered_messages: 0,
  };
  await page.route('**/v1/telemetry/present', (route) => route.fulfill({ json: invented, headers: { etag: '"picture"' } }));
  await page.route('**/v1/telemetry/series?*', async (route) => {
    // From the question alone: the house itself has measured nothing of that time.
    const query = new URL(route.request().url()).searchParams;
    const to = Date.parse(query.get('to') ?? new Date(now).toISOString());
    const from = Date.parse(query.get('from') ?? new Date(to - DAY).toISOString());
    const [step, length] = STEPS.find(([name, , until]) => (query.has('step') ? name === query.get('step') : to - from < until));
    const first = Math.floor((from - MONDAY) / length) * length + MONDAY;
    const subjects = query.get('of') === 'booth' ? BOOTHS.map((id) => `booth:${id}`) : [query.get('subject') ?? 'all'];
    const items = subjects.map((subject) => ({ subject, points: [] }));
    for (const item of items) {
      const booths = item.subject.startsWith('booth:') ? [item.subject.slice(6)] : BOOTHS;
      for (let at = first; at < Math.min(to, now); at += length) {
        // Somebody restarted the house in the night: nothing was measured then.
        if (length < HOUR && at % DAY > 9.1 * HOUR && at % DAY < 9.6 * HOUR) continue;
        item.points.push({ at: new Date(at).toISOString(), facts: booths.map((booth) => factsOf(at, length, booth)).reduce(add, {}) });
      }
    }
    const time = { from: new Date(first).toISOString(), to: new Date(to).toISOString() };
    await route.fulfill({ json: { step, ...time, at: ago(2_000), complete: true, items }, headers: { etag: '"picture"' } });
  });
}

// Those who watch: the figures are the balance's and follow it by themselves; from two years to one photo in three steps;
// what is empty, stale, unknown or failing looks different.
import { accessible } from '../browser.mjs';
import { equal, must, person, signIn, until, url } from '../installation.mjs';

const tick = () => must('POST', '/v1/ticks/telemetry', {});
const figure = async (page, stage) => Number((await page.locator(`[data-stage="${stage}"] b`).textContent()).replaceAll(',', ''));

/** What is asked of one booth to tell how fast photos come there. */
const LATELY = /\/v1\/telemetry\/series\?subject=booth%3Anorth&step=minute/;

export default async function live(open) {
  await tick();
  const sue = await person('supervisor', 'Sue');
  for (const colorScheme of ['light', 'dark']) {
    const page = await open({ colorScheme });
    await signIn(page, sue);
    await page.getByRole('link', { name: 'Live' }).click();
    await page.getByRole('heading', { name: 'From photo to bill, now' }).waitFor();
    await page.locator('.tile').nth(7).waitFor();
    await sameAsTheBalance(page);
    await accessible(page, `the live view, ${colorScheme}`);

    // Somebody decides, and the page follows without being touched.
    const before = await figure(page, 'review');
    const claimed = await must('POST', '/v1/reviews/claim', {}, sue.token);
    await must('POST', `/v1/reviews/${claimed.passage}/verdict`, { version: claimed.version, reject: 'too-dark' }, sue.token);
    await tick();
    await until('the decision to show', async () => (await figure(page, 'review')) === before - 1);
    await sameAsTheBalance(page);

    // From two years to one photo, with the keyboard: a week, an hour, a passage.
    await page.getByRole('link', { name: '2 y', exact: true }).click();
    await until('weeks', async () => (await page.getByRole('application').first().getAttribute('aria-label')).includes(': 10'));
    await page.locator('.tile').first().getByText('a week').waitFor();
    const into = async (what) => {
      const chart = page.getByRole('application', { name: /^Received:/ });
      await chart.focus();
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('Enter');
      await until(what, () => page.url().includes('from='));
    };
    await into('a week');
    const week = page.url();
    await accessible(page, `a week, ${colorScheme}`);
    await page.getByRole('application', { name: /^Received: 168 points/ }).waitFor();
    await into('an hour');
    await until('the hour', () => page.url() !== week);
    const passages = page.getByRole('region', { name: 'Passages received in this hour' });
    await passages.getByRole('row').nth(1).waitFor();
    await accessible(page, `an hour, ${colorScheme}`);
    await passages.getByRole('link').first().click();
    await page.getByRole('heading', { name: /this/ }).waitFor();
    equal(/\/console\/passages\/psg_/.test(page.url()), true, 'a passage');

    // Every view is an address, and the way back leads there.
    await page.goBack();
    await passages.getByRole('row').nth(1).waitFor();
    await page.route(LATELY, (route) => {
      const asked = new URL(route.request().url()).searchParams;
      const [from, to] = [asked.get('from'), asked.get('to')];
      const items = [{ subject: 'booth:north', points: [{ at: from, facts: { received: 20 } }] }];
      const body = JSON.stringify({ step: 'minute', from, to, at: to, complete: true, items });
      return route.fulfill({ status: 200, contentType: 'application/json', headers: { etag: '"lately"' }, body });
    });
    await page.goto(`${url}/console/live?booth=north&range=7d`);
    await page.locator('.tile').nth(7).waitFor();
    await page.locator('.pipe.p1').getByText('4/min').waitFor();
    await page.unroute(LATELY);
    equal(await page.locator('.live .booth select').inputValue(), 'north', 'the booth of the address');
    const cameras = page.getByRole('region', { name: 'Cameras of this booth' });
    await cameras.getByRole('row').nth(1).waitFor();
    await accessible(page, `a booth and its cameras, ${colorScheme}`);
    if (colorScheme === 'light') await everyPanelLeadsDown(page);
  }
  await sendsBack(await open({}), sue);
  await narrow(await open({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, colorScheme: 'dark' }), sue);
  await states(await open({}), sue);
}

/** From each chart to an hour and a photo of it, from each stage and each table to a photo. */
async function everyPanelLeadsDown(page) {
  const charts = page.locator('.tile [role="application"]');
  const day = `${url}/console/live?range=24h`;
  for (let at = 0; at < 9; at += 1) await throughAnHour(page, day, charts.nth(at));
  for (const stage of ['received', 'waiting', 'reading', 'review', 'accepted', 'billed']) {
    await page.goto(`${url}/console/live`);
    const count = await figure(page, stage);
    await page.locator(`[data-stage="${stage}"]`).click();
    await until(`${stage} to lead to its passages`, () => /\/console\/search/.test(page.url()));
    const found = page.getByRole('region', { name: 'Passages', exact: true });
    await until(`the passages of ${stage}, or that there are none`, async () => (await found.count()) + (await page.getByText('Nothing matches.').count()) > 0);
    if ((await found.count()) > 0) await toPassage(page, found, stage);
    else equal(count, 0, `passages of ${stage}, of which the search finds none`);
  }
  await page.goto(`${url}/console/live`);
  await follow(page.locator('tr[data-booth="north"] a'));
  await until('a booth to lead to its charts', () => /live\?booth=north/.test(page.url()));
  await throughAnHour(page, page.url(), charts.first());
  await page.goto(`${url}/console/live?booth=north`);
  await follow(page.getByRole('region', { name: 'Cameras of this booth' }).getByRole('link').first());
  await until('a camera to lead to its booth’s day', () => /booth=north.*from=.*T00%3A00%3A00/.test(page.url()));
  await page.goto(`${url}/console/live`);
  await toPassage(page, page.getByRole('region', { name: 'What fails', exact: true }), 'what fails');
  await recognizerLeadsToItsDay(page, charts.first());
}

/**
 * From a chart into the hour of its last point, and to a photo that was received in it. The hour may have turned since the photos
 * came: then the one before it has them.
 */
async function throughAnHour(page, address, chart) {
  for (const back of [1, 5]) {
    await page.goto(address);
    await page.locator('.tile').nth(7).waitFor();
    const name = await chart.getAttribute('aria-label');
    await until(`${name} to have something`, async () => (await chart.getAttribute('tabindex')) === '0');
    await chart.focus();
    // A point stands for a quarter of an hour.
    for (let press = 0; press < back; press += 1) await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await until(`${name} to lead to an hour`, async () => (await page.locator('#hour').count()) === 1);
    const photos = page.getByRole('region', { name: 'Passages received in this hour' });
    await until('the photos of the hour, or that there are none', async () => (await photos.count()) + (await page.getByText('No photo was received in this hour.').count()) > 0);
    if ((await photos.count()) > 0) return toPassage(page, photos, name);
  }
  throw new Error(`${address}: no photo in the last hour that the chart knows, nor in the one before`);
}

/** With the keyboard: figures that come meanwhile move what is below them, and a pointer would let go beside it. */
const follow = (link) => link.press('Enter');

/** By the first link of a table to a passage, which is shown. */
async function toPassage(page, table, what) {
  await follow(table.getByRole('link').first());
  await until(`${what} to lead to a passage`, () => /\/console\/passages\/psg_/.test(page.url()));
  await page.getByRole('heading', { level: 1, name: /this/ }).waitFor();
}

/** No service is asked in this house, so one is put into the answer; the day that it leads to is the house's own. */
async function recognizerLeadsToItsDay(page, chart) {
  const present = await must('GET', '/v1/telemetry/present');
  const one = {
    name: 'custom', open_reason: null, opened_at: null, retry_at: null, calls_today: 3, money_today_micros: 4_500, calls_per_day: null, money_per_day_micros: null,
  };
  const answer = { ...present, recognizers: [one] };
  await page.route('**/v1/telemetry/present', (route) => route.fulfill({ json: answer, headers: { etag: '"with-one"' } }));
  await page.goto(`${url}/console/live`);
  await follow(page.getByRole('link', { name: 'custom: the day (UTC) in which this was spent' }));
  await until('a recogniser to lead to its day', () => /from=.*T00%3A00%3A00/.test(page.url()));
  await page.unroute('**/v1/telemetry/present');
  const { items } = await must('GET', '/v1/passages?limit=1');
  // Where the day turned since the photos came, it is another one.
  const today = new Date().toISOString().slice(0, 10);
  if (items[0].received_at.slice(0, 10) === today) await throughAnHour(page, page.url(), chart);
}

/** A supervisor sends what failed to the recogniser again, after having been told how much that is; an operator is not offered it. */
async function sendsBack(page, sue) {
  await signIn(page, sue);
  await page.goto(`${url}/console/live`);
  const { causes } = await must('GET', '/v1/failed-readings', undefined, sue.token);
  const before = causes.reduce((sum, cause) => sum + cause.passages, 0);
  equal(before > 0, true, 'something failed');
  const again = page.getByRole('region', { name: 'By cause' }).getByRole('button').first();
  await again.click();
  const sheet = page.getByRole('dialog', { name: 'Send to the recogniser again' });
  await sheet.getByText(/^1 photos?: /).waitFor();
  await accessible(page, 'what is to be sent again');
  await sheet.getByRole('button', { name: 'Back' }).click();
  equal((await must('GET', '/v1/failed-readings', undefined, sue.token)).causes, causes, 'looking sends nothing');
  await again.click();
  await sheet.getByRole('button', { name: 'Send 1 again' }).click();
  await sheet.getByText('1 sent to the recogniser again.').waitFor();
  await accessible(page, 'what was sent again');
  await sheet.getByRole('button', { name: 'Done' }).click();
  const { items } = await must('GET', '/v1/log?kind=sent-back', undefined, sue.token);
  equal([items.length, items[0].actor.id, items[0].detail.passages], [1, sue.id, 1], 'it is on record once');
}

async function sameAsTheBalance(page) {
  const { totals } = await must('GET', '/v1/balance');
  const names = { received: 'received', waiting: 'waiting', reading: 'reading', review: 'in_review', accepted: 'awaiting_export', billed: 'billed' };
  for (const [stage, name] of Object.entries(names)) {
    await until(`${stage} to be what the balance says`, async () => (await figure(page, stage)) === totals.from_state[name]);
  }
}

async function narrow(page, sue) {
  await signIn(page, sue);
  await page.getByRole('link', { name: 'Live' }).tap();
  await page.locator('.tile').nth(7).waitFor();
  equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'nothing is cut off at 360 px');
  await accessible(page, 'the live view at 360 px');
}

/** What the server could answer, one after the other. */
async function states(page, sue) {
  page.expected.push(/503/);
  await signIn(page, sue);
  const present = await must('GET', '/v1/telemetry/present');
  let answer = { ...present, at: null };
  await page.route('**/v1/telemetry/present', (route) =>
    answer === null
      ? route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify({ type: 'urn:x:unavailable', detail: 'The ledger is out of reach.' }) })
      : route.fulfill({ status: 200, contentType: 'application/json', headers: { etag: `"${Math.random()}"` }, body: JSON.stringify(answer) }),
  );
  await page.getByRole('link', { name: 'Live' }).click();
  await page.getByText('Nothing was measured so far.').waitFor();
  answer = { ...present, at: new Date().toISOString(), counts: { ...present.counts, received: 0 } };
  await page.getByText('No photo has arrived so far.').waitFor();
  answer = { ...present, enabled: false };
  await page.getByText(/Telemetry is switched off/).waitFor();
  await accessible(page, 'telemetry that is switched off');
  answer = { ...present, at: '2026-01-01T00:00:00Z' };
  await page.getByText(/Since then nothing was added up/).waitFor();
  await accessible(page, 'figures that are stale');
  answer = null;
  await page.getByText('The ledger is out of reach.').waitFor();
  answer = present;
  await until('it to recover by itself', async () => !(await page.getByText('The ledger is out of reach.').isVisible()));
}

// Pictures for the documents, light and dark, as small WebP files: what a reviewer, a supervisor and an operator see. Photos,
// readings, decisions, quality and the alert are real, of drawn vehicles; the figures of the live view are invented.
import { writeFile } from 'node:fs/promises';
import { must, person, shown, signIn, until, url } from '../installation.mjs';
import { invent } from '../invented.mjs';

const FOLDER = process.env.TOLLBOOTH_PICTURES;
/** Of WebP, from 0 to 1: below this, edges of letters begin to blur. */
const QUALITY = 0.72;

export default async function pictures(open) {
  if (!FOLDER) throw new Error('TOLLBOOTH_PICTURES names no folder');
  const people = { ann: await person('reviewer', 'Ann Lee'), bob: await person('reviewer', 'Bob Reyes'), sue: await person('supervisor', 'Sue Park') };
  const { sue } = people;
  const truth = await answer(people);
  await must('POST', '/v1/exports', {});
  await must('POST', '/v1/ticks/telemetry', {});
  // In which there are photos, also when reading them took until the next one.
  const [newest] = (await must('GET', '/v1/passages?limit=1')).items;
  const hour = newest.received_at.slice(0, 13);
  const present = await must('GET', '/v1/telemetry/present', undefined, sue.token);
  const alert = await fire(sue);
  let decided = '';
  for (const colorScheme of ['light', 'dark']) {
    const page = await open({ colorScheme, reducedMotion: 'reduce', viewport: { width: 1280, height: 800 } });
    const press = await page.context().newPage();
    const take = async (name) => {
      await page.evaluate(() => document.fonts.ready);
      await writeFile(`${FOLDER}/${name}-${colorScheme}.webp`, await webp(press, await page.screenshot()));
    };
    await page.bringToFront();
    await signIn(page, sue);
    await page.getByLabel('Plate', { exact: true }).waitFor();
    // One that the machine has read, so that there is something to compare, and that has a plate to be billed.
    const isGood = async () =>
      (await page.getByLabel('Plate', { exact: true }).inputValue()) !== '' && truth(await must('GET', `/v1/passages/${await shown(page)}`))[0] !== '';
    for (let left = 12; left > 0 && !(await isGood()); left -= 1) {
      const here = await shown(page);
      await page.keyboard.press('F9');
      await until('the next photo', async () => (await shown(page)) !== here);
    }
    await until('the photo', () => page.locator('.frame img').evaluate((image) => image.naturalWidth > 0));
    await until('the crop', () => page.locator('.panel > .crop img').evaluate((image) => image.naturalWidth > 0));
    await take('review');
    if (decided === '') {
      decided = await shown(page);
      const [plate, jurisdiction] = truth(await must('GET', `/v1/passages/${decided}`));
      const claimed = await must('POST', '/v1/reviews/claim', { passage: decided }, sue.token);
      await must('POST', `/v1/reviews/${decided}/verdict`, { version: claimed.version, plate, jurisdiction }, sue.token);
    }
    await page.goto(`${url}/console/queue`);
    await page.getByRole('row').nth(1).waitFor();
    await take('queue');
    await page.goto(`${url}/console/passages/${decided}`);
    await page.getByRole('heading', { name: 'Why was this billed?' }).waitFor();
    await until('the photo', () => page.locator('figure img').evaluate((image) => image.naturalWidth > 0));
    await until('the crop', () => page.locator('.evidence .crop img').evaluate((image) => image.naturalWidth > 0));
    await take('history');
    await page.goto(`${url}/console/quality?days=7`);
    await page.getByRole('cell', { name: 'Ann Lee' }).waitFor();
    await take('quality');
    await page.goto(`${url}/console/log`);
    await page.getByRole('row').nth(5).waitFor();
    await take('log');
    await page.goto(`${url}/console/alerts`);
    await page.getByText('on my way').waitFor();
    await take('alerts');
    await page.goto(`${url}/console/me`);
    await page.getByRole('heading', { name: 'Sue Park' }).waitFor();
    await page.getByRole('row').nth(4).waitFor();
    await take('me');
    // The way down from the live view: the hour in which these photos came, and each of them.
    await page.goto(`${url}/console/live?from=${hour}:00:00.000Z&to=${new Date(Date.parse(`${hour}:00:00Z`) + 3_600_000).toISOString()}`);
    await page.getByRole('region', { name: 'Passages received in this hour' }).getByRole('row').nth(1).waitFor();
    await page.locator('.tile').nth(7).waitFor();
    await take('live-hour');
    await invent(page, present);
    await page.goto(`${url}/console/live`);
    await page.getByText('1,904,316').first().waitFor();
    await until('something on each chart', async () => (await page.locator('.tile [role="application"][tabindex="0"]').count()) === 9);
    await take('live');
    // The settings, which are the operator's.
    const otto = await person('operator', 'Otto');
    const desk = await open({ colorScheme, reducedMotion: 'reduce', viewport: { width: 1280, height: 800 } });
    await signIn(desk, otto);
    await desk.getByRole('link', { name: 'Live' }).waitFor();
    await desk.goto(`${url}/console/admin/settings`);
    await desk.locator('main.admin input, main.admin select').first().waitFor();
    await desk.evaluate(() => document.fonts.ready);
    await writeFile(`${FOLDER}/settings-${colorScheme}.webp`, await webp(press, await desk.screenshot()));
  }
  await end(alert);
  for (const colorScheme of ['light', 'dark']) {
    const page = await open({ colorScheme, reducedMotion: 'reduce', viewport: { width: 1280, height: 800 } });
    const press = await page.context().newPage();
    await page.bringToFront();
    await signIn(page, sue);
    await page.goto(`${url}/console/alerts/${alert.id}`);
    await page.getByRole('region', { name: 'Messages' }).getByText('Recovered', { exact: false }).first().waitFor();
    await page.evaluate(() => document.fonts.ready);
    await writeFile(`${FOLDER}/alert-${colorScheme}.webp`, await webp(press, await page.screenshot()));
  }
}

const minute = () => Math.floor(Date.now() / 60_000);
const pause = () => new Promise((done) => setTimeout(done, 1_000));

/** Looks at the rules until `look` answers something true; somebody looks once a minute at most. */
async function looked(what, look) {
  for (let tries = 0; tries < 180; tries += 1) {
    await must('POST', '/v1/ticks/telemetry', {});
    await must('POST', '/v1/ticks/messages?wait=true', {});
    const found = await look();
    if (found) return found;
    await pause();
  }
  throw new Error(`waited in vain for ${what}`);
}

const FEW = {
  name: 'Too few photos', metric: 'received', of: 'each-booth', comparison: 'below', threshold: 1_000, window_minutes: 60,
  no_data: 'ok', advice: 'Look at the cameras’ power and network; if all are silent, at the road.',
};

/** A rule of the road that all three booths break, and somebody who takes care of it. */
async function fire(sue) {
  // A minute of which figures are known must be over.
  for (const began = minute(); minute() === began; ) await pause();
  await must('POST', '/v1/ticks/telemetry', {});
  const rule = await must('POST', '/v1/alerts/rules', FEW);
  const standing = async () => (await must('GET', '/v1/alerts')).rules.find((one) => one.rule === rule.id);
  const { alert } = await looked('the alert', async () => {
    const found = await standing();
    return found.state === 'firing' && found;
  });
  await must('POST', `/v1/alerts/${alert.id}/acknowledge`, { remark: 'on my way' }, sue.token);
  return { id: alert.id, rule };
}

/** The road is no longer expected to be so busy. */
async function end({ id, rule }) {
  await must('PUT', `/v1/alerts/rules/${rule.id}`, { version: rule.version, rule: { ...FEW, threshold: 1 } });
  await looked('the end of the alert', async () => (await must('GET', `/v1/alerts/${id}`)).alert.state === 'resolved');
}

/** Ann and Bob read what the machine was sure of. Answers who can say what is right, by what the camera's key says. */
async function answer({ ann, bob }) {
  const right = (passage) => passage.key.split(':').slice(1);
  for (let n = 0; ; n += 1) {
    const who = n % 3 === 2 ? bob : ann;
    const queue = (await must('GET', '/v1/reviews?limit=100', undefined, who.token)).items.filter((item) => item.unprompted);
    const [next] = queue.filter((item) => item.claimed_by === null);
    if (!next) break;
    const claimed = await must('POST', '/v1/reviews/claim', { passage: next.passage }, who.token);
    const [plate, jurisdiction] = right(await must('GET', `/v1/passages/${next.passage}`));
    // Once Bob types another letter than he sees, as people do.
    const typed = n === 8 ? `${plate.slice(0, -1)}${plate.endsWith('1') ? '7' : '1'}` : plate;
    await must('POST', `/v1/reviews/${next.passage}/verdict`, { version: claimed.version, plate: typed, jurisdiction }, who.token);
  }
  return right;
}

/** A picture made small by the browser itself, on a page that has no policy against it. */
async function webp(page, png) {
  const text = await page.evaluate(
    async ([source, quality]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${source}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
      canvas.getContext('2d').drawImage(image, 0, 0);
      const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality })).arrayBuffer());
      return btoa(bytes.reduce((all, byte) => all + String.fromCharCode(byte), ''));
    },
    [png.toString('base64'), QUALITY],
  );
  return Buffer.from(text, 'base64');
}

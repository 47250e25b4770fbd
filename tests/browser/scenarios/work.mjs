// A reviewer's work with the keyboard alone: sign in by a link, correct, accept, reject, take back, skip, be done.
import { accessible } from '../browser.mjs';
import { equal, person, shown, signIn, until, url } from '../installation.mjs';

export default async function work(open) {
  const ann = await person('reviewer', 'Ann');
  const page = await open();
  // The first crop that is asked for cannot be made.
  page.expected = [/status of 422.*\/v1\/crops\//];
  const refusal = { type: 'urn:tollbooth:problem:no-crop', title: 'x', status: 422, detail: 'x', request_id: 'x' };
  const refuse = (route) => route.fulfill({ status: 422, headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' }, body: JSON.stringify(refusal) });
  await page.route('**/v1/crops/**', refuse, { times: 1 });
  await signIn(page, ann);
  const field = page.getByLabel('Plate', { exact: true });
  await field.waitFor();
  equal(await field.evaluate((element) => element === document.activeElement), true, 'the plate field has the focus');
  equal(page.url().startsWith(url) && !page.url().includes('#'), true, 'the code is gone from the address');
  const [cookie] = await page.context().cookies(url);
  equal([cookie.name, cookie.httpOnly, cookie.secure, cookie.sameSite], ['__Host-tollbooth', true, true, 'Strict'], 'cookie');

  // Then the whole photo has to do, and the work goes on.
  await page.getByText('The plate could not be shown enlarged. Look at the whole photo.').waitFor();
  await until('the photo', () => page.locator('.frame img').evaluate((image) => image.naturalWidth > 0));
  await accessible(page, 'a photo without a crop');
  await page.getByRole('button', { name: 'Try again' }).focus();
  await page.keyboard.press('Enter');
  await field.focus();
  await photoIsShown(page);
  await accessible(page, 'the work screen');

  // Corrected: what is typed is what is billed, in capitals and without what is only printed.
  const first = await shown(page);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('ok-7 zz9');
  equal(await field.inputValue(), 'OK7ZZ9', 'the field');
  // Keys that no plate has work the photo and leave the field alone.
  const before = await page.locator('.frame').getAttribute('style');
  await page.keyboard.press('=');
  await until('the photo to grow', async () => (await page.locator('.frame').getAttribute('style')) !== before);
  for (const key of ['[', ']', ';', "'", '\\', ',', '.', '-']) await page.keyboard.press(key);
  equal(await field.inputValue(), 'OK7ZZ9', 'the field after the keys of the photo');
  // The issuer, by type-ahead.
  await page.keyboard.press('Tab');
  await page.keyboard.type('okla');
  await page.keyboard.press('Enter');
  await until('the next photo', async () => (await shown(page)) !== first);
  const billed = await until('the verdict', async () => settled(await ann.passage(first)));
  equal([billed.state, billed.plate, billed.jurisdiction, billed.decided_by], ['accepted', 'OK7ZZ9', 'us-ok', ann.id], 'billed');

  // Accepted as it is.
  const second = await shown(page);
  const suggestion = await field.inputValue();
  await page.keyboard.press('Enter');
  await until('the next photo', async () => (await shown(page)) !== second);
  const accepted = await until('the verdict', async () => settled(await ann.passage(second)));
  equal([accepted.state, accepted.plate], ['accepted', suggestion], 'accepted');

  // Rejected by one letter, which would be typed into the plate anywhere else.
  const third = await shown(page);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor();
  await accessible(page, 'the reject sheet');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  equal(await field.evaluate((element) => element === document.activeElement), true, 'the focus is back');
  await page.keyboard.press('Escape');
  await page.keyboard.press('b');
  await until('the next photo', async () => (await shown(page)) !== third);
  const rejected = await until('the verdict', async () => settled(await ann.passage(third)));
  equal([rejected.state, rejected.reason], ['rejected', 'blurred'], 'rejected');

  // Taken back, then decided otherwise.
  await page.keyboard.press('F2');
  await until('the photo to come back', async () => (await shown(page)) === third);
  equal((await ann.passage(third)).state, 'in-review', 'taken back');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('TBK4455');
  await page.keyboard.press('Enter');
  const corrected = await until('the verdict', async () => settled(await ann.passage(third)));
  equal([corrected.state, corrected.plate], ['accepted', 'TBK4455'], 'decided again');

  // Skipped: left to others, not decided.
  await until('the next photo', async () => (await shown(page)) !== third);
  const fourth = await shown(page);
  await page.keyboard.press('F9');
  await until('the next photo', async () => (await shown(page)) !== fourth);
  equal((await ann.passage(fourth)).state, 'in-review', 'skipped');

  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await accessible(page, 'the sheet of keys');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });

  // All the rest, until there is nothing. Between two photos there may be none for a moment.
  const nothing = async () => (await page.getByText('Nothing to review.').count()) > 0;
  const there = async () => (await page.locator('.frame img').count()) > 0;
  for (let left = 20; left > 0; left -= 1) {
    await until('a photo or nothing', async () => (await nothing()) || (await there()));
    if (await nothing()) break;
    const here = await shown(page);
    if ((await field.inputValue()) === '') {
      await page.keyboard.press('Escape');
      await page.keyboard.press('n');
    } else {
      await page.keyboard.press('Enter');
    }
    await until('the next photo or none', async () => (await nothing()) || ((await there()) && (await shown(page)) !== here));
  }
  await page.getByText('Nothing to review.').waitFor();
  await accessible(page, 'the empty work screen');
}

function settled(passage) {
  return passage.state === 'in-review' ? null : passage;
}

async function photoIsShown(page) {
  await until('the photo', () => page.locator('.frame img').evaluate((image) => image.naturalWidth > 0));
  // Cut by the server, and not by this page.
  const crop = page.locator('.panel > .crop img');
  await crop.waitFor();
  await until('the crop', () => crop.evaluate((image) => image.naturalWidth > 0));
  equal(await crop.evaluate((image) => new URL(image.src).pathname.startsWith('/v1/crops/')), true, 'where the crop is from');
  equal(await page.locator('canvas').count(), 0, 'nothing is drawn');
}

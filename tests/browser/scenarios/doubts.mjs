// One character in doubt: it is selected, and typing replaces it alone, beside what the plate looked like before. Only the
// issuer in doubt: the hands begin in the list.
import { accessible } from '../browser.mjs';
import { equal, person, shown, signIn, until } from '../installation.mjs';

export default async function doubts(open) {
  const ann = await person('reviewer', 'Ann');
  const page = await open();
  await signIn(page, ann);
  const field = page.getByLabel('Plate', { exact: true });
  await field.waitFor();
  await page.getByText('Only the marked characters are in doubt.').waitFor();
  equal(await field.evaluate((input) => [input.value, input.selectionStart, input.selectionEnd]), ['BKD0101', 4, 5], 'the doubtful one is selected');
  // The machine billed the plate before, here: it is shown beside the new one, and says who read it.
  const before = page.locator('.earlier');
  await before.getByText('read by the machine').waitFor();
  await until('the crop of the photo before', () => before.locator('img').evaluate((image) => image.naturalWidth > 0));
  await accessible(page, 'a review of one character');

  // What is large can be looked around in without a pointer.
  const place = () => page.locator('.frame').evaluate((frame) => frame.style.transform);
  await page.keyboard.press('=');
  const middle = await place();
  for (const key of ['<', 'PageDown']) {
    const from = await place();
    await page.keyboard.press(key);
    await until(`the photo to move by ${key}`, async () => (await place()) !== from);
  }
  await page.keyboard.press('>');
  await page.keyboard.press('PageUp');
  await until('the photo to be back', async () => (await place()) === middle);
  await page.keyboard.press('.');
  equal(await field.inputValue(), 'BKD0101', 'the field after the keys of the photo');

  const first = await shown(page);
  await page.keyboard.type('7');
  equal(await field.inputValue(), 'BKD0701', 'the one character');
  await until('nothing before of another plate', async () => (await before.count()) === 0);
  await page.keyboard.press('Enter');
  await until('the verdict', async () => (await ann.passage(first)).plate === 'BKD0701');

  // The text is sure: only who issued it is asked for.
  await page.getByText('choose who issued the plate').waitFor();
  const second = await shown(page);
  const issuer = page.getByLabel('Issuer');
  equal(await issuer.evaluate((list) => list === document.activeElement), true, 'the list has the focus');
  await accessible(page, 'a review of the issuer');
  await page.keyboard.type('florida');
  equal(await issuer.inputValue(), 'us-fl', 'by its name');
  await page.keyboard.press('Enter');
  const decided = await until('the verdict', async () => {
    const found = await ann.passage(second);
    return found.state === 'in-review' ? null : found;
  });
  equal([decided.plate, decided.jurisdiction], ['MHR7305', 'us-fl'], 'text and issuer');
}

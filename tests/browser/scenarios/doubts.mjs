// One character in doubt: it is selected, and typing replaces it alone, beside what the plate looked like before. Only the
// issuer in doubt: the hands begin in the list. Billed already or another crossing: both plates beside each other.
import { accessible } from '../browser.mjs';
import { equal, must, person, shown, signIn, until } from '../installation.mjs';

export default async function doubts(open) {
  const ann = await person('reviewer', 'Ann');
  const script = '<img src=x onerror="window.stolen=1">';
  await must('PUT', '/v1/booths/north', { name: script, jurisdiction: 'us-tx', time_zone: 'America/Chicago' });
  const page = await open();
  page.expected = [/status of 409/];
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

  // Both plates, cut by the server, before anything is decided and when the server asks back.
  const third = await until('the third photo', async () => (await shown(page)) !== second && (await shown(page)));
  const both = (where) =>
    until(`both plates ${where}`, () =>
      page.locator(`${where} .pair .crop img`).evaluateAll((all) => all.length === 2 && all.every((image) => image.naturalWidth > 0 && image.src.includes('/v1/crops/'))),
    );
  await page.getByText('This may be the same crossing:').waitFor();
  await both('.related');
  await accessible(page, 'what may be the same crossing');
  await until('the field', () => field.evaluate((input) => input === document.activeElement && input.value === 'KBR4657'));
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('This crossing may be billed already.').waitFor();
  await both('.trouble');
  await accessible(page, 'a possible double');
  await page.getByRole('button', { name: 'Reject: billed already' }).click();
  const rejected = await until('the rejection', async () => {
    const found = await ann.passage(third);
    return found.state === 'in-review' ? null : found;
  });
  equal([rejected.state, rejected.reason], ['rejected', 'double-crossing'], 'not billed twice');

  // What a recogniser read and what a booth is called are text, whatever they look like.
  await until('the last photo', async () => (await shown(page)) !== third);
  const read = () => page.locator('.panel').evaluate((panel) => panel.textContent + [...panel.querySelectorAll('input')].map((input) => input.value));
  await until('what was read', async () => /onerror/i.test(await read()));
  await page.getByText(script).first().waitFor();
  equal(await page.evaluate(() => window.stolen), undefined, 'what was read ran as a script');
}

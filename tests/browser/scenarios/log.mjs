// The audit log: who did what and who looked at which photo, narrowed by person, kind, passage and time; every page of it is
// an address, and nobody but a supervisor reads it.
import { accessible } from '../browser.mjs';
import { equal, must, person, signIn, until, url } from '../installation.mjs';

export default async function log(open) {
  const [ann, sue] = [await person('reviewer', 'Ann Lee'), await person('supervisor', 'Sue')];
  // Ann looks at a photo and decides; what she writes is text, whatever it looks like.
  const review = await must('POST', '/v1/reviews/claim', {}, ann.token);
  const photo = await fetch(`${url}${review.photo_url}`, { headers: { authorization: `Bearer ${ann.token}` } });
  equal(photo.status, 200, 'the photo');
  const remark = '<img src=x onerror="window.stolen=1">';
  await must('POST', `/v1/reviews/${review.passage}/verdict`, { version: review.version, reject: 'other', remark }, ann.token);
  // More than a page of deeds.
  for (let n = 0; n < 55; n += 1) await must('POST', '/v1/tokens', { role: 'billing', name: `Billing ${n}` });

  for (const colorScheme of ['light', 'dark']) {
    const page = await open({ colorScheme });
    await signIn(page, sue);
    await page.getByRole('link', { name: 'Log' }).click();
    const rows = page.getByRole('row');
    const first = () => rows.nth(1).innerText();
    await rows.nth(50).waitFor();
    await accessible(page, `the log, ${colorScheme}`);

    // Pages: older ones, and back; each is an address that can be loaded again.
    const newest = await first();
    await page.getByRole('link', { name: 'Older' }).click();
    await until('the older page', async () => (await first()) !== newest);
    const older = await first();
    await page.reload();
    await rows.nth(1).waitFor();
    equal(await first(), older, 'the same page after it was loaded again');
    await page.goBack();
    // Something newer may have happened meanwhile.
    await until('the newest page', async () => (await rows.allInnerTexts()).includes(newest));

    // By kind, then one person of it, by a press on the name.
    await page.getByRole('combobox', { name: 'What' }).selectOption('decisions');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByRole('cell', { name: 'Rejected it' }).waitFor();
    equal(await rows.count(), 2, 'one decision');
    await page.getByText(remark).waitFor();
    equal(await page.evaluate(() => window.stolen), undefined, 'a remark ran as a script');
    await page.getByRole('link', { name: 'Only what Ann Lee did' }).click();
    await until('the address', () => page.url().includes(`who=${ann.id}`) && page.url().includes('what=decisions'));

    // Photos looked at, of this passage, reached from its page.
    await page.getByRole('row').nth(1).getByRole('link').nth(1).click();
    await until('the photo', () => page.locator('figure img').evaluate((image) => image.naturalWidth > 0));
    await page.getByRole('link', { name: 'Who looked at this photo' }).click();
    await page.getByRole('cell', { name: 'Looked at the photo' }).first().waitFor();
    equal(page.url(), `${url}/console/log?what=photos&passage=${review.passage}`, 'the address');
    await page.getByRole('link', { name: 'Only what Ann Lee did' }).waitFor();
    await page.getByRole('link', { name: 'Only what Sue did' }).waitFor();
    await accessible(page, `who looked at a photo, ${colorScheme}`);

    // By time: nothing before yesterday, in a view that says so and what to do.
    await page.goto(`${url}/console/log?until=2026-01-02`);
    await page.getByText('Nothing matches.').waitFor();
    await page.goto(`${url}/console/log?since=2026-01-02&what=sign-ins&who=${sue.id}`);
    await page.getByRole('cell', { name: 'Signed in' }).first().waitFor();
    equal(await page.getByLabel('From', { exact: true }).inputValue(), '2026-01-02', 'the day of the address');
    equal(await page.getByRole('combobox', { name: 'Who' }).inputValue(), sue.id, 'the person of the address');

    // What is no passage's id is not asked for, and an address with one in it will do.
    const passage = page.getByLabel('Passage id');
    await passage.fill('ABC1234');
    await page.getByRole('button', { name: 'Show' }).click();
    equal(await passage.evaluate((field) => [field.validity.patternMismatch, field === document.activeElement]), [true, true], 'the field is what is wrong');
    await passage.fill(`${url}/console/passages/${review.passage}?x=1`);
    await until('the id in the address', async () => (await passage.inputValue()) === review.passage);
    await page.getByRole('combobox', { name: 'What' }).selectOption('downloads');
    await until('files to be of no passage', () => passage.isDisabled());
    // Asked for by an address, it is said to be none, and nothing stands beside it that would pass for its answer.
    page.expected = [/status of 400/];
    await page.goto(`${url}/console/log?passage=ABC1234`);
    await page.getByText('“ABC1234” is no passage.').waitFor();
    equal(await page.getByRole('table').count(), 0, 'no answer beside the refusal');
    equal(await page.getByRole('button', { name: 'Try again' }).count(), 0, 'the same again is refused again');
    await accessible(page, `the log of what is no passage, ${colorScheme}`);
  }

  const narrow = await open({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await signIn(narrow, sue);
  await narrow.getByRole('link', { name: 'Log' }).waitFor();
  await narrow.goto(`${url}/console/log?what=decisions`);
  await narrow.getByRole('cell', { name: 'Rejected it' }).waitFor();
  equal(await narrow.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'nothing is cut off at 360 px');
  await accessible(narrow, 'the log at 360 px');

  // Who reviews finds no way there, and the server gives nothing to who types the address.
  const other = await open();
  other.expected = [/status of 403/];
  await signIn(other, ann);
  await other.getByRole('link', { name: 'Search' }).waitFor();
  equal(await other.getByRole('link', { name: 'Log' }).count(), 0, 'a reviewer has no log');
  await other.goto(`${url}/console/log`);
  await other.getByText('Your role does not allow this.').waitFor();
}

// A reviewer asks a supervisor and takes it back; a supervisor decides with the note, gives photos to a person, and photos of
// one plate are decided together: all with the keyboard. Nothing that the browser hears tells a sample, whatever is done to it.
import { accessible } from '../browser.mjs';
import { equal, must, person, shown, signIn, until, url } from '../installation.mjs';

export default async function desk(open) {
  const all = (await must('GET', '/v1/passages')).items;
  const sample = all.find((passage) => passage.reason === 'quality-sample');
  const blind = all.filter((passage) => passage.booth === 'south').map((passage) => passage.passage);
  const ordinary = all.filter((passage) => passage.booth === 'north');
  equal([blind.length, blind.includes(sample.passage)], [2, true], 'a sample and what looks like one');
  const [ann, bob, sue] = [await person('reviewer', 'Ann'), await person('reviewer', 'Bob'), await person('supervisor', 'Sue')];

  const page = await open();
  const heard = [];
  const listen = (someone) =>
    someone.on('response', (answer) => {
      heard.push(answer.text().then((text) => `${answer.url()} ${JSON.stringify(answer.headers())} ${text}`, () => answer.url()));
    });
  listen(page);

  // Asked, with the keyboard alone: a script is a text, and Esc asks nothing.
  await signIn(page, ann);
  const field = page.getByLabel('Plate', { exact: true });
  await field.waitFor();
  const first = await shown(page);
  const sheet = page.getByRole('dialog', { name: 'What should a supervisor look at?' });
  await page.keyboard.press('F8');
  await sheet.waitFor();
  await accessible(page, 'the sheet that asks a supervisor');
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'detached' });
  equal(await shown(page), first, 'nothing was asked');
  const note = '<img src=x onerror="window.stolen=1"> which plate is it?';
  await page.keyboard.press('F8');
  await page.keyboard.type(note);
  await page.keyboard.press('Enter');
  await until('the next photo', async () => (await shown(page)) !== first);
  const flagged = (id) => async () => (await must('GET', '/v1/reviews?queue=supervisor', undefined, sue.token)).items.some((item) => item.passage === id);
  await until('the flag', flagged(first));
  // Taken back, and asked again.
  await page.keyboard.press('F2');
  await until('the photo to come back', async () => (await shown(page)) === first);
  equal(await flagged(first)(), false, 'taken back');
  await page.keyboard.press('F8');
  await page.keyboard.type(note);
  await page.keyboard.press('Enter');
  await until('the next photo', async () => (await shown(page)) !== first);
  await until('the flag', flagged(first));

  // Photos of one plate are offered together, and decided one by one without a mouse.
  await page.getByRole('link', { name: 'Look at them together' }).waitFor();
  await page.getByRole('link', { name: 'Look at them together' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /Open photos that read/ }).waitFor();
  await page.getByRole('heading', { name: 'Photo 2 of 2' }).waitFor();
  await accessible(page, 'photos of one plate');
  await page.setViewportSize({ width: 360, height: 740 });
  equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'nothing is cut off at 360 px');
  await accessible(page, 'photos of one plate at 360 px');
  await page.setViewportSize({ width: 1440, height: 900 });
  const cards = page.locator('.cards > li');
  equal(await cards.count(), 2, 'the two that nobody flagged or has, and no blind one');
  await cards.first().getByLabel('Plate', { exact: true }).focus();
  await page.keyboard.press('Enter');
  await cards.first().getByText('Billed: KBR4651').waitFor();
  await until('the focus in the next', () => cards.nth(1).getByLabel('Plate', { exact: true }).evaluate((input) => input === document.activeElement));
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('b');
  await cards.nth(1).getByText('Rejected: Blurred').waitFor();
  await accessible(page, 'decided photos of one plate');
  await cards.first().getByRole('button', { name: 'Take back' }).click();
  await cards.first().getByLabel('Plate', { exact: true }).waitFor();
  await cards.first().getByLabel('Plate', { exact: true }).fill('KBR4652');
  for (let press = 0; press < 3; press += 1) await page.keyboard.press('`');
  equal(await cards.first().getByLabel(/^Plate type/).inputValue(), 'trailer', 'the type, by its key');
  await page.keyboard.press('Enter');
  await cards.first().getByText('Billed: KBR4652').waitFor();
  const decided = (await Promise.all(ordinary.map(({ passage }) => sue.passage(passage)))).filter(({ state }) => state !== 'in-review');
  const told = decided.map(({ state, plate, plate_type: type }) => [state, plate, type]).sort();
  equal(told, [['accepted', 'KBR4652', 'trailer'], ['rejected', null, null]], 'each its own decision');

  // The blind ones: flagged, both, with the same words. Nobody can tell which is the sample.
  await page.getByRole('link', { name: 'Back to reviewing' }).click();
  const screens = [];
  for (let left = 2; left > 0; left -= 1) {
    await page.getByText('Read this one by yourself.').waitFor();
    const id = await shown(page);
    equal(blind.includes(id), true, 'a blind one');
    equal(await page.getByRole('link', { name: 'Look at them together' }).count(), 0, 'in no group');
    screens.push(await page.locator('.panel').innerText());
    await page.keyboard.press('F8');
    await page.keyboard.type('too dark for me');
    await page.keyboard.press('Enter');
    await until('the next photo or none', async () => (await page.locator('.frame img').count()) === 0 || (await shown(page)) !== id);
    await until('the flag', flagged(id));
  }
  equal(screens[0], screens[1], 'what the two screens say');
  await page.getByText('Nothing to review.').waitFor();

  // The supervisor's queue, with what was asked; a photo given to a person, and one decided.
  for (const colorScheme of ['dark', 'light']) {
    const view = await open({ colorScheme });
    if (colorScheme === 'light') listen(view);
    await signIn(view, sue);
    await view.getByRole('link', { name: 'Queue' }).click();
    await view.getByLabel('Who decides').selectOption('supervisor');
    await until('the flagged ones', async () => (await view.getByRole('row').count()) === 4);
    await view.getByText(note).waitFor();
    equal(await view.evaluate(() => window.stolen), undefined, 'a note ran as a script');
    await accessible(view, `the supervisor's queue, ${colorScheme}`);
    if (colorScheme === 'dark') continue;
    const row = view.getByRole('row').filter({ hasText: 'which plate is it?' });
    await row.getByRole('checkbox').check();
    await view.getByLabel('Give to').selectOption(sue.id);
    await view.getByRole('button', { name: 'Give 1' }).click();
    await view.getByText('1 given to Sue.').waitFor();
    await row.getByRole('cell', { name: 'Sue', exact: true }).waitFor();
    await row.getByRole('button', { name: 'Decide' }).click();
    // Another one may be on the screen until this one is had.
    await until('the photo that was asked about', async () => (await shown(view)) === first);
    await view.getByText('Ann asks:').waitFor();
    await accessible(view, 'a photo that a supervisor was asked about');
    await view.getByLabel('Plate', { exact: true }).focus();
    await view.keyboard.press('Control+a');
    await view.keyboard.type('BKD0101');
    await view.keyboard.press('Enter');
    const settled = await until('the decision', async () => {
      const passage = await sue.passage(first);
      return passage.state === 'in-review' ? null : passage;
    });
    equal([settled.state, settled.plate, settled.decided_by], ['accepted', 'BKD0101', sue.id], 'decided by the supervisor');
    // What is read blind stays so for the supervisor, with the note.
    await view.getByText('Read this one by yourself.').waitFor();
    await view.getByText('too dark for me').waitFor();
    await view.goto(`${url}/console/queue?queue=supervisor`);
    await until('both blind ones', async () => (await view.getByRole('row').count()) === 3);
  }
  // Given to somebody, they are offered to nobody else.
  const given = await must('POST', '/v1/reviews/assign', { to: sue.id, passages: blind }, sue.token);
  equal(given.passages.length, 2, 'both given');
  await page.goto(`${url}/console/review`);
  await page.getByText('Nothing to review.').waitFor();
  const rest = await open();
  listen(rest);
  await signIn(rest, bob);
  await rest.getByText('Nothing to review.').waitFor();

  const log = (await Promise.all(heard)).filter((line) => line.split(' ')[0].includes('/v1/'));
  equal(log.length > 20, true, 'the log of the network was kept');
  for (const [what, word] of [
    ['its reason', 'quality-sample'],
    ['what the machine read of the sample', sample.plate],
    ['that an answer is held', 'opinion'],
  ]) {
    const told = (line) => !line.includes('openapi.json') && !line.split(' ')[0].endsWith('/photo');
    equal(log.find((line) => told(line) && line.includes(word))?.slice(0, 300), undefined, `a browser learned ${what}`);
  }
}

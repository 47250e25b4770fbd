// A photo that the machine was sure of, among others: nobody who reviews can tell it, not by anything that the browser ever
// received. A disagreement goes to the supervisor, who sees what was answered and then what was measured.
import { accessible } from '../browser.mjs';
import { equal, must, person, shown, signIn, until } from '../installation.mjs';

export default async function quality(open) {
  const all = (await must('GET', '/v1/passages')).items;
  const sample = all.find((passage) => passage.reason === 'quality-sample');
  const others = all.filter((passage) => passage.reason !== 'quality-sample');
  equal([all.length, others.length], [2, 1], 'one of each');

  const ann = await person('reviewer', 'Ann');
  const page = await open();
  const heard = [];
  page.on('response', (answer) => heard.push(`${answer.url()} ${JSON.stringify(answer.headers())}`));
  // Bodies once they are whole: of a request that the page left behind none ever is, and who asks for it waits for good.
  page.on('requestfinished', (request) => {
    heard.push(
      request.response().then(
        async (answer) => `${request.url()} ${await answer.text().catch(() => '')}`,
        () => request.url(),
      ),
    );
  });
  await signIn(page, ann);
  const field = page.getByLabel('Plate', { exact: true });
  const issuer = page.getByLabel('Issuer');
  await field.waitFor();
  await page.getByText('Read this one by yourself.').waitFor();
  await accessible(page, 'a review without a suggestion');
  const told = [];
  const screens = [];
  for (let left = 2; left > 0; left -= 1) {
    const id = await shown(page);
    equal([await field.inputValue(), await issuer.inputValue()], ['', ''], 'nothing is suggested');
    const text = await page.locator('.panel').innerText();
    screens.push(text);
    const passage = await ann.passage(id);
    told.push(nameless(passage));
    await page.keyboard.type(id === sample.passage ? 'DIFFER1' : 'OTHER22');
    await issuer.selectOption('us-tx');
    await page.getByRole('button', { name: /^Bill / }).click();
    await until('the next photo or none', async () => (await page.locator('.frame img').count()) === 0 || (await shown(page)) !== id);
  }
  equal(screens[0], screens[1], 'what the two screens say');
  equal(told[0], told[1], 'what the API says of the two');
  await page.getByText('Nothing to review.').waitFor();
  // Looked at again, each in its page, and in the search.
  const after = [];
  for (const { passage: id } of all) {
    // The console goes on before the server has answered.
    await until('her answer at the server', async () => (await ann.passage(id)).state === 'accepted');
    await page.goto(`${page.url().split('/console')[0]}/console/passages/${id}`);
    await page.getByRole('heading', { name: 'Why was this billed?' }).waitFor();
    await page.getByText('What was read is not shown').waitFor();
    after.push((await page.locator('main').innerText()).replaceAll(id, '').replace(/DIFFER1|OTHER22/g, ''));
  }
  equal(after.length, 2, 'both pages');
  await page.goto(`${page.url().split('/console')[0]}/console/search?state=accepted`);
  await page.getByRole('row').nth(2).waitFor();

  const log = (await Promise.all(heard)).filter((line) => line.split(' ')[0].includes('/v1/'));
  equal(log.length > 8, true, 'the log of the network was kept');
  for (const [what, word] of [
    ['its reason', 'quality-sample'],
    ['that there is a sample', 'sample'],
    ['what the machine read', sample.plate],
    ['what the machine read of the other', others[0].plate],
    ['a reading', 'recognizer'],
    ['why the other waits', 'low-confidence'],
    ['a dispute', 'disputed'],
    ['that an answer is held', 'opinion'],
  ]) {
    // The API's document and the texts are the same for everybody; what is asked about passages is not.
    // A photo shows its plate to whoever looks; those of this test are read by a script that they carry.
    const told = (line) => !line.includes('openapi.json') && !line.split(' ')[0].endsWith('/photo');
    const line = log.find((line) => told(line) && line.includes(word));
    equal(line?.slice(0, 300), undefined, `the browser learned ${what}`);
  }

  // The disagreement: the machine read something else, and a supervisor decides.
  const sue = await person('supervisor', 'Sue');
  const desk = await open();
  await signIn(desk, sue);
  await desk.getByText('Independent answers differ.').waitFor();
  equal(await shown(desk), sample.passage, 'the disputed photo');
  await desk.getByRole('button', { name: /DIFFER1 .* a person/ }).waitFor();
  await desk.getByRole('button', { name: new RegExp(`${sample.plate} .* the machine`) }).waitFor();
  await accessible(desk, 'a dispute');
  // With the keyboard alone: the arrows go through the answers, of which none is put first.
  const typed = desk.getByLabel('Plate', { exact: true });
  equal(await typed.inputValue(), '', 'nobody is put first');
  await typed.focus();
  await until('the answer of the person in the field', async () => {
    if ((await typed.inputValue()) === 'DIFFER1') return true;
    await desk.keyboard.press('ArrowDown');
    return false;
  });
  await desk.getByRole('button', { name: /^Bill DIFFER1/ }).waitFor();
  await desk.keyboard.press('Enter');
  await until('the decision', async () => (await sue.passage(sample.passage)).plate === 'DIFFER1');

  await must('PATCH', '/v1/settings', { 'quality.target_percent': 0.5 });
  for (const colorScheme of ['light', 'dark']) {
    const view = await open({ colorScheme });
    await signIn(view, sue);
    await view.getByRole('link', { name: 'Quality' }).click();
    await view.getByText('100 % of what the machine accepts is wrong.').waitFor();
    await view.getByText('Too little was read to give advice.').waitFor();
    await view.getByRole('cell', { name: 'Ann' }).waitFor();
    await view.getByText('What each threshold would do').click();
    await accessible(view, `quality, ${colorScheme}`);
  }
}

/** A passage without what must differ between two. */
function nameless(passage) {
  const { passage: _id, key: _key, captured_at: _captured, received_at: _received, photo: _photo, ...rest } = passage;
  return rest;
}

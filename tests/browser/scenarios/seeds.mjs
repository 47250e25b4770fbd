// Known answers: given from the page of a photo after a second question, indistinguishable to who reviews, listed with what
// came of each, taken back while nobody has read it.
import { accessible } from '../browser.mjs';
import { equal, must, person, shown, signIn, until, url } from '../installation.mjs';

export default async function seeds(open) {
  const [ann, sue] = [await person('reviewer', 'Ann'), await person('supervisor', 'Sue')];
  const open_ = (await must('GET', '/v1/reviews?reason=low-confidence', undefined, sue.token)).items;
  const [right, back, unseen] = open_;
  const page = await open();
  await signIn(page, sue);
  await page.getByRole('link', { name: 'Quality' }).waitFor();
  for (const { passage, plate } of [{ ...right, plate: 'BKD0101' }, { ...back, plate: 'BKD0202' }]) {
    await page.goto(`${url}/console/passages/${passage}`);
    await page.getByText('Give a known answer…').click();
    await page.getByLabel('Plate', { exact: true }).fill(plate.toLowerCase());
    await page.getByLabel('Issuer').selectOption('us-tx');
    if (plate === 'BKD0101') await page.getByLabel(/^Plate type/).selectOption('trailer');
    await page.getByRole('button', { name: 'Use as a known answer…' }).click();
    const sure = page.getByRole('dialog', { name: 'Are you sure of it?' });
    await sure.getByText(`${plate}, Texas`).waitFor();
    if (plate === 'BKD0101') {
      await sure.getByText('BKD0101, Texas, Trailer.').waitFor();
      await accessible(page, 'a known answer before it is given');
      // Whoever is not sure goes back, and nothing happened.
      await sure.getByRole('button', { name: 'Back' }).click();
      await sure.waitFor({ state: 'detached' });
      equal((await must('GET', '/v1/quality/seeds', undefined, sue.token)).items, [], 'nothing was given');
      await page.getByRole('button', { name: 'Use as a known answer…' }).click();
    }
    await sure.getByRole('button', { name: 'Yes, use it' }).click();
    await until('the answer', async () => (await must('GET', '/v1/quality/seeds', undefined, sue.token)).items.some((seed) => seed.passage === passage));
  }

  // One more, given without a look at its photo.
  const { version } = await must('POST', '/v1/reviews/claim', { passage: unseen.passage }, sue.token);
  await must('POST', `/v1/reviews/${unseen.passage}/seed`, { version, plate: 'BKD0303', jurisdiction: 'us-tx' }, sue.token);

  const looks = async () => (await must('GET', `/v1/log/photos?passage=${unseen.passage}&token=${sue.id}`, undefined, sue.token)).items.length;
  // The work screen, where people arrive, may have loaded its photo ahead.
  const before = await looks();
  await page.getByRole('link', { name: 'Quality' }).click();
  const known = page.getByRole('region', { name: 'Known answers' });
  await known.getByRole('row').nth(3).waitFor();
  await known.getByRole('row').filter({ hasText: 'Texas, Trailer' }).waitFor();
  await accessible(page, 'the list of known answers');
  // The plate is there for whoever presses for it, and the look is on record.
  equal(await looks(), before, 'a list looks at nothing');
  await known.getByRole('button', { name: 'Show the plate of BKD0303' }).click();
  await until('the plate', () => known.locator('.crop img').evaluate((image) => image.naturalWidth > 0));
  // Once for a person, a photo and a day.
  equal(await looks(), 1, 'the crop is a look');
  await accessible(page, 'a known answer with its plate');
  await known.getByRole('button', { name: 'Take the answer to BKD0202 back' }).click();
  await until('one less', async () => (await known.getByRole('row').count()) === 3);
  equal((await ann.passage(back.passage)).reason, 'reopened', 'an ordinary review again');
  equal((await ann.passage(back.passage)).unprompted, false, 'with its suggestion');

  // Ann is shown nothing, anywhere, and answers the same.
  const desk = await open();
  const heard = [];
  desk.on('response', (answer) => heard.push(answer.text().then((text) => text, () => '')));
  await signIn(desk, ann);
  await desk.getByLabel('Plate', { exact: true }).waitFor();
  for (let left = 6; left > 0 && (await shown(desk)) !== right.passage; left -= 1) {
    const here = await shown(desk);
    await desk.keyboard.press('F9');
    await until('the next photo', async () => (await shown(desk)) !== here);
  }
  await desk.getByText('Read this one by yourself.').waitFor();
  equal(await desk.getByLabel('Plate', { exact: true }).inputValue(), '', 'no suggestion');
  await desk.keyboard.type('BKD0101');
  await desk.getByLabel('Issuer').selectOption('us-tx');
  await desk.getByRole('button', { name: /^Bill / }).click();
  const decided = await until('the decision', async () => {
    const passage = await must('GET', `/v1/passages/${right.passage}`);
    return passage.state === 'accepted' && passage;
  });
  equal(decided.plate_type, 'trailer', 'the type of the known answer, of which Ann said nothing');
  const told = (await Promise.all(heard)).filter((text) => text.startsWith('{'));
  for (const word of ['seed', 'opinion', sue.id]) {
    equal(told.find((text) => text.includes(right.passage) && text.includes(word)), undefined, `the browser learned of ${word}`);
  }
  // Beside them, what was decided of a camera, with its time as all others are shown.
  const { booth, lane, camera } = decided;
  const turn = await must('POST', '/v1/camera-findings/turns', { booth, lane, camera, turned: 'mirrored' }, sue.token);
  const when = await page.evaluate((at) => new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(at)), turn.decided_at);
  await page.reload();
  await page.getByText(`as was decided on ${when}.`).waitFor();
  await known.getByText('Ann: the same').waitFor();
  await known.getByText('decided').waitFor();
}

// A claim is seen, is renewed as long as somebody works on the photo, keeps others from it meanwhile, and is given back by who leaves.
import { api, equal, must, person, shown, signIn, until } from '../installation.mjs';

/** The shortest claim but two seconds: renewing must be seen more than once, and soon. */
const SECONDS = 12;
/** Longer than anybody here waits: a claim that is gone was given back, and one that stands has not run out on a busy machine. */
const LONG_SECONDS = 300;

export default async function lease(open) {
  await must('PATCH', '/v1/settings', { 'review.claim_seconds': SECONDS });
  const [ann, eve, sue] = [await person('reviewer', 'Ann'), await person('reviewer', 'Eve'), await person('supervisor', 'Sue')];
  const page = await open();
  await signIn(page, ann);
  const field = page.getByLabel('Plate', { exact: true });
  await field.waitFor();
  const id = await shown(page);
  /** When the claim on it ends, by the server; null when nobody holds it. */
  const end = async (passage = id) => {
    const { items } = await must('GET', '/v1/reviews?limit=200', undefined, sue.token);
    const item = items.find((one) => one.passage === passage);
    return item.claimed_until === null ? null : Date.parse(item.claimed_until);
  };
  const first = await until('the claim', () => end());
  equal(/0:\d\d/.test(await page.locator('.facts .lease').textContent()), true, 'how long it is reserved is on the screen');

  // Somebody who types keeps it: beyond the end that it had, and by more than its own length.
  await page.keyboard.press('Control+a');
  let pressed = 0;
  await until('the claim to be renewed more than once', async () => {
    await page.keyboard.press(pressed % 2 === 0 ? 'W' : 'Backspace');
    pressed += 1;
    return (await end()) > first + SECONDS * 1_000;
  });
  if (pressed % 2 === 1) await page.keyboard.press('Backspace');
  await must('PATCH', '/v1/settings', { 'review.claim_seconds': LONG_SECONDS });
  await must('POST', '/v1/reviews/claim', { passage: id }, ann.token);
  const other = await api('POST', '/v1/reviews/claim', { passage: id }, eve.token);
  equal([other.status, other.body.type.split(':').pop()], [409, 'conflict'], 'nobody else gets it meanwhile');
  equal(typeof other.body.claimed_until, 'string', 'and is told until when');
  equal(await shown(page), id, 'the photo stays');
  // The type of the plate by one key, which no plate has: the third is the trailer.
  for (let press = 0; press < 3; press += 1) await page.keyboard.press('`');
  equal(await page.getByLabel(/^Plate type/).inputValue(), 'trailer', 'the type');
  await page.keyboard.type('KEPT77');
  equal(await field.inputValue(), 'KEPT77', 'and what was typed');
  await page.keyboard.press('Enter');
  const done = await until('the verdict', async () => {
    const passage = await ann.passage(id);
    return passage.state === 'in-review' ? null : passage;
  });
  equal([done.state, done.plate, done.plate_type], ['accepted', 'KEPT77', 'trailer'], 'the decision after all of it');

  // Who goes away gives back what was not decided.
  await until('the next photo', async () => (await page.locator('.frame img').count()) > 0 && (await shown(page)) !== id);
  const left = await shown(page);
  // By the console itself, whose own claim it gives back.
  await until('it to be reserved for long', async () => (await end(left)) > Date.now() + 200_000);
  await page.goto('about:blank');
  await until('what was left to be free', async () => (await end(left)) === null);
}

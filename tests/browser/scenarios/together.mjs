// Two people at the same queue, a photo that fails, ten decisions taken back one after the other, and keys of one's own.
import { accessible } from '../browser.mjs';
import { api, equal, must, person, shown, signIn, until, url } from '../installation.mjs';

export default async function together(open) {
  const [ann, bob] = [await person('reviewer', 'Ann'), await person('reviewer', 'Bob')];
  const [left, right] = [await open(), await open()];
  left.expected = [/status of 409/, /ERR_INTERNET_DISCONNECTED/];
  const field = (page) => page.getByLabel('Plate', { exact: true });
  for (const [page, who] of [[left, ann], [right, bob]]) {
    await signIn(page, who);
    await field(page).waitFor();
  }
  // Each has other photos, on the screen and behind it.
  const held = (await must('GET', '/v1/reviews', undefined, ann.token)).items.filter((item) => item.claimed_by !== null);
  const of = (who) => held.filter((item) => item.claimed_by === who.id).length;
  await until('both to have work ahead', async () => {
    const now = (await must('GET', '/v1/reviews', undefined, ann.token)).items;
    return [ann, bob].every((who) => now.filter((item) => item.claimed_by === who.id).length === 3);
  });
  equal(of(ann) + of(bob) === held.length && (await shown(left)) !== (await shown(right)), true, 'nobody has what another has');
  const contested = await shown(left);
  equal((await api('POST', '/v1/reviews/claim', { passage: contested }, bob.token)).status, 409, 'taken');

  // One photo on two screens: Ann's connection is gone until her claim has run out, and Bob gets it.
  await must('PATCH', '/v1/settings', { 'review.claim_seconds': 10 });
  await must('POST', '/v1/reviews/claim', { passage: contested }, ann.token);
  await left.keyboard.press('Control+a');
  await left.keyboard.type('ANN');
  await left.context().setOffline(true);
  await until('the claim to run out', async () => {
    const all = (await must('GET', '/v1/reviews', undefined, bob.token)).items;
    return all.some((item) => item.passage === contested && item.claimed_by === null);
  });
  // His does not run out before he has decided, however busy the machine is.
  await must('PATCH', '/v1/settings', { 'review.claim_seconds': 300 });
  await right.goto(`${url}/console/review?passage=${contested}`);
  // Another one may be on the screen until this one is had.
  await until('the same photo on his screen', async () => (await shown(right)) === contested);
  equal(await shown(left), contested, 'it is still on hers');
  await right.keyboard.press('Control+a');
  await right.keyboard.type('BKD0303');
  await right.getByLabel('Issuer').selectOption('us-tx');
  await right.getByRole('button', { name: /^Bill / }).click();
  await until('his verdict', async () => (await bob.passage(contested)).state === 'accepted');
  await left.keyboard.type('1111');
  await left.keyboard.press('Enter');
  await left.context().setOffline(false);
  await left.getByText('Your decision came too late.').waitFor();
  equal([await shown(left), await field(left).inputValue()], [contested, 'ANN1111'], 'what she typed is still there');
  equal((await bob.passage(contested)).plate, 'BKD0303', 'and his decision stands');
  await left.getByRole('button', { name: 'Dismiss' }).click();
  await right.close();
  await left.close();
  await must('DELETE', `/v1/sessions?token=${bob.id}`);

  await photoFails(await open(), ann);
  await tabCloses(await open(), await person('reviewer', 'Cat'));
  const page = await open();
  await tenTakenBack(page, ann);
  await ownKeys(page, ann, open);
}

/** Whoever closes the tab gives back what they held, long before it would run out. */
async function tabCloses(page, who) {
  await signIn(page, who);
  await page.getByLabel('Plate', { exact: true }).waitFor();
  const held = async () => (await must('GET', '/v1/reviews', undefined, who.token)).items.filter((item) => item.claimed_by === who.id).length;
  await until('work ahead', async () => (await held()) === 3);
  // Reserved for five minutes, and the screen says so.
  await page.getByText(/^yours for [45]:[0-5][0-9]$/).waitFor();
  // The browser itself stays open.
  await page.context().newPage();
  await page.close({ runBeforeUnload: true });
  await until('what was held to be free', async () => (await held()) === 0);
}

/** The photo does not come, once: one can still type, load it again, and decide. */
async function photoFails(page, who) {
  page.expected = [/ERR_FAILED/, /ERR_CONNECTION_RESET/];
  await page.route('**/photo', (route) => route.abort());
  await signIn(page, who);
  await page.getByText('The photo could not be loaded.').waitFor();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('TYP3D');
  const typed = await page.getByLabel('Plate', { exact: true }).inputValue();
  equal(typed, 'TYP3D', 'one can type without the photo');
  await accessible(page, 'a photo that could not be loaded');
  await page.unroute('**/photo');
  await page.getByRole('button', { name: 'Load it again' }).click();
  await until('the photo', () => page.locator('.frame img').evaluate((image) => image.naturalWidth > 0));
  await page.getByText('The photo could not be loaded.').waitFor({ state: 'detached' });
  equal(await page.getByLabel('Plate', { exact: true }).inputValue(), typed, 'what was typed');
  await page.close();
}

/** Ten decisions, then all of them taken back, the last first; each photo comes back with what was decided. */
async function tenTakenBack(page, who) {
  await signIn(page, who);
  await page.getByLabel('Plate', { exact: true }).waitFor();
  const decided = [];
  for (let n = 0; n < 10; n += 1) {
    const id = await shown(page);
    decided.push(id);
    await page.keyboard.press('Escape');
    await page.keyboard.press('k');
    await until('the next photo', async () => (await page.locator('.frame img').count()) > 0 && (await shown(page)) !== id);
  }
  for (const id of decided) await until('the verdict', async () => (await who.passage(id)).state === 'rejected');
  for (const id of decided.reverse()) {
    await page.keyboard.press('F2');
    await until('the photo to come back', async () => (await shown(page)) === id);
    equal((await who.passage(id)).state, 'in-review', 'taken back');
  }
}

/** A key is changed on one desk, holds there at once, and on another desk after signing in; somebody else has the usual ones. */
async function ownKeys(page, who, open) {
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keys' });
  await sheet.getByRole('button', { name: 'Skip: F9' }).click();
  await page.keyboard.press('F2');
  await sheet.getByText('This key has another meaning.').waitFor();
  await page.keyboard.press('F4');
  await sheet.getByRole('button', { name: 'Skip: F4' }).waitFor();
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'detached' });
  const here = await shown(page);
  await page.keyboard.press('F4');
  await until('the next photo', async () => (await shown(page)) !== here);
  await until('the key to be kept', async () => (await must('GET', '/v1/me', undefined, who.token)).preferences?.keys.skip === 'F4');
  await page.getByRole('link', { name: 'Me' }).click();
  await page.getByText('1 of your own.').waitFor();
  await page.getByRole('button', { name: 'Dark', exact: true }).click();
  await until('the colours to be kept', async () => (await must('GET', '/v1/me', undefined, who.token)).preferences?.theme === 'dark');
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();

  // Kept by a console with other usual keys: one that is another action's here takes no other of hers away.
  await must('PUT', '/v1/me/preferences', { keys: { skip: 'F4', flag: 'F2' }, theme: 'dark' }, who.token);
  const other = await open({ colorScheme: 'light' });
  await signIn(other, who);
  await other.getByLabel('Plate', { exact: true }).waitFor();
  equal(await other.evaluate(() => document.documentElement.dataset.theme), 'dark', 'her colours');
  await other.keyboard.press('?');
  await other.getByRole('button', { name: 'Skip: F4' }).waitFor();
  await accessible(other, 'keys of ones own');
  await other.getByRole('button', { name: 'Back to the usual keys' }).click();
  await other.getByRole('button', { name: 'Skip: F9' }).waitFor();

  const carl = await person('reviewer', 'Carl');
  const his = await open({ colorScheme: 'light' });
  await signIn(his, carl);
  await his.getByRole('link', { name: 'Me' }).click();
  await his.getByText('The usual keys.').waitFor();
  equal(await his.evaluate(() => document.documentElement.dataset.theme), 'light', 'his colours');
}

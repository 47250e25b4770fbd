// What goes wrong in the middle of a word: the session ends, the server goes and comes back, the claim runs out.
// What was typed is never lost.
import { accessible } from '../browser.mjs';
import { api, equal, host, must, person, shown, signIn, until } from '../installation.mjs';

export default async function trouble(open) {
  const ann = await person('reviewer', 'Ann');
  const page = await open();
  // A browser writes every refusal into its console; these are the ones that are provoked here.
  page.expected = [/status of (401|409|410)/, /ERR_CONNECTION_REFUSED/, /ERR_INTERNET_DISCONNECTED/, /ERR_EMPTY_RESPONSE/, /ERR_CONNECTION_RESET/, /ERR_SOCKET_NOT_CONNECTED/];
  // What the console asked and is not answered.
  const asked = new Set();
  page.on('request', (request) => {
    if (request.resourceType() === 'fetch') asked.add(request);
  });
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => asked.delete(request));
  const used = await signIn(page, ann);
  const field = page.getByLabel('Plate', { exact: true });
  await field.waitFor();

  // The session ends between two letters. Only the decision is sent meanwhile: whatever else is asked, be it loaded ahead or looked
  // up beside the photo, would bring the sheet up sooner, and the letters after that would be typed into it.
  // So the next photo is there before, and what was asked before is answered before.
  await until('work ahead', async () => {
    const { items } = await must('GET', '/v1/reviews', undefined, ann.token);
    return items.filter((item) => item.claimed_by === ann.id).length === 3;
  });
  let waits = [];
  const hold = (route) => {
    const request = route.request();
    if (waits === null || request.resourceType() !== 'fetch' || request.url().endsWith('/verdict')) return route.continue();
    return void waits.push(route);
  };
  await page.route('**/v1/**', hold);
  await until('all that was asked before to be answered', () => asked.size === waits.length);
  const first = await shown(page);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('ENDED');
  await must('DELETE', '/v1/sessions', undefined, ann.token);
  await page.keyboard.type('1');
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog', { name: 'Sign in' });
  await sheet.waitFor();
  const held = waits;
  waits = null;
  for (const route of held) await route.continue();
  await page.unroute('**/v1/**', hold);
  await accessible(page, 'the sheet that asks to sign in again');
  await sheet.getByLabel('Sign-in link or code').fill(used);
  await sheet.getByRole('button', { name: 'Sign in' }).click();
  await sheet.getByText('This link was used before').waitFor();
  await sheet.getByLabel('Sign-in link or code').fill(await ann.link());
  await sheet.getByRole('button', { name: 'Sign in' }).click();
  await sheet.waitFor({ state: 'detached' });
  const after = await until('the verdict', async () => settled(await ann.passage(first)));
  equal([after.state, after.plate], ['accepted', 'ENDED1'], 'the decision made without a session');

  // The server goes and comes back. A photo that was loaded stays; the decision is sent when it can be.
  await until('the next photo', async () => (await shown(page)) !== first);
  const second = await shown(page);
  await host('kill');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('GONE22');
  await page.keyboard.press('Enter');
  await page.getByText('No connection to the server.').waitFor();
  await accessible(page, 'the work screen without a connection');
  await host('restart');
  await page.getByText('No connection to the server.').waitFor({ state: 'detached' });
  const back = await until('the verdict', async () => settled(await ann.passage(second)));
  equal([back.state, back.plate], ['accepted', 'GONE22'], 'the decision made without a server');

  // The claim runs out while nobody can renew it, and somebody else decides.
  await until('the next photo', async () => (await shown(page)) !== second);
  await must('PATCH', '/v1/settings', { 'review.claim_seconds': 10 });
  const third = await shown(page);
  await must('POST', '/v1/reviews/claim', { passage: third }, ann.token);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('LATE');
  await page.context().setOffline(true);
  const eve = await person('reviewer', 'Eve');
  const taken = await until('the claim to run out', async () => {
    const answer = await api('POST', '/v1/reviews/claim', { passage: third }, eve.token);
    return answer.status === 200 ? answer.body : null;
  });
  await must('POST', `/v1/reviews/${third}/verdict`, { version: taken.version, plate: 'EVE1111', jurisdiction: 'us-tx' }, eve.token);
  await page.keyboard.type('33');
  equal(await field.inputValue(), 'LATE33', 'typing goes on');
  await page.keyboard.press('Enter');
  await page.context().setOffline(false);
  await page.getByText('Your decision came too late.').waitFor();
  equal([await shown(page), await field.inputValue()], [third, 'LATE33'], 'what was typed is still there');
  await accessible(page, 'a decision that came too late');
  equal((await eve.passage(third)).plate, 'EVE1111', 'the first decision stands');
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await until('the next photo', async () => (await page.locator('.frame img').count()) === 0 || (await shown(page)) !== third);
}

function settled(passage) {
  return passage.state === 'in-review' ? null : passage;
}

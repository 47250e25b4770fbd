// Signing in with a real provider: off to it and back, again in the middle of a word, and the attacks that need a browser.
import { accessible } from '../browser.mjs';
import { equal, must, shown, until, url } from '../installation.mjs';

export default async function provider(open) {
  const page = await arrive(open);
  await page.goto(`${url}/console/search`);
  await page.getByRole('link', { name: 'Sign in with Staff' }).waitFor();
  await accessible(page, 'the sign-in page with a provider');
  await signIn(page, 'eve');

  // Back where she wanted to go; what the provider says of her is text, whatever it looks like.
  await page.getByLabel('State').waitFor();
  equal(page.url(), `${url}/console/search`, 'where she wanted to go');
  await page.getByRole('link', { name: 'Me' }).click();
  await page.getByRole('heading', { name: '<img src=x onerror="window.stolen=1">' }).waitFor();
  await page.getByRole('cell', { name: 'your provider' }).first().waitFor();
  equal(await page.evaluate(() => window.stolen), undefined, 'a name ran as a script');
  await accessible(page, 'the page about oneself, by a provider');
  const cookies = await ours(page);
  equal(cookies.map((cookie) => [cookie.name, cookie.httpOnly, cookie.secure, cookie.sameSite]), [['__Host-tollbooth', true, true, 'Strict']], 'cookies');
  const eve = await page.evaluate(async () => (await fetch('/v1/me')).json());
  equal([eve.role, eve.session.opened_by], ['reviewer', 'provider'], 'who she is');

  // An operator ends her sessions in the middle of a word; she signs in again in a tab of its own and loses nothing.
  await page.getByRole('link', { name: 'Review' }).click();
  const field = page.getByLabel('Plate', { exact: true });
  await field.waitFor();
  const passage = await shown(page);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('AGA1N');
  // It is over once the decision is on its way: ended before the key, it might be what the console asks by itself that learns of it
  // first, and the key meet the sheet instead of the field.
  const refused = page.waitForResponse((answer) => answer.url().endsWith('/verdict') && answer.status() === 401);
  await page.route(
    '**/verdict',
    async (route) => {
      await must('DELETE', `/v1/sessions?token=${eve.token}`);
      await route.continue();
    },
    { times: 1 },
  );
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog', { name: 'Sign in' });
  await Promise.all([refused, sheet.waitFor()]);
  const [tab] = await Promise.all([page.context().waitForEvent('page'), sheet.getByRole('link', { name: 'Sign in with Staff' }).click()]);
  await tab.getByText('You are signed in. This tab can be closed.').waitFor();
  await tab.close();
  await sheet.waitFor({ state: 'detached' });
  const verdict = await until('the verdict', async () => {
    const found = await must('GET', `/v1/passages/${passage}`);
    return found.state === 'in-review' ? null : found;
  });
  equal([verdict.state, verdict.plate, verdict.decided_by], ['accepted', 'AGA1N', eve.token], 'the decision');

  // Eve sends a victim to an answer of her own, whose code nobody has used: the victim began nothing, and is nobody.
  const attacker = await arrive(open);
  const answered = answers(attacker);
  await attacker.goto(`${url}/console`);
  await signIn(attacker, 'eve', () => attacker.context().clearCookies({ name: '__Host-tollbooth-sign-in' }));
  await attacker.getByText('was begun in another browser').waitFor();
  const answer = await until('her answer', () => answered[0]);
  const victim = await arrive(open);
  await victim.goto(answer);
  await victim.getByText('was begun in another browser').waitFor();
  equal(await ours(victim), [], 'the victim is nobody');
  await accessible(victim, 'a sign-in that did not work');

  // The victim had begun, and still is not signed in as Eve; their own answer works once.
  await victim.goto(`${url}/console/sign-in`);
  const own = answers(victim);
  await victim.context().addCookies([{ name: '__Host-tollbooth', value: 'tbs_chosen_by_somebody', url: url.replace('http:', 'https:'), secure: true, httpOnly: true, sameSite: 'Strict' }]).catch(() => {});
  await signIn(victim, 'sue');
  await victim.getByRole('link', { name: 'Queue' }).waitFor();
  const [session] = await ours(victim);
  equal(session.value.startsWith('tbs_') && session.value !== 'tbs_chosen_by_somebody', true, 'a session of her own');
  await victim.goto(own[0]);
  await victim.getByText('was begun in another browser').waitFor();
  equal((await ours(victim))[0].value, session.value, 'the same answer again changes nothing');

  // Somebody whom the provider knows and gives no role.
  const guest = await arrive(open);
  await guest.goto(`${url}/console`);
  await signIn(guest, 'tom');
  await guest.getByText('gives you no role here').waitFor();
  equal(await ours(guest), [], 'nobody without a role');

  // Who signs out here signs out at the provider too, is asked there, comes back, and is nobody at either.
  await victim.goto(`${url}/console/me`);
  await victim.getByRole('button', { name: 'Sign out everywhere' }).click();
  await victim.getByRole('button', { name: 'Yes, sign me out' }).click();
  await victim.getByRole('heading', { name: 'Sign in' }).waitFor();
  equal(victim.url(), `${url}/console/sign-in`, 'back here');
  equal(await ours(victim), [], 'signed out');
  await victim.getByRole('link', { name: 'Sign in with Staff' }).click();
  await victim.getByPlaceholder('Enter any login').waitFor();

  // Who signs out there, at another application's page, is signed out here at once: the provider says so.
  const desk = await arrive(open);
  await desk.goto(`${url}/console`);
  await signIn(desk, 'sue');
  await desk.getByRole('link', { name: 'Queue' }).waitFor();
  const [held] = await ours(desk);
  const there = await desk.context().newPage();
  await there.goto(new URL('/session/end', await issuerOf(desk)).href);
  await there.getByRole('button', { name: 'Yes, sign me out' }).click();
  await until('the session to be over', async () => (await desk.evaluate(async () => (await fetch('/v1/me')).status)) === 401);
  equal((await ours(desk))[0]?.value, held.value, 'by the provider, not by the browser');
  await desk.getByRole('link', { name: 'Queue' }).click();
  await desk.getByRole('dialog', { name: 'Sign in' }).waitFor();
}

/** Where the provider is: the address at which somebody who signs in is sent there. */
async function issuerOf(page) {
  const answer = await page.request.get(`${url}/v1/sign-in/start`, { headers: { 'sec-fetch-site': 'same-origin' }, maxRedirects: 0 });
  return answer.headers().location;
}

async function arrive(open) {
  const page = await open();
  // A refused session is written into the browser's console; so is what the provider's own pages do not get.
  page.expected = [/status of (401|404|409)/, /favicon/, /localhost/, /ERR_FAILED/];
  // The provider's pages ask for letters from another host; nothing here leaves this machine.
  await page.context().route(/^https:/, (route) => route.abort());
  return page;
}

/** The addresses at which the provider sends a browser back, as they are asked for. */
function answers(page) {
  const found = [];
  page.on('request', (request) => {
    if (request.url().includes('/v1/sign-in/callback')) found.push(request.url());
  });
  return found;
}

async function signIn(page, login, before = async () => {}) {
  await page.getByRole('link', { name: 'Sign in with Staff' }).click();
  await page.getByPlaceholder('Enter any login').fill(login);
  await page.getByPlaceholder('and password').fill('x');
  await before();
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.waitForURL((address) => address.href.startsWith(`${url}/console`));
}

/** The installation's cookies in a browser; the provider's are its own. */
async function ours(page) {
  return (await page.context().cookies(url)).filter((cookie) => cookie.name.startsWith('__Host-'));
}

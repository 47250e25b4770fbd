// An operator changes settings, booths and tokens: what is wrong is said, who changed what stands below, and a change is undone.
import { accessible } from '../browser.mjs';
import { api, equal, must, person, signIn, until, url } from '../installation.mjs';

const valueOf = async (name) => (await must('GET', '/v1/settings')).items.find((one) => one.name === name).value;

export default async function admin(open) {
  const olga = await person('operator', 'Olga');
  for (const colorScheme of ['light', 'dark']) {
    const page = await open({ colorScheme });
    await signIn(page, olga);
    await page.getByRole('link', { name: 'Admin' }).click();
    await page.getByLabel('review.claim_seconds', { exact: true }).waitFor();
    await accessible(page, `settings, ${colorScheme}`);
    await page.goto(`${url}/console/admin/booths`);
    await page.getByRole('cell', { name: 'north', exact: true }).first().waitFor();
    await accessible(page, `booths, ${colorScheme}`);
    await page.goto(`${url}/console/admin/tokens`);
    await page.getByRole('cell', { name: 'Olga', exact: true }).waitFor();
    await accessible(page, `tokens, ${colorScheme}`);
  }
  const page = await open({});
  await signIn(page, olga);
  await settings(page);
  await booths(page);
  await tokens(page);
  const small = await open({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await signIn(small, olga);
  for (const tab of ['settings', 'booths', 'tokens']) {
    await small.goto(`${url}/console/admin/${tab}`);
    await small.getByRole('heading', { name: 'Who changed what and when' }).waitFor();
    await until('it to be whole', async () => (await small.locator('.loading').count()) === 0);
    equal(await small.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `nothing is cut off at 360 px: ${tab}`);
    await accessible(small, `${tab} at 360 px`);
  }
  await pages(page);
}

async function settings(page) {
  await page.goto(`${url}/console/admin`);
  const before = await valueOf('alerts.reminder_hours');
  await page.getByLabel('Find a setting').fill('alerts.');
  await page.getByLabel('alerts.reminder_hours', { exact: true }).fill('12');
  await page.getByLabel('alerts.mail_to', { exact: true }).fill('it at example');
  await page.getByText('2 settings are changed and not saved.').waitFor();
  page.expected = [/status of 422/];
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/alerts.mail_to `it at example` is no e-mail address/).waitFor();
  equal(await valueOf('alerts.reminder_hours'), before, 'all of it or nothing');
  await accessible(page, 'settings that are refused');
  page.expected = [];
  await page.getByLabel('alerts.mail_to', { exact: true }).fill('it@example.org');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved. All of it holds from now on.').waitFor();
  equal([await valueOf('alerts.reminder_hours'), await valueOf('alerts.mail_to')], [12, 'it@example.org'], 'what holds');
  await page.getByText('alerts.reminder_hours: the default → 12').waitFor();
  await page.getByRole('cell', { name: 'Olga (operator)' }).first().waitFor();
  await page.getByRole('button', { name: /^Undo: .*alerts.reminder_hours/ }).first().click();
  await page.getByText('Undone. The history has it as a change of its own.').waitFor();
  equal([await valueOf('alerts.reminder_hours'), await valueOf('alerts.mail_to')], [before, ''], 'as it was before');
  await page.getByText('alerts.reminder_hours: 12 → the default').waitFor();
}

async function booths(page) {
  await page.getByRole('link', { name: 'Booths' }).click();
  await page.getByRole('button', { name: 'Register a booth' }).click();
  await page.getByLabel(/^Id/).fill('East Gate');
  await page.getByLabel('Name').fill('East gate');
  await page.getByLabel(/^Time zone/).fill('America/Chicago');
  page.expected = [/status of (400|422)/];
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('alert').waitFor();
  page.expected = [];
  await page.getByLabel(/^Id/).fill('east');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved: east.').waitFor();
  await page.getByRole('button', { name: 'Change east' }).click();
  await page.getByLabel('Name').fill('East plaza');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('cell', { name: 'East plaza', exact: true }).waitFor();
  await page.getByRole('button', { name: /^Undo: .*name: East plaza/ }).click();
  await page.getByRole('cell', { name: 'East gate', exact: true }).waitFor();
  equal((await must('GET', '/v1/booths/east')).name, 'East gate', 'as it was before');
}

/** The next page of a list is asked for once, however often somebody presses while it is on its way. */
async function pages(page) {
  for (let n = 0; n < 55; n += 1) await must('POST', '/v1/tokens', { role: 'billing', name: `Billing ${n}` });
  let asked = 0;
  let answer;
  const pressed = new Promise((done) => {
    answer = done;
  });
  await page.route(/\/v1\/changes\?.*before=/, async (route) => {
    asked += 1;
    await pressed;
    await route.continue();
  });
  await page.goto(`${url}/console/admin/tokens`);
  const changes = page.getByRole('region', { name: 'Who changed what and when' }).getByRole('row');
  const more = page.getByRole('button', { name: 'Show older ones' });
  await more.click();
  await until('the next page to be asked for', () => asked > 0);
  const shown = await changes.count();
  // As a finger does that is quicker than the page: it presses what is no longer to be pressed.
  await more.dispatchEvent('click');
  answer();
  await until('the next page', async () => (await changes.count()) > shown);
  equal(asked, 1, 'asked for once');
}

async function tokens(page) {
  await page.getByRole('link', { name: 'Tokens' }).click();
  await page.getByLabel('Whose it is').fill('East camera');
  await page.locator('label', { hasText: /^Role/ }).locator('select').selectOption('camera');
  await page.locator('label', { hasText: /^Booth/ }).locator('select').selectOption('east');
  await page.getByRole('button', { name: 'Make it' }).click();
  const text = await page.locator('.secret').innerText();
  equal((await api('GET', '/v1/me', undefined, text)).body.booth, 'east', 'the token works');
  await accessible(page, 'a new token');
  await page.getByRole('button', { name: 'I have it' }).click();
  await page.locator('.secret').waitFor({ state: 'detached' });
  equal((await page.content()).includes(text), false, 'it is shown once');
  await page.getByRole('button', { name: 'Revoke… (East camera)' }).click();
  await page.getByRole('button', { name: 'Revoke', exact: true }).click();
  await page.getByText('revoked', { exact: false }).first().waitFor();
  equal((await api('GET', '/v1/me', undefined, text)).status, 401, 'it opens nothing any more');
  await page.getByText(/Token revoked/).first().waitFor();
}

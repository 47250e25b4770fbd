// An operator makes a rule in the console: what is wrong with it is said, what it would have done is shown, it fires, somebody
// takes care of it, it recovers, it is changed, undone and deleted. Everything has an address, light and dark.
import { accessible } from '../browser.mjs';
import { equal, host, must, person, signIn, until, url } from '../installation.mjs';

export default async function alerts(open) {
  const olga = await person('operator', 'Olga');
  const sue = await person('supervisor', 'Sue');
  const page = await open({});
  await signIn(page, olga);
  await page.getByRole('link', { name: 'Alerts' }).click();
  const builtIn = (await must('GET', '/v1/alerts')).rules.length;
  await page.getByText(`All is well by ${builtIn} rules.`).waitFor();
  await page.getByText('Nobody is told of alerts by e-mail or chat.').waitFor();
  await accessible(page, 'alerts, all is well');
  await page.getByRole('link', { name: 'History' }).click();
  await page.getByText('No alert has fired so far.').waitFor();

  await page.getByRole('link', { name: 'Rules', exact: true }).click();
  await page.getByText('No rule is defined so far.').waitFor();
  await accessible(page, 'alerts, no rule');
  const rule = await define(page);

  // Nothing comes any more: it fires, with the clock in hand.
  await host('minutes 8');
  await page.getByRole('link', { name: 'Now', exact: true }).click();
  await page.getByText('One alert fires.').waitFor();
  await page.getByText('Photos received: 0 photos in the last 5 min (rule: below 1 photos).').waitFor();
  await accessible(page, 'alerts, one fires');
  await act(page, sue);

  // It recovers, and its life says so.
  await page.getByRole('link', { name: 'Too few photos' }).first().click();
  await page.getByText('goes on').waitFor();
  equal(/\/console\/alerts\/alr_/.test(page.url()), true, 'an alert has an address');
  await host('photo');
  await host('minutes 3');
  await page.reload();
  await page.getByText('over', { exact: true }).waitFor();
  equal(await page.getByText('goes on').count(), 0, 'it ended');
  const messages = page.getByRole('region', { name: 'Messages' });
  await messages.getByText('[TollBooth] Recovered: Too few photos').first().waitFor();
  equal(await messages.getByText('road@example.org').count(), 2, 'a mail for the beginning and one for the end');
  const life = page.url();
  await page.getByRole('link', { name: 'History' }).click();
  await page.getByRole('row').nth(1).getByText('Too few photos', { exact: true }).waitFor();
  await accessible(page, 'alerts, history');

  // By now a whole hour is over, whenever the test began.
  await others(page);
  await changed(page, rule);
  for (const colorScheme of ['light', 'dark']) {
    const view = await open({ colorScheme });
    await signIn(view, sue);
    await view.getByRole('link', { name: 'Alerts' }).waitFor();
    for (const [address, text] of [
      ['alerts', `All is well by ${builtIn + 1} rules.`],
      [`alerts/rules/${rule}`, 'Operators define rules; you see them.'],
      ['alerts/rules', 'Rules that staff define'],
    ]) {
      await view.goto(`${url}/console/${address}`);
      await view.getByText(text).first().waitFor();
      await accessible(view, `${address.replace(rule, 'rule')}, ${colorScheme}`);
    }
    await view.goto(life);
    await messagesOf(view);
    // Whoever may know what people are called reads it, of others as well.
    await view.getByRole('cell', { name: /, Olga$/ }).waitFor();
    await accessible(view, `an alert, ${colorScheme}`);
  }
  await deleted(page, rule);
  await narrow(await open({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, colorScheme: 'dark' }), olga);
  await states(await open({}), olga);
}

const messagesOf = (page) => page.getByRole('region', { name: 'Messages' }).getByRole('row').nth(1).waitFor();

/** Makes a rule, with a mistake first; its id. */
async function define(page) {
  await page.getByRole('link', { name: 'New rule' }).click();
  await page.getByLabel(/^Name/).fill('Too few photos');
  await page.getByLabel('Figure').selectOption({ label: 'Photos received' });
  await page.locator('label', { hasText: /^Of/ }).locator('select').selectOption({ label: 'all booths together' });
  await page.getByLabel(/^Looking back/).fill('5');
  await page.getByLabel('Wrong when').selectOption('below');
  await page.getByLabel('Limit, in photos').fill('1');
  await page.getByLabel('For so many minutes').fill('0');
  await page.getByLabel('Whoever hears of the built-in rules').uncheck();
  await page.getByLabel(/^E-mail also to/).fill('road at example');
  page.expected = [/status of 422/];
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/mail_to: `road at example` is no e-mail address/).waitFor();
  equal(await page.getByLabel(/^E-mail also to/).getAttribute('aria-invalid'), 'true', 'the field is marked');
  await accessible(page, 'a rule that is refused');
  page.expected = [];
  await page.getByLabel(/^E-mail also to/).fill('road@example.org');

  // Before anybody is bothered: two gaps of ten minutes in the last hour.
  await page.getByRole('button', { name: 'Try it against the last days' }).click();
  await page.getByText('It would have fired 2 times.').waitFor();
  equal(await page.getByRole('region', { name: 'What it would have done' }).getByRole('row').count(), 3, 'its times');
  await accessible(page, 'a preview');
  await page.getByLabel('Limit, in photos').fill('0');
  await page.getByText('The rule was changed since this was tried.').waitFor();
  await page.getByRole('button', { name: 'Try it against the last days' }).click();
  await page.getByText('It would not have fired.').waitFor();
  await page.getByLabel('Limit, in photos').fill('1');

  await page.getByRole('button', { name: 'Save' }).click();
  await until('the rule', async () => /alerts\/rules\/rul_/.test(page.url()));
  await page.getByRole('button', { name: 'Send a test' }).click();
  await page.getByText('2 test messages are on their way.').waitFor();
  await page.reload();
  equal(await page.getByLabel(/^Name/).inputValue(), 'Too few photos', 'it is loaded again by its address');
  return page.url().split('/').pop();
}

/** Rules of cameras and of recognisers: who can be chosen follows from the figure. */
async function others(page) {
  await page.goto(`${url}/console/alerts/rules/new`);
  const of = page.locator('label', { hasText: /^Of/ }).locator('select');
  await page.getByLabel('Figure').selectOption({ label: 'Photos received' });
  await of.locator('option[value="camera:north/front"]').waitFor({ state: 'attached' });
  await of.selectOption({ label: 'each camera by itself' });
  await page.getByText('cameras are measured by the hour', { exact: false }).waitFor();
  await page.getByLabel(/^For so many minutes/).fill('30');
  page.expected = [/status of 422/];
  await page.getByRole('button', { name: 'Try it against the last days' }).click();
  await page.getByRole('region', { name: 'What it would have done' }).getByRole('alert').waitFor();
  page.expected = [];
  await page.getByLabel(/^For so many minutes/).fill('0');
  await page.getByRole('button', { name: 'Try it against the last days' }).click();
  await page.getByText(/^It would /).first().waitFor();
  await page.getByText('north/front: ', { exact: false }).waitFor();
  await accessible(page, 'a rule of cameras');
  await page.getByLabel('Figure').selectOption({ label: 'Calls failed, of all' });
  equal(await of.inputValue(), 'each-recognizer', 'this is known of recognisers alone');
  equal(await of.locator('option[value="each-booth"]').count(), 0, 'and of no booth');
  // More cameras than one answer lists: any is chosen by its name.
  const listed = /\/v1\/telemetry\/series\?.*of=camera/;
  const cut = { step: 'day', from: '2026-01-01T00:00:00Z', to: '2026-01-08T00:00:00Z', at: null, complete: false, items: [] };
  await page.route(listed, (route) => route.fulfill({ status: 200, contentType: 'application/json', body: JSON.stringify(cut) }));
  await page.goto(`${url}/console/alerts/rules/new`);
  await page.getByLabel('Figure').selectOption({ label: 'Photos received' });
  await page.getByLabel(/^One camera by its name/).fill('north/front');
  equal(await of.inputValue(), 'camera:north/front', 'whom the rule is of');
  await page.getByLabel(/^For so many minutes/).fill('0');
  await page.getByRole('button', { name: 'Try it against the last days' }).click();
  await page.getByText('north/front: ', { exact: false }).waitFor();
  await accessible(page, 'a camera by its name');
  await page.getByLabel('Figure').selectOption({ label: 'Calls failed, of all' });
  equal(await page.getByLabel(/^One camera by its name/).count(), 0, 'where the figure is known of cameras');
  await page.unroute(listed);
}

/** With the keyboard: taken care of, snoozed with a reason, heard again. */
async function act(page, sue) {
  await page.getByRole('button', { name: 'Acknowledge…' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Take care of this alert' }).waitFor();
  await page.getByLabel(/^Remark/).fill('on my way');
  await accessible(page, 'acknowledging');
  await page.getByRole('button', { name: 'I take care of it' }).click();
  await page.getByText('on my way').waitFor();
  await page.getByText(/Olga takes care of it\./).waitFor();
  equal(await page.getByRole('button', { name: 'Acknowledge…' }).count(), 0, 'once');
  await page.getByRole('button', { name: 'Snooze… (Too few photos)' }).first().click();
  const go = page.getByRole('button', { name: 'Snooze', exact: true });
  equal(await go.isDisabled(), true, 'a snooze needs a reason');
  await page.getByLabel('Reason').fill('works on the road');
  await page.locator('dialog label', { hasText: /^For/ }).locator('select').selectOption('24');
  await go.click();
  await page.getByText(/Snoozed until .* by Olga: works on the road/).first().waitFor();
  const { rules } = await must('GET', '/v1/alerts', undefined, sue.token);
  equal(rules.find((one) => one.title === 'Too few photos').snoozed.reason, 'works on the road', 'what others see');
  await page.getByRole('button', { name: 'Hear it again (Too few photos)' }).first().click();
  await until('it to be heard', async () => (await page.getByText(/Snoozed until/).count()) === 0);
}

/** A change, and its undoing. */
async function changed(page, rule) {
  await page.goto(`${url}/console/alerts/rules/${rule}`);
  await page.getByLabel('Limit, in photos').fill('7');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('limit: 1 → 7').waitFor();
  // Somebody else changes it meanwhile: nothing of theirs is overwritten.
  const { rule: present } = await must('GET', `/v1/alerts/rules/${rule}`);
  await must('PUT', `/v1/alerts/rules/${rule}`, { version: present.version, rule: { ...present.rule, threshold: 8 } });
  page.expected = [/status of 409/];
  await page.getByLabel('Limit, in photos').fill('9');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Somebody changed this rule meanwhile.').waitFor();
  equal(await page.getByLabel('Limit, in photos').inputValue(), '9', 'what was typed is kept');
  page.expected = [];
  await page.getByRole('button', { name: 'Load the present version' }).click();
  await page.getByText('limit: 7 → 8').waitFor();
  await page.getByRole('button', { name: 'Put version 1 back' }).click();
  await page.getByText('limit: 8 → 1').waitFor();
  await until('the field to follow', async () => (await page.getByLabel('Limit, in photos').inputValue()) === '1');
  await accessible(page, 'a rule and its versions');
}

async function deleted(page, rule) {
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('heading', { name: 'Delete “Too few photos”' }).waitFor();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText('No rule is defined so far.').waitFor();
  await page.goto(`${url}/console/alerts/rules/${rule}`);
  await page.getByText('This rule was deleted.').waitFor();
  await page.getByRole('button', { name: 'Undo the last change' }).click();
  await until('it to be back', async () => (await page.getByText('This rule was deleted.').count()) === 0);
}

async function narrow(page, olga) {
  await signIn(page, olga);
  await page.getByRole('link', { name: 'Alerts' }).waitFor();
  for (const address of ['alerts', 'alerts/history', 'alerts/rules', 'alerts/rules/new']) {
    await page.goto(`${url}/console/${address}`);
    await page.getByRole('heading', { name: 'Alerts' }).waitFor();
    await until('it to be whole', async () => (await page.locator('.loading').count()) === 0);
    equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `nothing is cut off at 360 px: ${address}`);
    await accessible(page, `${address} at 360 px`);
  }
}

/** What the server could answer, one after the other. */
async function states(page, olga) {
  page.expected.push(/503/, /404/);
  await signIn(page, olga);
  await page.getByRole('link', { name: 'Alerts' }).waitFor();
  const present = await must('GET', '/v1/alerts');
  let answer = { ...present, looked_at: null };
  await page.route('**/v1/alerts', (route) =>
    answer === null
      ? route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify({ type: 'urn:x:unavailable', detail: 'The ledger is out of reach.' }) })
      : route.fulfill({ status: 200, contentType: 'application/json', body: JSON.stringify(answer) }),
  );
  const show = async (text) => {
    await page.goto(`${url}/console/alerts`);
    await page.getByText(text).waitFor();
  };
  await show('Nobody has looked at the rules so far.');
  answer = { ...present, looked_at: '2026-01-01T00:00:00Z' };
  await show(/The rules were last looked at/);
  await accessible(page, 'alerts that are stale');
  answer = null;
  await show('The ledger is out of reach.');
  await page.goto(`${url}/console/alerts/alr_none`);
  await page.getByText('There is no such alert.').waitFor();
}

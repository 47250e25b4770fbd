// A narrow screen with a finger, dark: nothing is cut off, everything is large enough, and a decision can be made.
import { accessible } from '../browser.mjs';
import { equal, person, shown, until } from '../installation.mjs';

export default async function phone(open) {
  const bob = await person('reviewer', 'Bob');
  const page = await open({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, colorScheme: 'dark' });
  await page.goto(await bob.link());
  const bill = page.getByRole('button', { name: /^Bill / });
  await bill.waitFor();
  equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark', 'the theme of the system');
  await fits(page, 'the work screen');
  await accessible(page, 'the work screen at 360 px');
  const buttons = await page.locator('.go button:visible').all();
  equal(buttons.length > 0, true, 'there are buttons');
  for (const button of buttons) {
    const box = await button.boundingBox();
    equal(box.height >= 44, true, `${await button.textContent()} is high enough for a finger`);
  }
  const first = await shown(page);
  await bill.tap();
  await until('the next photo', async () => (await shown(page)) !== first);
  await until('the verdict', async () => (await bob.passage(first)).state === 'accepted');
  await page.getByRole('button', { name: 'Reject…' }).tap();
  await fits(page, 'the reject sheet');
  const second = await shown(page);
  await page.getByRole('button', { name: /Too dark/ }).tap();
  await until('the verdict', async () => (await bob.passage(second)).reason === 'too-dark');
  await page.getByRole('link', { name: 'Me' }).tap();
  await page.getByRole('heading', { name: 'Bob' }).waitFor();
  await fits(page, 'the page about oneself');
  await accessible(page, 'the page about oneself');
  await page.getByRole('button', { name: 'Sign out', exact: true }).tap();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await fits(page, 'the sign-in');
  await accessible(page, 'the sign-in');
}

async function fits(page, where) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  equal(wide <= 0, true, `${where} is ${wide} px wider than the screen`);
}

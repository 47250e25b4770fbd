// A narrow screen with a finger, dark: nothing is cut off, everything is large enough, and a decision can be made.
import { accessible } from '../browser.mjs';
import { equal, person, shown, signIn, until } from '../installation.mjs';

export default async function phone(open) {
  const bob = await person('reviewer', 'Bob');
  const page = await open({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, colorScheme: 'dark' });
  await signIn(page, bob);
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
  await pinch(page);
  const first = await shown(page);
  await bill.tap();
  await until('the next photo', async () => (await shown(page)) !== first);
  await until('the verdict', async () => (await bob.passage(first)).state === 'accepted');
  await page.getByRole('button', { name: 'Reject…' }).tap();
  await page.getByRole('dialog').waitFor();
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

/** Two fingers make the photo large around what is between them, one drags it, two make it whole again. The page itself stays as it is. */
async function pinch(page) {
  const hand = await page.context().newCDPSession(page);
  const touch = (type, ...at) => hand.send('Input.dispatchTouchEvent', { type, touchPoints: at.map(([x, y], id) => ({ x, y, id })) });
  const look = () =>
    page.locator('.frame').evaluate((frame) => {
      const box = frame.getBoundingClientRect();
      return { zoom: Number(frame.style.getPropertyValue('--zoom')), x: box.x + box.width / 2, y: box.y + box.height / 2 };
    });
  const stage = await page.locator('.photo').boundingBox();
  const [x, y] = [stage.x + stage.width / 2 + 40, stage.y + stage.height * 0.3];
  const whole = await look();
  equal(whole.zoom, 1, 'the whole photo');
  const pageAt = () => page.evaluate(() => [visualViewport.scale, scrollX, scrollY]);
  const before = await pageAt();

  await touch('touchStart', [x - 20, y], [x + 20, y]);
  for (const apart of [40, 60]) await touch('touchMove', [x - apart, y], [x + apart, y]);
  await touch('touchEnd');
  await until('the photo to be large', async () => (await look()).zoom > 2);
  const large = await look();
  // What was between the fingers is still there: the middle of the photo went away from them.
  equal(large.x < whole.x - 40, true, `around the fingers: the middle is at ${large.x}, it was at ${whole.x}`);

  await touch('touchStart', [x, y]);
  for (const step of [30, 60]) await touch('touchMove', [x + step, y + step / 2]);
  await touch('touchEnd');
  await until('the photo to be dragged', async () => (await look()).x > large.x + 30);
  equal((await look()).zoom, large.zoom, 'dragging makes nothing larger');

  await touch('touchStart', [x - 60, y], [x + 60, y]);
  for (const apart of [40, 10]) await touch('touchMove', [x - apart, y], [x + apart, y]);
  await touch('touchEnd');
  await until('the whole photo', async () => (await look()).zoom === 1);
  equal(await look(), whole, 'it is where it was');
  equal(await pageAt(), before, 'the page was neither scrolled nor made larger');
}

async function fits(page, where) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  equal(wide <= 0, true, `${where} is ${wide} px wider than the screen`);
}

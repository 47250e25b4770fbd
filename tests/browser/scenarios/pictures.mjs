// Pictures for the documents: the work screen, the queue, a passage and its history, and the sign-in page, light and dark.
import { must, person, shown, until, url } from '../installation.mjs';

const FOLDER = process.env.TOLLBOOTH_PICTURES;

export default async function pictures(open) {
  if (!FOLDER) throw new Error('TOLLBOOTH_PICTURES names no folder');
  const sue = await person('supervisor', 'Sue');
  for (const colorScheme of ['light', 'dark']) {
    const page = await open({ colorScheme, reducedMotion: 'reduce' });
    const take = (name) => page.screenshot({ path: `${FOLDER}/${name}-${colorScheme}.png` });
    await page.goto(`${url}/console/sign-in`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await take('sign-in');
    await page.goto(await sue.link());
    await page.getByLabel('Plate', { exact: true }).waitFor();
    await until('the photo', () => page.locator('.frame img').evaluate((image) => image.naturalWidth > 0));
    await page.locator('canvas.crop').waitFor();
    await take('review');
    const id = await shown(page);
    await page.getByRole('link', { name: 'Queue' }).click();
    await page.getByRole('row').nth(1).waitFor();
    await take('queue');
    const claimed = await must('POST', '/v1/reviews/claim', { passage: id }, sue.token);
    await must('POST', `/v1/reviews/${id}/verdict`, { version: claimed.version, plate: colorScheme === 'light' ? 'TBK4455' : 'GHT7718', jurisdiction: 'us-tx' }, sue.token);
    await page.goto(`${url}/console/passages/${id}`);
    await page.getByRole('heading', { name: 'Why was this billed?' }).waitFor();
    await until('the photo', () => page.locator('figure img').evaluate((image) => image.naturalWidth > 0));
    await take('history');
  }
}

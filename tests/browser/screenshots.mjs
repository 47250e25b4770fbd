// Pictures of the console for docs/, of the installation at TOLLBOOTH_URL: `node screenshots.mjs FOLDER`.
import { join } from 'node:path';
import { withBrowser } from './browser.mjs';
import { must, person, until } from './installation.mjs';

const [folder] = process.argv.slice(2);

await withBrowser(async (open) => {
  const sue = await person('supervisor', 'Sue');
  for (const colorScheme of ['light', 'dark']) {
    const page = await open({ colorScheme });
    const take = (name) => page.screenshot({ path: join(folder, `${name}-${colorScheme}.jpg`), type: 'jpeg', quality: 82 });
    await page.goto(await sue.link());
    await page.getByLabel('Plate', { exact: true }).waitFor();
    await until('the photo', () => page.locator('.frame img').evaluate((image) => image.naturalWidth > 0));
    await take('review');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor();
    await take('reject');
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Queue' }).click();
    await page.getByRole('row').nth(1).waitFor();
    await take('queue');
    const { items } = await must('GET', '/v1/passages?state=accepted&limit=1', undefined, sue.token);
    await page.goto(new URL(`/console/passages/${items[0].passage}`, page.url()).href);
    await until('the photo', () => page.locator('figure img').evaluate((image) => image.naturalWidth > 0));
    await page.getByRole('listitem').filter({ hasText: 'Photo received' }).waitFor();
    await take('passage');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole('link', { name: 'Review' }).click();
    await page.getByLabel('Plate', { exact: true }).waitFor();
    await until('the photo', () => page.locator('.frame img').evaluate((image) => image.naturalWidth > 0));
    await take('phone');
  }
});
process.exit(0);

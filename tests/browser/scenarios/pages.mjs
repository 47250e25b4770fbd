// A supervisor looks back: the queue, one passage and why it was billed, opening it again, searching, signing out.
import { accessible } from '../browser.mjs';
import { equal, must, person, shown, signIn, until, url } from '../installation.mjs';

export default async function pages(open) {
  const sue = await person('supervisor', 'Sue');
  for (const colorScheme of ['light', 'dark']) {
    const page = await open({ colorScheme });
    await signIn(page, sue);
    await page.getByRole('link', { name: 'Queue' }).click();
    await page.getByRole('heading', { name: 'Queue' }).waitFor();
    await page.getByRole('row').nth(1).waitFor();
    await accessible(page, `the queue, ${colorScheme}`);
    const all = await page.getByRole('row').count();
    for (const [booth, rows] of [['nowhere', 0], ['north', all], ['', all]]) {
      await page.getByRole('textbox', { name: 'Booth' }).fill(booth);
      await page.keyboard.press('Tab');
      await until(`what waits at ${booth}`, async () => (await page.getByRole('row').count()) === rows);
    }
    const why = page.getByRole('combobox', { name: 'Why' });
    const only = async (reason) => {
      await why.selectOption(reason);
      const name = await why.locator('option:checked').textContent();
      // What was found before is shown until the answer is there.
      await until(`those of ${reason}`, async () => {
        const found = await page.locator('main tbody tr td:nth-child(4)').allTextContents();
        return found.length > 0 && found.every((text) => text === name);
      });
    };
    await only('no-plate-found');

    // Decided, then looked at: who, what, when.
    await only('low-confidence');
    await page.getByRole('row').nth(1).getByRole('link').click();
    await page.getByRole('heading', { name: 'What happened to this?' }).waitFor();
    const id = page.url().split('/').pop();
    const claimed = await must('POST', '/v1/reviews/claim', { passage: id }, sue.token);
    const verdict = { version: claimed.version, plate: 'WHY1234', jurisdiction: 'us-tx' };
    await must('POST', `/v1/reviews/${id}/verdict`, verdict, sue.token);
    await page.reload();
    await page.getByRole('heading', { name: 'Why was this billed?' }).waitFor();
    await page.getByText(`WHY1234 was read by a reviewer, Sue.`).waitFor();
    await until('the photo', () => page.locator('figure img').evaluate((image) => image.naturalWidth > 0));
    await page.getByRole('listitem').filter({ hasText: 'Photo received' }).waitFor();
    await page.getByRole('listitem').filter({ hasText: 'WHY1234' }).first().waitFor();
    // Judged again: a person decided otherwise than the machine would.
    await page.getByRole('button', { name: 'Judge it by today’s settings' }).click();
    await page.getByText(/^Decided by a person/).waitFor();
    // Its way: what it waited for and how long, and others of its trace by a click.
    const way = page.getByRole('region', { name: 'Its way' });
    for (const stage of ['In all', 'Taken in', 'Read', 'Judged', 'Looked at by a person', 'Put into a file']) {
      await way.getByRole('rowheader', { name: stage }).first().waitFor();
    }
    await accessible(page, `a passage, ${colorScheme}`);
    await page.getByRole('link', { name: /^[0-9a-f]{32}$/ }).click();
    // The page that is left has rows, too.
    const traced = page.getByRole('region', { name: 'Passages', exact: true }).getByRole('row');
    await traced.nth(1).waitFor();
    equal(await traced.count(), 2, 'one passage has this trace');
    await page.goBack();
    await page.getByRole('heading', { name: 'Why was this billed?' }).waitFor();

    // What a reviewer wrote is text, whatever it looks like.
    const script = '<img src=x onerror="window.stolen=1"><script>window.stolen=1</script>';
    await page.getByText('Open again…').click();
    await page.getByLabel('Remark').fill(script);
    await page.getByRole('button', { name: 'Open again' }).click();
    await page.getByRole('heading', { name: 'What happened to this?' }).waitFor();
    await page.getByText(script).first().waitFor();
    equal(await page.evaluate(() => window.stolen), undefined, 'a remark ran as a script');
    equal((await sue.passage(id)).state, 'in-review', 'opened again');
    await page.getByRole('link', { name: 'Decide it on the work screen' }).click();
    await until('this very photo on the work screen', async () => (await page.locator('.frame img').count()) > 0 && (await shown(page)) === id);

    await page.getByRole('link', { name: 'Search' }).click();
    await page.getByLabel('State').selectOption('in-review');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('row').nth(1).waitFor();
    await page.getByRole('status').filter({ hasText: /^\d+ passages?[.,]/ }).waitFor();
    equal(page.url(), `${url}/console/search?state=in-review`, 'the address says what is shown');
    await accessible(page, `the search, ${colorScheme}`);
    // Without a pointer: the page is called by its view, and what is the same on each of them is passed by.
    equal(await page.title(), 'Search · TollBooth', 'the title');
    await page.getByRole('link', { name: 'Skip to the content' }).focus();
    await page.keyboard.press('Enter');
    equal(await page.evaluate(() => document.activeElement.id), 'content', 'the focus, after what is skipped');
    await page.keyboard.press('Tab');
    equal(await page.getByLabel('Passage or trace id').evaluate((field) => field === document.activeElement), true, 'the first field of the view');
    equal(page.url(), `${url}/console/search?state=in-review`, 'the address stays');
    // Asked for again, the search begins anew, and a view that takes the place of another has the focus.
    await page.getByRole('link', { name: 'Search' }).click();
    await until('an empty search', async () => (await page.getByLabel('State').inputValue()) === '');
    await page.getByRole('row').nth(1).getByRole('link').first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /this/ }).waitFor();
    await until('the focus in the passage', () => page.evaluate(() => document.activeElement?.closest('#content') !== null));
    equal(await page.title(), 'Passage · TollBooth', 'the title of a passage');
    await page.goBack();
    await page.getByLabel('State').selectOption('in-review');
    await page.getByRole('button', { name: 'Search' }).click();
    await until('the search as it was', () => page.url() === `${url}/console/search?state=in-review`);
    await page.getByRole('row').nth(1).waitFor();
    // By the plate as it is printed, and by the camera's key.
    const one = await sue.passage(id);
    await page.getByLabel('Plate', { exact: true }).fill('why 12-34');
    await page.getByRole('button', { name: 'Search' }).click();
    // That of the light page has it as well, by then.
    await until('those with the plate', async () => (await page.getByRole('row').count()) === (colorScheme === 'light' ? 2 : 3));
    equal(page.url(), `${url}/console/search?plate=WHY1234&state=in-review`, 'the plate is in the address');
    await page.getByLabel('Plate', { exact: true }).fill('');
    await page.getByLabel('Key of the camera').fill(one.key);
    await page.getByLabel('State').selectOption('');
    await page.getByRole('button', { name: 'Search' }).click();
    await until('the one with the key', () => page.url() === `${url}/console/search?key=${one.key}`);
    await until('one row', async () => (await page.getByRole('row').count()) === 2);
    // By who decided it, and when it came.
    await page.getByLabel('Key of the camera').fill('');
    await page.getByLabel('Decided by').selectOption('judge');
    await page.getByRole('button', { name: 'Search' }).click();
    await until('what the machine decided', async () => {
      const by = await page.locator('main tbody tr td:last-child').allTextContents();
      return by.every((text) => text === 'the machine');
    });
    await page.getByLabel('Decided by').selectOption('');
    await page.getByLabel('Received from').fill('2020-01-01');
    await page.getByLabel('To the end of').fill('2020-01-02');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('Nothing matches.').waitFor();
    equal(page.url(), `${url}/console/search?since=2020-01-01&until=2020-01-02`, 'the days are in the address');
    await page.getByLabel('To the end of').fill('');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('row').nth(1).waitFor();
    await accessible(page, `the search by time, ${colorScheme}`);
    // As the photo is called on a bill line.
    await page.getByLabel('Passage or trace id').fill(`${id}.jpg`);
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('heading', { name: 'What happened to this?' }).waitFor();

    await page.getByRole('link', { name: 'Me' }).click();
    await page.getByRole('heading', { name: 'Sue' }).waitFor();
    await accessible(page, `the page about oneself, ${colorScheme}`);
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    equal(await page.context().cookies(url), [], 'the cookie is gone');
    page.expected = [/status of (401|404)/];
    await page.goto(`${url}/console/queue`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  }
}

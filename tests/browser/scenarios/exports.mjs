// A billing person looks at what was published: each export, its lines, its files in every profile, where they are; downloads
// what was published, byte for byte; and uploads what became of the lines.
import { readFile } from 'node:fs/promises';
import { accessible } from '../browser.mjs';
import { equal, must, person, signIn, until, url } from '../installation.mjs';

export default async function exports(open) {
  await must('PATCH', '/v1/settings', { 'export.copies': [{ name: 'records', columns: 'full' }] });
  await must('POST', '/v1/exports', {});
  const report = (name, more) =>
    must('PUT', `/v1/destinations/${name}`, {
      kind: 'sftp',
      profile: 'billing',
      trouble: null,
      failing_seconds: 0,
      failures: 0,
      delivered_through: 1,
      pending: 0,
      next_report_seconds: 60,
      ...more,
    });
  await report('bills', {});
  await report('warehouse', { profile: 'records', trouble: 'login-refused', failing_seconds: 600, failures: 4, delivered_through: 0, pending: 1 });

  const ann = await person('billing', 'Ann');
  for (const colorScheme of ['light', 'dark']) {
    const page = await open({ colorScheme });
    await signIn(page, ann);
    await page.getByRole('heading', { name: 'Exports' }).waitFor();
    const list = page.getByRole('region', { name: 'Exports' });
    await list.getByRole('row').nth(1).waitFor();
    const places = page.getByRole('region', { name: 'Destinations' });
    await places.getByRole('row', { name: /bills .* gets everything/ }).waitFor();
    await places.getByRole('row', { name: /warehouse .* needs people .* It refuses the login/ }).waitFor();
    await accessible(page, `the exports, ${colorScheme}`);

    await page.getByLabel('Profile').selectOption('records');
    await page.getByText('nothing is billed from it').waitFor();
    equal(new URL(page.url()).search, '?profile=records', 'the address says what is shown');
    const [copy] = await Promise.all([page.waitForEvent('download'), list.getByRole('link', { name: /^Download / }).click()]);
    const published = await fetch(`${url}/v1/exports/1/file?profile=records`, { headers: { authorization: `Bearer ${ann.token}` } });
    equal(await readFile(await copy.path(), 'utf8'), await published.text(), 'the copy, as it was published');

    await list.getByRole('link', { name: '1', exact: true }).click();
    await page.getByRole('heading', { name: 'Export 1' }).waitFor();
    await page.getByText('bills has it').waitFor();
    await page.getByText('warehouse does not have it yet').waitFor();
    const lines = page.getByRole('region', { name: 'Lines' });
    await lines.getByRole('row').nth(2).waitFor();
    await accessible(page, `an export, ${colorScheme}`);
    const [manifest] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Manifest, Billing' }).click(),
    ]);
    equal(JSON.parse(await readFile(await manifest.path(), 'utf8')).sequence, 1, 'the manifest');
    if (colorScheme === 'light') await acknowledge(page, lines);
  }

  // An operator sees the same and answers nothing.
  const page = await open();
  await signIn(page, await person('operator', 'Otto'));
  await page.getByRole('link', { name: 'Exports' }).click();
  await page.getByRole('region', { name: 'Exports' }).getByRole('link', { name: '1', exact: true }).click();
  await page.getByText('1 line billed').waitFor();
  equal(await page.getByLabel('CSV file').count(), 0, 'only billing answers');

  // A file that was given up is shown as that, and not as one to download. That the server says so, its own tests show.
  await page.route(/\/v1\/exports(\/1)?(\?|$)/, async (route) => {
    // What goes past the browser lacks what it says of itself.
    const headers = { ...route.request().headers(), 'sec-fetch-site': 'same-origin' };
    const response = await route.fetch({ headers });
    const json = await response.json();
    for (const item of json.items ?? [json]) item.file_released = true;
    await route.fulfill({ response, json });
  });
  await page.getByRole('link', { name: 'Exports' }).click();
  const all = page.getByRole('region', { name: 'Exports' });
  await all.getByText('lost and given up').first().waitFor();
  equal(await all.getByRole('link', { name: /^Download / }).count(), 0, 'nothing to download');
  await all.getByRole('link', { name: '1', exact: true }).click();
  await page.getByText('CSV: lost and given up').nth(1).waitFor();
  equal(await page.getByRole('link', { name: /^CSV, / }).count(), 0, 'of neither profile');
  await page.getByRole('link', { name: 'Manifest, Billing' }).waitFor();
}

async function acknowledge(page, lines) {
  const { items } = await must('GET', '/v1/exports/1/lines');
  const upload = async (text) => {
    await page.getByLabel('CSV file').setInputFiles({ name: 'answers.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
    await page.getByRole('button', { name: 'Send' }).click();
  };
  await upload('Plate,Disposition\r\nBKD0001,billed\r\n');
  await page.getByText('The first line must name FileName').waitFor();
  page.expected = [/status of 4\d\d/];
  await upload(`FileName,Disposition,Reason\r\n${items[0].passage}.jpg,billed,\r\npsg_none.jpg,billed,\r\n`);
  await page.getByText('psg_none').waitFor();
  page.expected = [];
  equal((await must('GET', '/v1/exports/1/lines')).answers.open, items.length, 'all or nothing');
  await upload(`FileName,Disposition,Reason\r\n${items[0].passage}.jpg,billed,\r\n${items[1].passage}.jpg,refused,"no account, ""closed"""\r\n`);
  await page.getByText('2 answers recorded').waitFor();
  await lines.getByText('no account, "closed"').waitFor();
  await until('the counts', () => page.getByText('1 line billed, 0 without an owner, 1 refused, 0 not answered.').count());
  await accessible(page, 'an export that was answered');
}

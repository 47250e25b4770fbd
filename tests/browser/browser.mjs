// A Chromium with an empty profile, and pages in it that remember everything that went wrong on them.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

// Without these, Chromium asks its maker's hosts for updates and predictions at every start.
const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** How long anything may take before it counts as never, in milliseconds. */
export const PATIENCE = 90_000;

/** Runs `work` with a function that opens pages, and fails when a page had an error that `work` did not expect. */
export async function withBrowser(work) {
  const profile = mkdtempSync(join(tmpdir(), 'tollbooth-browser-'));
  const contexts = [];
  const faults = [];
  const open = async (options = {}) => {
    // Each person has a browser of their own.
    const context = await chromium.launchPersistentContext(join(profile, String(contexts.length)), {
      executablePath: process.env.TOLLBOOTH_CHROMIUM ?? '/usr/bin/chromium',
      args: FLAGS,
      viewport: { width: 1440, height: 900 },
      timezoneId: 'America/Chicago',
      locale: 'en-US',
      ...options,
    });
    contexts.push(context);
    context.setDefaultTimeout(PATIENCE);
    await context.addInitScript({ content: AXE });
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    const page = context.pages()[0] ?? (await context.newPage());
    watch(page, faults);
    return page;
  };
  try {
    await work(open);
  } finally {
    for (const context of contexts) await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
  if (faults.length > 0) throw new Error(`the browser complained:\n${faults.join('\n')}`);
}

function watch(page, faults) {
  page.expected = [];
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    const text = `${message.text()} (${message.location().url})`;
    if (!page.expected.some((pattern) => pattern.test(text))) faults.push(`${message.type()}: ${text}`);
  });
  page.on('pageerror', (error) => faults.push(`exception: ${error.stack ?? error}`));
}

/** What the rules of WCAG 2.2 A and AA find on the page as it is. With TOLLBOOTH_PICTURES, a folder, it is also taken a picture of. */
export async function accessible(page, where) {
  const folder = process.env.TOLLBOOTH_PICTURES;
  if (folder) await page.screenshot({ path: join(folder, `${where.replace(/[^a-z0-9]+/gi, '-')}.png`) });
  const found = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
  );
  const lines = found.violations.map(
    (violation) => `${violation.id}: ${violation.help}\n    ${violation.nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary.split('\n').slice(1).join(' ').trim()}`).join('\n    ')}`,
  );
  if (lines.length > 0) throw new Error(`axe on ${where}:\n  ${lines.join('\n  ')}`);
  if (found.passes.length < 5) throw new Error(`axe looked at nothing on ${where}`);
}

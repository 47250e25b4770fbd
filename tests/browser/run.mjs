// Runs one scenario against the installation at TOLLBOOTH_URL: `node run.mjs work`. Exit code 0 when it holds.
import { withBrowser } from './browser.mjs';

const [name] = process.argv.slice(2);
const { default: scenario } = await import(`./scenarios/${name}.mjs`);
try {
  await withBrowser(scenario);
} catch (error) {
  console.error(error instanceof Error ? error.stack : error);
  process.exit(1);
}
process.exit(0);

// 200 reviews by keyboard: from `Enter` to the next photo painted, and the page's memory on the way.
import { person, shown, until } from '../installation.mjs';

const REVIEWS = 200;
/** A reviewer needs at least this long for a photo, in milliseconds. */
const PACE_MS = 350;

export default async function bench(open) {
  const ann = await person('reviewer', 'Ann');
  const page = await open({ viewport: { width: 1920, height: 1080 } });
  await page.goto(await ann.link());
  await page.getByLabel('Plate', { exact: true }).waitFor();
  await page.evaluate(() => {
    window.waits = [];
    let pressed = null;
    addEventListener('keydown', (event) => { if (event.key === 'Enter') pressed = event.timeStamp; }, true);
    new MutationObserver((changes) => {
      const changed = changes.some((change) => [...change.addedNodes].some((node) => node instanceof HTMLImageElement));
      if (!changed || pressed === null) return;
      const from = pressed;
      pressed = null;
      // The frame that has the new photo is painted before the first task after its animation callbacks.
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => window.waits.push(performance.now() - from);
        port2.postMessage(null);
      });
    }).observe(document.body, { childList: true, subtree: true });
  });
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const memory = async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { metrics } = await session.send('Performance.getMetrics');
    const of = (name) => metrics.find((metric) => metric.name === name).value;
    return { heap: of('JSHeapUsedSize'), nodes: of('Nodes') };
  };
  const seen = [];
  for (let done = 1; done <= REVIEWS; done += 1) {
    const here = await shown(page);
    const began = Date.now();
    await page.keyboard.press('Enter');
    await until('the next photo', async () => (await shown(page)) !== here);
    if (done % 50 === 0) seen.push({ done, ...(await memory()) });
    await new Promise((next) => setTimeout(next, Math.max(0, PACE_MS - (Date.now() - began))));
  }
  const waits = (await page.evaluate(() => window.waits)).sort((a, b) => a - b);
  if (waits.length < REVIEWS * 0.95) throw new Error(`only ${waits.length} waits were measured`);
  const at = (share) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))].toFixed(1);
  console.log(`${waits.length} reviews, Enter to the next photo painted: median ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(1)} ms`);
  for (const { done, heap, nodes } of seen) console.log(`after ${done}: heap ${(heap / 1e6).toFixed(1)} MB, ${nodes} nodes`);
}

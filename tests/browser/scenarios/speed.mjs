// How long it takes from `Enter` to the next photo painted, over 200 reviews, and whether memory grows meanwhile. Prints figures;
// they are judged by people, against a median of 50 ms and a 95th percentile of 100 ms.
import { person, signIn, until } from '../installation.mjs';

const REVIEWS = 200;
/** How long a person looks at least before the next key, in milliseconds: nobody is faster than that. */
const LOOK_MS = 350;
/** Reviews between two looks at the memory. */
const EVERY = 50;

export default async function speed(open) {
  const ann = await person('reviewer', 'Ann');
  const page = await open();
  await signIn(page, ann);
  await until('the first photo', () => page.locator('.frame img').evaluate((image) => image.complete && image.naturalWidth > 0).catch(() => false));
  await page.evaluate(watch);
  const memory = await memoryOf(page);
  const marks = [await memory()];
  const taken = [];
  for (let n = 1; n <= REVIEWS; n += 1) {
    await new Promise((done) => setTimeout(done, LOOK_MS));
    const before = await page.evaluate(() => window.painted.length);
    await page.keyboard.press('Enter');
    taken.push(await until('the next photo', () => page.evaluate((at) => window.painted[at] ?? 0, before)));
    if (n % EVERY === 0) marks.push(await memory());
  }
  const sorted = taken.slice().sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(1);
  console.log(`${REVIEWS} reviews, Enter to the next photo painted: median ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms`);
  const cut = await page.evaluate(() => window.cut);
  console.log(`in ${cut} of them the crop of the plate was there in the same frame`);
  console.log('after  JavaScript   nodes  listeners');
  marks.forEach((mark, at) => {
    const row = [`${at * EVERY}`.padStart(5), `${(mark.bytes / 1e6).toFixed(1)} MB`.padStart(10), `${mark.nodes}`.padStart(8), `${mark.listeners}`.padStart(10)];
    console.log(row.join(' '));
  });
  const [, early, ...later] = marks;
  const most = Math.max(...later.map((mark) => mark.bytes));
  console.log(`memory after ${EVERY} reviews and at most after that: ${(early.bytes / 1e6).toFixed(1)} MB, ${(most / 1e6).toFixed(1)} MB`);
}

/** In the page: from the key's own time to the end of the frame that shows another photo, decoded. */
function watch() {
  window.painted = [];
  window.cut = 0;
  const crop = () => document.querySelector('.panel > .crop img');
  const shown = () => document.querySelector('.frame img');
  addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Enter') return;
      const before = shown()?.src;
      const frame = () => {
        const image = shown();
        if (!image || image.src === before || !image.complete || image.naturalWidth === 0) {
          requestAnimationFrame(frame);
          return;
        }
        if (crop()?.complete && crop().naturalWidth > 0) window.cut += 1;
        // A task that follows the frame's painting.
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => window.painted.push(performance.now() - event.timeStamp);
        port2.postMessage(0);
      };
      requestAnimationFrame(frame);
    },
    true,
  );
}

/** What is left after everything that can be collected was. */
async function memoryOf(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  return async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { metrics } = await session.send('Performance.getMetrics');
    const of = (name) => metrics.find((metric) => metric.name === name)?.value ?? 0;
    return { bytes: of('JSHeapUsedSize'), nodes: of('Nodes'), listeners: of('JSEventListeners') };
  };
}

// A screen of 3840 by 2160 pixels, and people who want nothing to move: every page fits, lines stay readable, and nothing is animated.
import { accessible } from '../browser.mjs';
import { equal, person, signIn, until, url } from '../installation.mjs';

const PAGES = {
  supervisor: ['review', 'queue', 'search', 'live', 'alerts', 'alerts/history', 'quality', 'log', 'me'],
  operator: ['live', 'exports', 'admin', 'admin/booths', 'admin/tokens', 'me'],
};
/** Characters of a line that the eye follows back; the typographers' 75 and some room for narrow letters. */
const LONGEST_LINE = 110;

export default async function wide(open) {
  let paragraphs = 0;
  for (const [role, pages] of Object.entries(PAGES)) {
    const page = await open({ viewport: { width: 3840, height: 2160 }, reducedMotion: 'reduce' });
    await signIn(page, await person(role, `Wide ${role}`));
    for (const path of pages) {
      await page.goto(`${url}/console/${path}`);
      await viewIsThere(page);
      await until(`${path} to be still`, async () => (await page.locator('.loading').count()) === 0);
      const where = `${path} at 3840 px`;
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      equal(over <= 0, true, `${where} is ${over} px wider than the screen`);
      const { looked, long } = await lines(page);
      paragraphs += looked;
      equal(long, [], `lines too long to read in ${where}`);
      equal(await moving(page), [], `what moves in ${where}`);
      await accessible(page, where);
    }
    if (role === 'supervisor') {
      // The photo gets the room, and the panel beside it is no strip.
      await page.goto(`${url}/console/review`);
      await page.locator('.stage').waitFor();
      const [stage, panel] = [await page.locator('.stage').boundingBox(), await page.locator('.panel').boundingBox()];
      equal(stage.width > 2_800 && panel.width > 500, true, `the photo has ${stage.width} px, what is decided ${panel.width}`);
    }
  }
  equal(paragraphs > 0, true, 'there were paragraphs to look at');
  // What would move is there, for whoever did not ask for stillness: otherwise the above holds of nothing.
  const page = await open({ reducedMotion: 'no-preference' });
  await signIn(page, await person('operator', 'Moved'));
  await page.goto(`${url}/console/admin`);
  await viewIsThere(page);
  const animated = await page.evaluate(() =>
    [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).filter((rule) => rule.style?.animationName && rule.style.animationName !== 'none').length,
  );
  equal(animated > 0, true, 'some rule animates something');
}

/** Until a view and its styles are loaded, an empty one stands in its place. */
async function viewIsThere(page) {
  await page.locator('#content h1').first().waitFor({ state: 'attached' });
}

/** Paragraphs long enough to be broken, and those of them whose lines are too long. */
function lines(page) {
  return page.evaluate((longest) => {
    let looked = 0;
    const long = [];
    for (const paragraph of document.querySelectorAll('p, li')) {
      const text = paragraph.textContent.trim();
      if (text.length <= longest || paragraph.getClientRects().length === 0) continue;
      looked += 1;
      const range = document.createRange();
      range.selectNodeContents(paragraph);
      const rows = new Set([...range.getClientRects()].map((box) => Math.round(box.bottom / 8)));
      if (text.length / rows.size > longest) long.push(`${Math.round(text.length / rows.size)} characters: ${text.slice(0, 60)}`);
    }
    return { looked, long };
  }, LONGEST_LINE);
}

/** Elements with an animation or a transition. */
function moving(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('*')].flatMap((element) => {
      const style = getComputedStyle(element);
      const still = style.animationName === 'none' && style.transitionDuration.split(', ').every((time) => time === '0s');
      return still ? [] : [`${element.tagName} ${element.className}`];
    }),
  );
}

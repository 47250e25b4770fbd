// The installation under test, from the outside: its API with a token, and the host that runs it.
import { createInterface } from 'node:readline';
import { PATIENCE } from './browser.mjs';

export const url = process.env.TOLLBOOTH_URL;
const operator = process.env.TOLLBOOTH_TOKEN;

/** A call of the API; answers the status and the body. */
export async function api(method, path, body, token = operator) {
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
}

/** The same, for calls that must succeed. */
export async function must(method, path, body, token) {
  const answer = await api(method, path, body, token);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Somebody who works here: `id`, `token`, and links to sign in with. */
export async function person(role, name) {
  const made = await must('POST', '/v1/tokens', { role, name });
  return {
    ...made,
    link: async () => url + (await must('POST', '/v1/sign-in-links', { token: made.id })).path,
    passage: (id) => must('GET', `/v1/passages/${id}`, undefined, made.token),
  };
}

/**
 * Signs somebody in by a link, and waits until the console knows it: the page spends the code by a request of its own, and whoever
 * leaves it before is nobody. Answers the link.
 */
export async function signIn(page, who) {
  const link = await who.link();
  await page.goto(link);
  // Everybody has it: who has no view of their own still has the page about themselves.
  await page.locator('nav.rail').waitFor();
  return link;
}

/** The passage whose photo a page shows. */
export async function shown(page) {
  const source = await page.locator('.frame img').getAttribute('src');
  return source.split('/')[3];
}

/** Waits until `look` answers something true. */
export async function until(what, look) {
  const deadline = Date.now() + PATIENCE;
  while (Date.now() < deadline) {
    const found = await look();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`waited in vain for ${what}`);
}

export function equal(found, expected, what) {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: found ${a}, expected ${b}`);
}

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Asks whoever runs the host to `kill` or `restart` it, and waits until it is done. */
export async function host(order) {
  console.log(`host: ${order}`);
  const { value } = await answers.next();
  if (value !== 'done') throw new Error(`host: ${order}: ${value}`);
}

// Says what in the console people read that does not stand in src/texts, and which file there src/texts/all.ts does not collect:
// whoever translates the console must find every word in one place. Part of `npm run build`.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** Attributes that are read out or shown. */
const SHOWN = new Set(['alt', 'aria-description', 'aria-label', 'aria-roledescription', 'label', 'placeholder', 'title', 'buttons']);
/** Attributes whose words are names of rules, keys or formats. */
const NOT_SHOWN = new Set(['class', 'style', 'd', 'viewBox', 'transform', 'points', 'href', 'src', 'sizes', 'accept', 'pattern']);
/** Calls whose words nobody sees: they are names, addresses and formats. */
const UNSEEN = /^(call|callIfNew|go|href|fetch|lazy|import|localStorage\.\w+|sessionStorage\.\w+|matchMedia|document\.\w+|channel\.postMessage|[\w.?()]+\.(matches|closest|querySelector|querySelectorAll|split)|new (Error|Unreachable|BroadcastChannel|Listing|Poll|RegExp|URL|Intl\.\w+))$/;
/** Examples of what a machine writes, the same in every language. */
const CODES = /^(psg_…|\S+@\S+|https?:\/\/\S*)$/;

const letters = /\p{L}{2,}/u;
const sentence = /\p{L}{2,}[’']?\p{L}*[,:]? \p{L}+/u;

/** What stands in a file that people read, each with its line. */
export function spoken(name, source) {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.ESNext, true, name.endsWith('.tsx') ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
  const found = [];
  const say = (node, text) => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
    found.push({ line: line + 1, text: text.trim().replace(/\s+/g, ' ') });
  };
  const look = (node, shown) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return;
    if (ts.isJsxText(node)) {
      if (letters.test(node.text)) say(node, node.text);
      return;
    }
    if (ts.isJsxAttribute(node)) {
      const attribute = node.name.getText(file);
      if (NOT_SHOWN.has(attribute)) return;
      if (node.initializer) look(node.initializer, SHOWN.has(attribute));
      return;
    }
    if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && UNSEEN.test(`${ts.isNewExpression(node) ? 'new ' : ''}${node.expression.getText(file)}`)) {
      // What is called within is looked at all the same.
      for (const part of node.arguments ?? []) if (!ts.isStringLiteralLike(part) && !ts.isTemplateExpression(part)) look(part, false);
      return;
    }
    if (ts.isStringLiteralLike(node)) {
      if ((shown ? letters : sentence).test(node.text) && !CODES.test(node.text)) say(node, node.text);
      return;
    }
    if (ts.isTemplateExpression(node)) {
      const text = [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join('…');
      if ((shown ? letters : sentence).test(text)) say(node, text);
      for (const span of node.templateSpans) look(span.expression, false);
      return;
    }
    // In `{open ? 'Open' : 'Shut'}` between tags, and in an attribute that is shown, a single word is read as well.
    const inside = ts.isJsxExpression(node)
      ? shown || !ts.isJsxAttribute(node.parent)
      : shown && (ts.isConditionalExpression(node) || ts.isParenthesizedExpression(node) || ts.isBinaryExpression(node));
    ts.forEachChild(node, (child) => {
      const condition = ts.isConditionalExpression(node) && child === node.condition;
      const compared = ts.isBinaryExpression(node) && !['||', '&&', '??', '+'].includes(node.operatorToken.getText(file));
      look(child, inside && !condition && !compared && !(ts.isBinaryExpression(node) && child === node.left && node.operatorToken.getText(file) === '&&'));
    });
  };
  look(file, false);
  return found;
}

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

/** That this finds what it looks for: a check that finds nothing is none. */
function selfTest() {
  const cases = [
    ['<b>Read me</b>', 1], ['<b>{texts.a}</b>', 0], ['<b title="Mine" />', 1], ['<b class="not mine" />', 0],
    ["<b>{open ? 'Open' : 'Shut'}</b>", 2], ["<b>{kind === 'photo' && texts.a}</b>", 0], ["const KEYS = ['bill and next'];", 1],
    ["const CODES = ['in-review', 'accepted'];", 0], ["call('GET', '/v1/some thing');", 0], ['<b aria-label={`Photo of ${name}`} />', 1],
    ["<b>{open && 'Open'}</b>", 1], ['<i>{" · "}</i>', 0], ["throw new Error('for the log only');", 0],
  ];
  for (const [source, expected] of cases) {
    const count = spoken('case.tsx', source).length;
    if (count !== expected) throw new Error(`texts.mjs finds ${count} texts instead of ${expected} in: ${source}`);
  }
}

selfTest();
const here = fileURLToPath(new URL('.', import.meta.url));
const texts = join(here, 'src', 'texts');
const wrong = [];
for (const path of files(join(here, 'src'))) {
  if (path.startsWith(texts)) continue;
  for (const { line, text } of spoken(path, readFileSync(path, 'utf8'))) {
    wrong.push(`${relative(here, path)}:${line}: “${text}” belongs in src/texts`);
  }
}
const all = readFileSync(join(texts, 'all.ts'), 'utf8');
for (const path of files(texts)) {
  const name = relative(texts, path).replace(/\.ts$/, '');
  if (name !== 'all' && !all.includes(`'./${name}'`)) wrong.push(`src/texts/all.ts: does not collect src/texts/${name}.ts`);
}
if (wrong.length > 0) {
  console.error(wrong.join('\n'));
  process.exit(1);
}

// Compresses what was built, once, so that the component that serves it never has to: brotli at its best, and gzip.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const ENTRY_LIMIT = 60_000; // bytes of gzip that a first visit may load
let entry = 0;
for (const found of readdirSync('dist', { recursive: true, withFileTypes: true })) {
  if (!found.isFile() || !/\.(html|js|css|svg)$/.test(found.name)) continue;
  const path = join(found.parentPath, found.name);
  const bytes = readFileSync(path);
  const gzip = gzipSync(bytes, { level: 9 });
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  if (/^index/.test(found.name)) entry += gzip.length;
  // A form that is not smaller is not kept.
  if (gzip.length < bytes.length) writeFileSync(`${path}.gz`, gzip);
  if (brotli.length < bytes.length) writeFileSync(`${path}.br`, brotli);
}
console.log(`the console's entry has ${entry} bytes (gzip)`);
if (entry > ENTRY_LIMIT) {
  console.error(`the console's entry may have ${ENTRY_LIMIT} bytes`);
  process.exit(1);
}

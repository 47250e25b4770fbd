// What billing did with lines, read from a CSV file (RFC 4180) by its header.
import { published as texts } from '../../texts/exports';

export interface Disposition {
  row: string;
  disposition: string;
  reason?: string;
}

/** A file that cannot be read as one; the message is for people. */
export class BadFile extends Error {}

/** Rows of one upload: the most that a server takes. */
export const UPLOAD = 2_000;

/** Reads a file. Throws `BadFile`. */
export function readDispositions(text: string): Disposition[] {
  const [header, ...rows] = records(text.replace(/^\uFEFF/, ''));
  const at = (...names: string[]) => header?.findIndex((name) => names.includes(name.trim().toLowerCase())) ?? -1;
  const [row, disposition, reason] = [at('filename', 'passageid', 'row'), at('disposition'), at('reason')];
  if (row < 0 || disposition < 0) throw new BadFile(texts.badFile.header);
  const found = rows.map((cells) => {
    const why = reason < 0 ? '' : (cells[reason] ?? '').trim();
    return { row: (cells[row] ?? '').trim(), disposition: (cells[disposition] ?? '').trim(), ...(why === '' ? {} : { reason: why }) };
  });
  if (found.length === 0) throw new BadFile(texts.badFile.empty);
  return found;
}

/** The records of a file; empty lines are none. */
function records(text: string): string[][] {
  const found: string[][] = [];
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  let opened = 0;
  let line = 1;
  const end = () => {
    cells.push(cell);
    if (cells.length > 1 || cell !== '') found.push(cells);
    cells = [];
    cell = '';
  };
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (sign === '\n') line += 1;
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text.charAt(at + 1) === '"') {
        cell += sign;
        at += 1;
      } else quoted = false;
    } else if (sign === '"' && cell === '') {
      quoted = true;
      opened = line;
    } else if (sign === ',') {
      cells.push(cell);
      cell = '';
    } else if (sign === '\n') end();
    else if (sign !== '\r') cell += sign;
  }
  if (quoted) throw new BadFile(texts.badFile.quote(opened));
  end();
  return found;
}

// One page of the log, whichever list it is of: what was done, who looked, or who fetched.
import type { SchemaDeed, SchemaDeedPage, SchemaDownload, SchemaDownloadPage, SchemaLook, SchemaLookPage } from '../../api/schema';
import { log as texts } from '../../texts/log';

export interface Entry {
  number: number;
  at: string;
  who: string;
  name: string;
  role: string;
  what: string;
  passage: string | null;
  more: string;
}

/** Longest text of a detail that is shown. */
const LONGEST = 160;

export function entriesOf(page: SchemaDeedPage | SchemaLookPage | SchemaDownloadPage): Entry[] {
  return page.items.map((item) => ('sequence' in item ? deed(item) : 'export' in item ? download(item) : look(item)));
}

function download(item: SchemaDownload): Entry {
  return {
    number: item.number, at: item.at, who: item.token, name: item.name, role: '', what: texts.fetched[item.part], passage: null,
    more: texts.ofExport(item.export, item.profile),
  };
}

function deed(item: SchemaDeed): Entry {
  return {
    number: item.sequence,
    at: item.at,
    who: item.actor.id,
    name: item.actor.name ?? item.actor.id,
    role: texts.roles[item.actor.role] ?? item.actor.role,
    what: texts.kind(item.kind),
    passage: item.passage,
    more: more(item.detail as Record<string, unknown>),
  };
}

function look(item: SchemaLook): Entry {
  return { number: item.number, at: item.at, who: item.token, name: item.name, role: '', what: texts.looked, passage: item.passage, more: '' };
}

/** Everything that the history says beside, in one line: plates and remarks first, for they are what is looked for. */
function more(detail: Record<string, unknown>): string {
  const first = ['plate', 'jurisdiction', 'reject', 'code', 'reason', 'remark'];
  const names = [...first.filter((name) => name in detail), ...Object.keys(detail).filter((name) => !first.includes(name))];
  const parts = names.flatMap((name) => {
    const value = detail[name];
    if (value === null || value === undefined || value === '') return [];
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    return [first.includes(name) ? text : `${name.replaceAll('_', ' ')}: ${text}`];
  });
  const text = parts.join(' · ');
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

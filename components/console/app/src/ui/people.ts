// What people are called. The history names whoever did something by their token; whoever answers for what people do reads names
// instead, and everybody their own. Who may not know a name sees the token.
import { signal } from '@preact/signals';
import { call } from '../api/client';
import type { SchemaNamed, SchemaNamedPage } from '../api/schema';
import { me } from '../session';

/** People that are known by name; more than work at any operator that we know. */
const MOST = 1_000;

const found = signal<readonly SchemaNamed[]>([]);
let asking = false;

/** Whether the log, which names people, is for whoever looks. */
export function knowsPeople(): boolean {
  return me.value?.role === 'supervisor' && !me.value.booths;
}

/** Everybody who may have done something, by name; nobody before `meet`, or for whom they are not to be known. */
export function people(): readonly SchemaNamed[] {
  return knowsPeople() ? found.value : [];
}

/** Has the names ready. Without them the tokens still say who it was, so that it fails is said to nobody. */
export function meet(): void {
  if (asking || !knowsPeople()) return;
  asking = true;
  void everybody()
    .then(
      (all) => {
        found.value = all;
      },
      () => {},
    )
    .then(() => {
      asking = false;
    });
}

/** What somebody is called, or their token. */
export function nameOf(token: string): string {
  const own = me.value;
  if (own && own.token === token) return own.name;
  return people().find((person) => person.token === token)?.name ?? token;
}

async function everybody(): Promise<SchemaNamed[]> {
  const all: SchemaNamed[] = [];
  let next: string | null = '';
  while (next !== null && all.length < MOST) {
    const page: SchemaNamedPage = await call<SchemaNamedPage>('GET', `/v1/log/people?limit=200${next ? `&after=${next}` : ''}`);
    all.push(...page.items);
    next = page.next;
  }
  return all.sort((a, b) => a.name.localeCompare(b.name, 'en') || a.token.localeCompare(b.token));
}

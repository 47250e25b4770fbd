// Everybody who may have decided something, for supervisors: the log names them.
import { call } from '../api/client';
import type { SchemaNamed, SchemaNamedPage } from '../api/schema';

/** People that are offered; more than work at any operator that we know. */
const MOST = 1_000;

export async function everybody(): Promise<SchemaNamed[]> {
  const found: SchemaNamed[] = [];
  let next: string | null = '';
  while (next !== null && found.length < MOST) {
    const page: SchemaNamedPage = await call<SchemaNamedPage>('GET', `/v1/log/people?limit=200${next ? `&after=${next}` : ''}`);
    found.push(...page.items);
    next = page.next;
  }
  return found.sort((a, b) => a.name.localeCompare(b.name, 'en') || a.token.localeCompare(b.token));
}

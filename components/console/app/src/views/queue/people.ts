// Who reviews here: whom a photo can be given to, and what they are called.
import { signal } from '@preact/signals';
import { call } from '../../api/client';
import type { SchemaColleague, SchemaColleagues } from '../../api/schema';

export class People {
  readonly all = signal<readonly SchemaColleague[]>([]);

  async load(): Promise<void> {
    // Without names the list still says who, by their token.
    const found = await call<SchemaColleagues>('GET', '/v1/reviews/people').catch(() => null);
    if (found) this.all.value = found.items;
  }

  name(token: string): string {
    return this.all.value.find((person) => person.token === token)?.name ?? token;
  }
}

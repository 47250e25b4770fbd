// Every setting with its value, what it means and what it may be. Changes are sent together: all hold, or none.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../../api/client';
import type { SchemaChange, SchemaSetting, SchemaSettingList } from '../../api/schema';
import { admin } from '../../texts/admin';
import { Failure } from '../../ui/failure';
import { Changes, moved } from './changes';
import { Field } from './field';
import { Refused } from './refused';

export type Value = SchemaSetting['value'] | null;

/** Lists are compared by what is in them. */
export const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

export function Settings() {
  const found = useSignal<readonly SchemaSetting[] | null>(null);
  const failure = useSignal<unknown>(null);
  const refused = useSignal<unknown>(null);
  const pending = useSignal<Readonly<Record<string, Value>>>({});
  const filter = useSignal('');
  const differing = useSignal(false);
  const said = useSignal('');
  const seen = useSignal(0);
  const load = async () => {
    try {
      found.value = (await call<SchemaSettingList>('GET', '/v1/settings')).items;
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
  };
  useEffect(() => void load(), []);
  const send = async (patch: Readonly<Record<string, Value>>, done: string) => {
    try {
      found.value = (await call<SchemaSettingList>('PATCH', '/v1/settings', patch)).items;
      refused.value = null;
      said.value = done;
      seen.value += 1;
      return true;
    } catch (error) {
      said.value = '';
      refused.value = error;
      return false;
    }
  };
  const undo = (change: SchemaChange) => {
    const back = Object.entries(change.detail as Record<string, unknown>).flatMap(([name, value]) => {
      const step = moved(value);
      return step ? [[name, step.from as Value] as const] : [];
    });
    return back.length === 0 ? null : async () => void (await send(Object.fromEntries(back), admin.undone));
  };
  const count = Object.keys(pending.value).length;
  const wanted = filter.value.trim().toLowerCase();
  const shown = (found.value ?? []).filter(
    (one) => (wanted === '' || `${one.name} ${one.meaning}`.toLowerCase().includes(wanted)) && (!differing.value || !same(one.value, one.default) || one.name in pending.value),
  );
  const groups = [...new Set(shown.map((one) => one.name.split('.')[0] ?? ''))];
  return (
    <>
      {failure.value !== null && <Failure error={failure.value} retry={() => void load()} />}
      {found.value === null && failure.value === null && <p class="muted loading">{admin.loading}</p>}
      {found.value && (
        <form
          class="stack"
          noValidate
          onSubmit={async (event) => {
            event.preventDefault();
            if (await send(pending.value, admin.saved)) pending.value = {};
          }}
        >
          <div class="filters">
            <label>
              {admin.find}
              <input type="search" value={filter.value} onInput={(event) => (filter.value = event.currentTarget.value)} />
            </label>
            <label class="row">
              <input type="checkbox" style={{ width: '20px' }} checked={differing.value} onChange={(event) => (differing.value = event.currentTarget.checked)} />
              {admin.onlyChanged}
            </label>
          </div>
          {shown.length === 0 && <p class="muted">{admin.none}</p>}
          {groups.map((group) => (
            <section key={group}>
              <h2>{admin.group(group)}</h2>
              {shown
                .filter((one) => one.name.startsWith(`${group}.`))
                .map((one) => (
                  <Field
                    key={one.name}
                    setting={one}
                    pending={pending.value[one.name]}
                    change={(value) => {
                      const { [one.name]: _, ...rest } = pending.value;
                      pending.value = value === undefined || value === one.value ? rest : { ...rest, [one.name]: value };
                    }}
                  />
                ))}
            </section>
          ))}
          <Refused error={refused.value} />
          <p role="status">{said.value}</p>
          {count > 0 && (
            <div class="bar">
              <button type="submit" class="main">
                {admin.save}
              </button>
              <button type="button" onClick={() => (pending.value = {})}>
                {admin.discard}
              </button>
              <span>{admin.pending(count)}</span>
            </div>
          )}
        </form>
      )}
      <Changes of="settings" seen={seen.value} undo={undo} />
    </>
  );
}

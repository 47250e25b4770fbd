// Booths: where vehicles are photographed.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../../api/client';
import type { SchemaBooth, SchemaBoothBody, SchemaBoothList, SchemaChange } from '../../api/schema';
import { admin } from '../../texts/admin';
import { issuerName } from '../../texts/issuers';
import { Columns } from '../../ui/columns';
import { Failure } from '../../ui/failure';
import { Scroll } from '../../ui/scroll';
import { BoothForm } from './booth-form';
import { Changes } from './changes';
import { Refused } from './refused';

const MOST = 200;

export function Booths() {
  const found = useSignal<readonly SchemaBooth[] | null>(null);
  const editing = useSignal<SchemaBooth | 'new' | null>(null);
  const failure = useSignal<unknown>(null);
  const refused = useSignal<unknown>(null);
  const said = useSignal('');
  const seen = useSignal(0);
  const load = async () => {
    try {
      found.value = (await call<SchemaBoothList>('GET', `/v1/booths?limit=${MOST}`)).items;
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
  };
  useEffect(() => void load(), []);
  const put = async (id: string, booth: SchemaBoothBody) => {
    try {
      await call<SchemaBooth>('PUT', `/v1/booths/${encodeURIComponent(id)}`, booth);
      refused.value = editing.value = null;
      said.value = admin.boothSaved(id);
      seen.value += 1;
      await load();
    } catch (error) {
      refused.value = error;
    }
  };
  const undo = (change: SchemaChange, older: readonly SchemaChange[]) => {
    const before = older.find((one) => one.booth === change.booth);
    const { booth } = change;
    return booth === null || !before ? null : () => put(booth, before.detail as unknown as SchemaBoothBody);
  };
  return (
    <>
      {failure.value !== null && <Failure error={failure.value} retry={() => void load()} />}
      {found.value === null && failure.value === null && <p class="muted loading">{admin.loading}</p>}
      {found.value?.length === 0 && (
        <p class="note">
          <b>{admin.boothsNone}</b> {admin.boothsNoneHow}
        </p>
      )}
      {found.value && found.value.length > 0 && (
        <Scroll label={admin.tabs.booths ?? ''}>
          <table>
            <Columns names={Object.values(admin.boothColumns)} buttons={admin.edit} />
            <tbody>
              {found.value.map((booth) => (
                <tr key={booth.id}>
                  <td>{booth.id}</td>
                  <td>{booth.name}</td>
                  <td>{issuerName(booth.jurisdiction)}</td>
                  <td>{booth.time_zone}</td>
                  <td>{admin.value(booth.lanes)}</td>
                  <td>
                    <button type="button" aria-label={admin.boothEdit(booth.id)} onClick={() => (editing.value = booth)}>
                      {admin.edit}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      <p role="status">{said.value}</p>
      {editing.value === null && <Refused error={refused.value} />}
      {editing.value === null ? (
        <div class="row">
          <button type="button" class="main" onClick={() => (editing.value = 'new')}>
            {admin.boothNew}
          </button>
        </div>
      ) : (
        <BoothForm
          key={editing.value === 'new' ? '' : editing.value.id}
          booth={editing.value === 'new' ? null : editing.value}
          refused={refused.value}
          put={put}
          close={() => (refused.value = editing.value = null)}
        />
      )}
      <Changes of="booths" seen={seen.value} undo={undo} />
    </>
  );
}

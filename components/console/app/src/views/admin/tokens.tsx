// Tokens: who and what may call the API. A new one is shown once; one that is revoked stays on the list.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../../api/client';
import type { SchemaBooth, SchemaBoothList, SchemaNewToken, SchemaToken, SchemaTokenList } from '../../api/schema';
import { admin } from '../../texts/admin';
import { Columns } from '../../ui/columns';
import { Dialog } from '../../ui/dialog';
import { Failure } from '../../ui/failure';
import { Scroll } from '../../ui/scroll';
import { full } from '../../ui/time';
import { Changes } from './changes';
import { Refused } from './refused';

const MOST = 200;

export function Tokens() {
  const found = useSignal<readonly SchemaToken[] | null>(null);
  const booths = useSignal<readonly SchemaBooth[]>([]);
  const next = useSignal<string | null>(null);
  const made = useSignal<SchemaNewToken | null>(null);
  const revoking = useSignal<SchemaToken | null>(null);
  const failure = useSignal<unknown>(null);
  const refused = useSignal<unknown>(null);
  const seen = useSignal(0);
  const load = async (after: string | null) => {
    try {
      const page = await call<SchemaTokenList>('GET', `/v1/tokens?limit=${MOST}${after === null ? '' : `&after=${encodeURIComponent(after)}`}`);
      found.value = after === null ? page.items : [...(found.value ?? []), ...page.items];
      next.value = page.next;
      booths.value = (await call<SchemaBoothList>('GET', `/v1/booths?limit=${MOST}`)).items;
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
  };
  useEffect(() => void load(null), []);
  const changed = async () => {
    refused.value = null;
    seen.value += 1;
    await load(null);
  };
  const make = async (body: { role: string; name: string; booth?: string }) => {
    try {
      made.value = await call<SchemaNewToken>('POST', '/v1/tokens', body);
      await changed();
    } catch (error) {
      refused.value = error;
    }
  };
  const revoke = async (token: SchemaToken) => {
    try {
      await call<SchemaToken>('DELETE', `/v1/tokens/${token.id}`);
      revoking.value = null;
      await changed();
    } catch (error) {
      refused.value = error;
    }
  };
  return (
    <>
      {failure.value !== null && <Failure error={failure.value} retry={() => void load(null)} />}
      {found.value === null && failure.value === null && <p class="muted loading">{admin.loading}</p>}
      {found.value && (
        <Scroll label={admin.tabs.tokens ?? ''}>
          <table>
            <Columns names={Object.values(admin.tokenColumns)} buttons={admin.revoke} />
            <tbody>
              {found.value.map((token) => (
                <tr key={token.id}>
                  <td title={token.id}>{token.name}</td>
                  <td>{token.role}</td>
                  <td>{token.booth ?? token.booths?.join(', ') ?? '–'}</td>
                  <td>{full(token.created_at)}</td>
                  <td>{token.revoked_at === null ? admin.valid : admin.revoked(full(token.revoked_at))}</td>
                  <td>
                    {token.revoked_at === null && (
                      <button type="button" class="bad" aria-label={`${admin.revoke} (${token.name})`} onClick={() => (revoking.value = token)}>
                        {admin.revoke}
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {next.value !== null && (
        <div class="row">
          <button type="button" onClick={() => void load(next.value)}>
            {admin.more}
          </button>
        </div>
      )}
      <Make booths={booths.value} make={make} />
      {revoking.value === null && <Refused error={refused.value} />}
      {made.value && <Made made={made.value} close={() => (made.value = null)} />}
      {revoking.value && (
        <Dialog title={admin.revokeTitle(revoking.value.name)} onClose={() => (revoking.value = refused.value = null)}>
          <p>{admin.revokeHow}</p>
          <Refused error={refused.value} />
          <div class="row">
            <button type="button" class="bad" onClick={() => revoking.value && void revoke(revoking.value)}>
              {admin.revokeGo}
            </button>
            <button type="button" onClick={() => (revoking.value = refused.value = null)}>
              {admin.back}
            </button>
          </div>
        </Dialog>
      )}
      <Changes of="tokens" seen={seen.value} />
    </>
  );
}

function Make({ booths, make }: { booths: readonly SchemaBooth[]; make: (body: { role: string; name: string; booth?: string }) => Promise<void> }) {
  const role = useSignal('reviewer');
  const name = useSignal('');
  const booth = useSignal('');
  const of = booth.value || (booths[0]?.id ?? '');
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void make({ role: role.value, name: name.value.trim(), ...(role.value === 'camera' ? { booth: of } : {}) });
      }}
    >
      <h2>{admin.tokenNew}</h2>
      <div class="form">
        <label>
          {admin.tokenName}
          <input value={name.value} required maxLength={100} onInput={(event) => (name.value = event.currentTarget.value)} />
        </label>
        <label>
          {admin.tokenRole}
          <select value={role.value} onChange={(event) => (role.value = event.currentTarget.value)}>
            {Object.entries(admin.roles).map(([code, words]) => (
              <option key={code} value={code}>
                {words}
              </option>
            ))}
          </select>
        </label>
        {role.value === 'camera' && (
          <label>
            {admin.tokenBooth}
            <select value={of} onChange={(event) => (booth.value = event.currentTarget.value)}>
              {booths.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <div class="row">
        <button type="submit" class="main">
          {admin.tokenGo}
        </button>
      </div>
    </form>
  );
}

/** The text of a new token, until whoever made it says that they have it. */
function Made({ made, close }: { made: SchemaNewToken; close: () => void }) {
  return (
    <Dialog title={made.name} closable={false} onClose={close}>
      <p>{admin.tokenText}</p>
      <p class="secret">{made.token}</p>
      <div class="row">
        <button type="button" class="main" onClick={close}>
          {admin.tokenDone}
        </button>
      </div>
    </Dialog>
  );
}

// Where one is signed in, and ending a session that one does not know.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../../api/client';
import type { SchemaOwnSessions } from '../../api/schema';
import { endSession } from '../../session';
import { texts } from '../../texts/en';
import { Failure } from '../../ui/failure';
import { full } from '../../ui/time';

export function Sessions() {
  const found = useSignal<SchemaOwnSessions['sessions']>([]);
  const error = useSignal<unknown>(null);
  const load = async () => {
    try {
      found.value = (await call<SchemaOwnSessions>('GET', '/v1/sessions')).sessions;
      error.value = null;
    } catch (cause) {
      error.value = cause;
    }
  };
  useEffect(() => void load(), []);
  const end = async (id: string) => {
    try {
      await endSession(id);
      await load();
    } catch (cause) {
      error.value = cause;
    }
  };
  return (
    <section class="stack">
      <h2>{texts.me.where}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{texts.me.opened}</th>
            <th scope="col">{texts.me.by}</th>
            <th scope="col">{texts.me.used}</th>
            <th scope="col">{texts.me.ends}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {found.value.map((session) => (
            <tr key={session.id}>
              <td>{full(session.opened_at)}</td>
              <td>{texts.me.ways[session.opened_by] ?? session.opened_by}</td>
              <td>{full(session.used_at)}</td>
              <td>{full(session.ends_at)}</td>
              <td>
                {session.current ? (
                  <span class="muted">{texts.me.here}</span>
                ) : (
                  <button type="button" aria-label={texts.me.endOf(full(session.opened_at))} onClick={() => void end(session.id)}>
                    {texts.me.end}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {error.value !== null && <Failure error={error.value} />}
    </section>
  );
}

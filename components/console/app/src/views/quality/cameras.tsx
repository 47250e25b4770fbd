// Cameras that somebody should look at, and texts that they show again and again.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../../api/client';
import type { SchemaCameraFindings } from '../../api/schema';
import { href } from '../../router';
import { me } from '../../session';
import { camera, learned as texts } from '../../texts/learned';
import { Failure } from '../../ui/failure';
import { Turns } from './turns';

export function Cameras() {
  const found = useSignal<SchemaCameraFindings | null>(null);
  const failure = useSignal<unknown>(null);
  const load = async () => {
    try {
      found.value = await call<SchemaCameraFindings>('GET', '/v1/camera-findings?limit=200');
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
  };
  useEffect(() => void load(), []);
  const forget = async (id: number) => {
    try {
      await call('DELETE', `/v1/camera-findings/texts/${id}`);
      await load();
    } catch (error) {
      failure.value = error;
    }
  };
  const shown = found.value;
  const shows = shown?.texts.filter((text) => text.forgotten_at === null) ?? [];
  if (failure.value !== null) return <Failure error={failure.value} retry={() => void load()} />;
  if (shown === null || (shown.turned.length === 0 && shown.turns.length === 0 && shows.length === 0)) return null;
  const role = me.value?.role;
  return (
    <section class="stack">
      <h2>{texts.camerasTitle}</h2>
      <Turns found={shown} decides={role === 'operator' || role === 'supervisor'} reload={load} />
      <ul>
        {shows.map((text) => (
          <li key={text.id}>
            {texts.shows(camera(text), text.text)}{' '}
            {text.passage !== null && (
              <>
                (<a href={href(`passages/${text.passage}`)}>{texts.photo}</a>){' '}
              </>
            )}
            {role === 'operator' && (
              <button type="button" onClick={() => void forget(text.id)}>
                {texts.forget}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

// Cameras that are mirrored or upside down: one decision for each, carried out on what waits.
import { useSignal } from '@preact/signals';
import { call } from '../../api/client';
import type { SchemaCameraFindings, SchemaCameraTurn, SchemaReadAgain, SchemaTurned } from '../../api/schema';
import { href } from '../../router';
import { camera, learned as texts } from '../../texts/learned';
import { Failure } from '../../ui/failure';
import { full } from '../../ui/time';

interface Props {
  found: SchemaCameraFindings;
  /** Whether the one who looks may decide. */
  decides: boolean;
  reload: () => Promise<void>;
}

const WAYS: readonly SchemaTurned[] = ['mirrored', 'upside-down'];

/** With its times as all others are shown. */
function readable(turn: SchemaCameraTurn): SchemaCameraTurn {
  return { ...turn, since: turn.since && full(turn.since), until: turn.until && full(turn.until), decided_at: full(turn.decided_at) };
}

/** Sends what waits in steps; how many were sent. */
async function readAgain(turn: number, told: (sent: number) => void): Promise<void> {
  let sent = 0;
  for (;;) {
    const step = await call<SchemaReadAgain>('POST', `/v1/camera-findings/turns/${turn}/read-again`);
    sent += step.passages;
    told(sent);
    if (step.left === 0 || step.passages === 0) return;
  }
}

export function Turns({ found, decides, reload }: Props) {
  const busy = useSignal(false);
  const told = useSignal('');
  const failure = useSignal<unknown>(null);
  const act = async (work: () => Promise<void>) => {
    busy.value = true;
    failure.value = null;
    told.value = '';
    try {
      await work();
    } catch (error) {
      failure.value = error;
    }
    try {
      await reload();
    } finally {
      busy.value = false;
    }
  };
  const again = (turn: number) => readAgain(turn, (sent) => (told.value = texts.sent(sent)));
  const decide = (place: { booth: string; lane: string; camera: string }, turned: SchemaTurned) =>
    act(async () => {
      const { booth, lane, camera: name } = place;
      const body = { booth, lane, camera: name, turned };
      const turn = await call<SchemaCameraTurn>('POST', '/v1/camera-findings/turns', body);
      await again(turn.id);
    });
  const end = (turn: SchemaCameraTurn) =>
    act(async () => void (await call('POST', `/v1/camera-findings/turns/${turn.id}/end`, {})));
  const withdraw = (turn: SchemaCameraTurn) =>
    act(async () => {
      await call('DELETE', `/v1/camera-findings/turns/${turn.id}`);
      await again(turn.id);
    });
  const shown = found.turns.filter((turn) => turn.withdrawn_at === null || turn.to_read > 0);
  return (
    <>
      {failure.value !== null && <Failure error={failure.value} retry={() => void reload()} />}
      <p role="status">{told.value}</p>
      <ul>
        {found.turned.map((turned) => (
          <li key={`found ${camera(turned)}`}>
            {texts.turned(camera(turned), turned.turned, turned.waiting)} (
            <a href={href(`passages/${turned.passage}`)}>{texts.photo}</a>){' '}
            {decides &&
              WAYS.map((way) => (
                <button
                  type="button"
                  key={way}
                  disabled={busy.value}
                  aria-label={texts.decideOf[way](camera(turned))}
                  onClick={() => void decide(turned, way)}
                >
                  {texts.decide[way]}
                </button>
              ))}
          </li>
        ))}
        {shown.map((turn) => (
          <li key={`turn ${turn.id}`}>
            {texts.decided(camera(turn), readable(turn))}{' '}
            {decides && turn.to_read > 0 && (
              <button type="button" disabled={busy.value} onClick={() => void act(() => again(turn.id))}>
                {texts.readAgain(turn.to_read)}
              </button>
            )}
            {decides && turn.withdrawn_at === null && turn.until === null && (
              <button type="button" disabled={busy.value} onClick={() => void end(turn)}>
                {texts.mended}
              </button>
            )}
            {decides && turn.withdrawn_at === null && (
              <button type="button" disabled={busy.value} onClick={() => void withdraw(turn)}>
                {texts.mistake}
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

// Giving photos to a person: those that are chosen, or the oldest of what is shown; and taking them away again.
import { useSignal } from '@preact/signals';
import { call } from '../../api/client';
import type { SchemaAssigned } from '../../api/schema';
import { desk } from '../../texts/desk';
import { Failure } from '../../ui/failure';
import type { People } from './people';

interface Props {
  people: People;
  chosen: readonly string[];
  filters: Record<string, string>;
  done: () => void;
}

export function Giving({ people, chosen, filters, done }: Props) {
  const to = useSignal('');
  const count = useSignal('10');
  const busy = useSignal(false);
  const failure = useSignal<unknown>(null);
  const said = useSignal('');
  const act = async (work: () => Promise<string>) => {
    busy.value = true;
    try {
      said.value = await work();
      failure.value = null;
      done();
    } catch (error) {
      failure.value = error;
    }
    busy.value = false;
  };
  const give = (what: object) =>
    act(async () => {
      const given = await call<SchemaAssigned>('POST', '/v1/reviews/assign', { to: to.value, ...what });
      return desk.given(given.passages.length, people.name(to.value));
    });
  const wanted = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ''));
  const number = Number(count.value);
  return (
    <div class="stack">
      <div class="giving">
        <label>
          {desk.giveTo}
          <select value={to.value} onChange={(event) => (to.value = event.currentTarget.value)}>
            <option value="">{desk.person}</option>
            {people.all.value.map((person) => (
              <option key={person.token} value={person.token}>
                {person.booths ? desk.limited(person.name, person.booths) : person.name}
              </option>
            ))}
          </select>
        </label>
        {chosen.length > 0 ? (
          <>
            <button class="main" type="button" disabled={busy.value || to.value === ''} onClick={() => void give({ passages: chosen })}>
              {desk.give} {chosen.length}
            </button>
            <button
              type="button"
              disabled={busy.value}
              onClick={() =>
                void act(async () => {
                  for (const id of chosen) await call('DELETE', `/v1/reviews/${id}/assignment`);
                  return '';
                })
              }
            >
              {desk.takeAway}
            </button>
          </>
        ) : (
          <>
            <label class="count">
              {desk.giveOldest}
              <input inputMode="numeric" value={count.value} onInput={(event) => (count.value = event.currentTarget.value)} />
            </label>
            <button
              type="button"
              disabled={busy.value || to.value === '' || !Number.isInteger(number) || number < 1 || number > 100}
              onClick={() => void give({ count: number, ...wanted })}
            >
              {desk.give}
            </button>
          </>
        )}
      </div>
      <p role="status" class="small muted">
        {said.value}
      </p>
      {failure.value !== null && <Failure error={failure.value} />}
    </div>
  );
}

// Who, what, which passage and when: the fields above the log.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { SchemaNamed } from '../../api/schema';
import { go } from '../../router';
import { log as texts } from '../../texts/log';
import { everybody } from '../../ui/everybody';
import { address, type Asked, type What, WHATS } from './asked';

export function Filters({ asked }: { asked: Asked }) {
  const people = useSignal<SchemaNamed[]>([]);
  const wanted = useSignal(asked);
  useEffect(() => {
    wanted.value = asked;
  }, [asked.who, asked.what, asked.passage, asked.since, asked.until]);
  useEffect(() => {
    // Without the list one can still filter by the links in the log.
    void everybody().then(
      (found) => {
        people.value = found;
      },
      () => {},
    );
  }, []);
  const set = (change: Partial<Asked>) => {
    wanted.value = { ...wanted.value, ...change };
  };
  const { who } = wanted.value;
  return (
    <form
      class="filters"
      onSubmit={(event) => {
        event.preventDefault();
        go(address(wanted.value, { passage: wanted.value.passage.trim() }));
      }}
    >
      <label>
        {texts.who}
        <select value={who} onChange={(event) => set({ who: event.currentTarget.value })}>
          <option value="">{texts.everybody}</option>
          {who !== '' && !people.value.some((person) => person.token === who) && <option value={who}>{who}</option>}
          {people.value.map((person) => (
            <option key={person.token} value={person.token}>
              {person.name}, {texts.roles[person.role] ?? person.role}
              {person.revoked ? ` (${texts.gone})` : ''}
            </option>
          ))}
        </select>
      </label>
      <label>
        {texts.what}
        <select value={wanted.value.what} onChange={(event) => set({ what: event.currentTarget.value as What })}>
          {(Object.keys(WHATS) as What[]).map((what) => (
            <option key={what} value={what}>
              {texts.whats[what]}
            </option>
          ))}
        </select>
      </label>
      <label>
        {texts.since}
        <input type="date" value={wanted.value.since} onInput={(event) => set({ since: event.currentTarget.value })} />
      </label>
      <label>
        {texts.until}
        <input type="date" value={wanted.value.until} onInput={(event) => set({ until: event.currentTarget.value })} />
      </label>
      <label>
        {texts.passage}
        <input value={wanted.value.passage} autocomplete="off" spellcheck={false} placeholder="psg_…" onInput={(event) => set({ passage: event.currentTarget.value })} />
      </label>
      <button class="main" type="submit">
        {texts.go}
      </button>
    </form>
  );
}

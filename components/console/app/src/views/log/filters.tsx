// Who, what, which passage and when: the fields above the log.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { go } from '../../router';
import { log as texts } from '../../texts/log';
import { PASSAGE_PATTERN, passageIn } from '../../ui/ids';
import { meet, people } from '../../ui/people';
import { address, type Asked, type What, WHATS } from './asked';

export function Filters({ asked }: { asked: Asked }) {
  const wanted = useSignal(asked);
  useEffect(() => {
    wanted.value = asked;
  }, [asked.who, asked.what, asked.passage, asked.since, asked.until]);
  // Without the list one can still filter by the links in the log.
  useEffect(meet, []);
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
          {who !== '' && !people().some((person) => person.token === who) && <option value={who}>{who}</option>}
          {people().map((person) => (
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
        <input type="date" value={wanted.value.since} max={wanted.value.until || undefined} onInput={(event) => set({ since: event.currentTarget.value })} />
      </label>
      <label>
        {texts.until}
        <input type="date" value={wanted.value.until} min={wanted.value.since || undefined} onInput={(event) => set({ until: event.currentTarget.value })} />
      </label>
      <label>
        {texts.passage}
        <input
          value={wanted.value.passage}
          // Files are fetched whole: none of them is of one passage.
          disabled={wanted.value.what === 'downloads'}
          pattern={PASSAGE_PATTERN}
          title={texts.passageForm}
          autocomplete="off"
          spellcheck={false}
          placeholder="psg_…"
          onInput={(event) => set({ passage: passageIn(event.currentTarget.value) })}
        />
      </label>
      <button class="main" type="submit">
        {texts.go}
      </button>
    </form>
  );
}

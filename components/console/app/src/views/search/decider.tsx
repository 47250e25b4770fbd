// Who decided it: the machine, oneself, and for supervisors anybody.
import { me } from '../../session';
import { log } from '../../texts/log';
import { texts } from '../../texts/en';
import { people } from '../../ui/people';

/** Roles that decide. */
const DECIDERS = ['reviewer', 'supervisor'];

export function Decider({ value, onChange }: { value: string; onChange: (token: string) => void }) {
  const own = me.value && DECIDERS.includes(me.value.role) ? me.value.token : '';
  // Without the list one can still search for the machine and for oneself.
  const others = people().filter((person) => DECIDERS.includes(person.role) && person.token !== own);
  const offered = ['', 'judge', own].includes(value) || others.some((person) => person.token === value);
  return (
    <label>
      {texts.search.decider}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{texts.search.anybody}</option>
        <option value="judge">{texts.search.machine}</option>
        {own !== '' && <option value={own}>{texts.search.me}</option>}
        {!offered && <option value={value}>{value}</option>}
        {others.map((person) => (
          <option key={person.token} value={person.token}>
            {person.name}, {log.roles[person.role] ?? person.role}
            {person.revoked ? ` (${log.gone})` : ''}
          </option>
        ))}
      </select>
    </label>
  );
}

// What each person's answers were worth: for supervisors, by name and never by merit.
import type { SchemaQualityPerson } from '../../api/schema';
import { quality as texts, share } from '../../texts/quality';
import { Columns } from '../../ui/columns';
import { Scroll } from '../../ui/scroll';

export function People({ people }: { people: readonly SchemaQualityPerson[] }) {
  return (
    <section class="stack">
      <h2>{texts.people}</h2>
      {people.length === 0 ? (
        <p class="muted">{texts.peopleNone}</p>
      ) : (
        <Scroll label={texts.people}>
          <table>
            <Columns names={Object.values(texts.peopleColumns)} />
            <tbody>
              {people.map((person) => (
                <tr key={person.token}>
                  <td title={person.token}>{person.name ?? texts.unknownName}</td>
                  <td>{person.answers.toLocaleString('en-US')}</td>
                  <td>{texts.of(person.right, person.checked)}</td>
                  <td>{person.checked === 0 ? '–' : texts.range(share(person.right_at_least_percent), share(person.right_at_most_percent))}</td>
                  <td>{share(person.alike_percent)}</td>
                  <td>{person.answers_per_hour === null ? '–' : Math.round(person.answers_per_hour)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      <p class="small muted">{texts.peopleNote}</p>
    </section>
  );
}

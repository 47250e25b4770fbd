// Recognisers behind HTTP: whether each works, and what it costs against its budget. Every name leads to the day it is of.
import type { SchemaPresent } from '../../api/schema';
import { href } from '../../router';
import { texts } from '../../texts/en';
import { Columns } from '../../ui/columns';
import { Scroll } from '../../ui/scroll';
import { now } from '../../ui/time';
import { address } from './shown';
import { live } from '../../texts/live';

const DAY = 86_400_000;

export function Recognizers({ found }: { found: SchemaPresent['recognizers'] }) {
  const words = live.recognizers;
  const from = Math.floor(now.value / DAY) * DAY;
  return (
    <section>
      <h2 id="recognizers">{words.title}</h2>
      {found.length === 0 ? (
        <p class="muted">{words.none}</p>
      ) : (
        <Scroll label={words.title}>
          <table>
            <Columns names={words.columns} />
            <tbody>
              {found.map((one) => (
                <tr key={one.name}>
                  <th scope="row">
                    <a href={href(address({ from, to: from + DAY }))} aria-label={words.today(one.name)}>
                      {one.name}
                    </a>
                  </th>
                  <td>
                    <span class={`state ${one.open_reason === null ? 'well' : 'silent'}`}>{one.open_reason === null ? words.called : words.open(one.open_reason)}</span>
                    {one.opened_at !== null && <span class="muted"> {words.since(texts.age(now.value - Date.parse(one.opened_at)))}</span>}
                  </td>
                  <td>{live.money(one.money_today_micros)}</td>
                  <td>
                    {one.money_per_day_micros === null ? (
                      words.unlimited
                    ) : (
                      <>
                        <meter min={0} max={Math.max(1, one.money_per_day_micros)} high={one.money_per_day_micros * 0.8} value={one.money_today_micros} aria-label={words.title} />{' '}
                        {live.money(one.money_per_day_micros)}
                      </>
                    )}
                  </td>
                  <td>{one.calls_per_day === null ? live.number(one.calls_today) : words.of(live.number(one.calls_today), live.number(one.calls_per_day))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

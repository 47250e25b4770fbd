// What is wrong, in a sentence each; or that all is well.
import type { SchemaPresent } from '../../api/schema';
import { texts } from '../../texts/en';
import { now } from '../../ui/time';
import type { Verdict } from './booths';
import { WAITS_TOO_LONG } from './flow';
import { live } from '../../texts/live';

/** From this share of a budget on it is said. */
const NEARLY_SPENT = 0.8;

export function Say({ present, verdicts }: { present: SchemaPresent; verdicts: { name: string; verdict: Verdict }[] }) {
  const said: string[] = [];
  const waits = present.oldest.waiting === null ? 0 : now.value - Date.parse(present.oldest.waiting);
  if (waits > WAITS_TOO_LONG) said.push(live.say.waits(texts.age(waits)));
  for (const one of present.recognizers) {
    if (one.open_reason !== null) said.push(live.say.circuit(one.name, one.open_reason));
    if (one.money_per_day_micros !== null && one.money_per_day_micros > 0 && one.money_today_micros >= NEARLY_SPENT * one.money_per_day_micros) {
      said.push(live.say.budget(one.name, texts.percent(one.money_today_micros / one.money_per_day_micros)));
    }
  }
  const late = present.export.next_due === null ? 0 : now.value - Date.parse(present.export.next_due);
  if (late > WAITS_TOO_LONG) said.push(live.say.late(texts.age(late)));
  const silent = verdicts.filter(({ verdict }) => verdict.state === 'silent').map(({ name }) => name);
  if (silent.length > 0) said.push(live.say.silent(silent.join(', ')));
  if (present.undelivered_messages > 0) said.push(live.say.messages(present.undelivered_messages));
  return (
    <div class={said.length > 0 ? 'say doubt' : 'say well'} role="status">
      <span class="sign" aria-hidden="true">
        {said.length > 0 ? '▲' : '●'}
      </span>
      <span>{said.length > 0 ? said.join(' ') : live.well}</span>
    </div>
  );
}

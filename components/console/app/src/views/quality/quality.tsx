// How often the machine errs, how sure that is, and what follows: for supervisors and operators.
import './quality.css';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../../api/client';
import type { SchemaQuality, SchemaQualityPeople } from '../../api/schema';
import { me } from '../../session';
import { quality as texts } from '../../texts/quality';
import { Failure } from '../../ui/failure';
import { Advice } from './advice';
import { Cameras } from './cameras';
import { Groups } from './groups';
import { Headline } from './headline';
import { People } from './people';
import { Preview } from './preview';
import { Seeds } from './seeds';

const PERIODS = [7, 30, 90, 365] as const;

export default function Quality() {
  const days = useSignal(90);
  const found = useSignal<SchemaQuality | null>(null);
  const people = useSignal<SchemaQualityPeople | null>(null);
  const failure = useSignal<unknown>(null);
  const seesPeople = me.value?.role === 'supervisor';
  const load = async () => {
    try {
      found.value = await call<SchemaQuality>('GET', `/v1/quality?days=${days.value}`);
      people.value = seesPeople ? await call<SchemaQualityPeople>('GET', `/v1/quality/people?days=${days.value}`) : null;
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
  };
  useEffect(() => void load(), [days.value]);
  const shown = found.value;
  return (
    <main class="page quality" id="content">
      <div class="row head">
        <h1>{texts.title}</h1>
        <label>
          {texts.period}
          <select value={days.value} onChange={(event) => (days.value = Number(event.currentTarget.value))}>
            {PERIODS.map((period) => (
              <option key={period} value={period}>
                {texts.days(period)}
              </option>
            ))}
          </select>
        </label>
      </div>
      {failure.value !== null && <Failure error={failure.value} retry={() => void load()} />}
      {shown && shown.sample_percent === 0 && (
        <p class="note">
          <b>{texts.off}</b> {texts.offHow}
        </p>
      )}
      {shown && (
        <>
          <Headline quality={shown} />
          <Advice quality={shown} applied={() => void load()} />
          <Groups quality={shown} />
        </>
      )}
      {people.value && <People people={people.value.items} />}
      <Cameras />
      <Preview />
      {seesPeople && <Seeds />}
      {shown?.sample_among_unprompted_percent != null && seesPeople && (
        <p class="small muted">{texts.tell(`${Math.round(shown.sample_among_unprompted_percent)} %`)}</p>
      )}
    </main>
  );
}

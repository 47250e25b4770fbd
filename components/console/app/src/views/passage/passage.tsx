// "Why was this billed?": one passage with its photo, what was read, who decided, and everything that happened, in order.
import './passage.css';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { call, Problem } from '../../api/client';
import type { SchemaEvent, SchemaPassageWithReadings } from '../../api/schema';
import { me } from '../../session';
import { href } from '../../router';
import { texts } from '../../texts/en';
import { log } from '../../texts/log';
import { Failure } from '../../ui/failure';
import { Listing } from '../../ui/listing';
import { meet, nameOf } from '../../ui/people';
import { Evidence } from './evidence';
import { Facts } from './facts';
import { History } from './history';
import { Readings } from './readings';
import { Reopen } from './reopen';
import { Seed, seedable } from './seed';
import { Today } from './today';
import { Way } from './way';

/** Photos are for those who decide and those who answer for it; the server says the same. */
const SEES_PHOTOS = ['reviewer', 'supervisor', 'billing'];

/** Who decides what is open; whether this person decides this one, the server says when it is asked for. */
const DECIDES = ['reviewer', 'supervisor'];

/** What other settings would decide is for those who answer for it, of the whole installation. */
const JUDGES_AGAIN = ['supervisor', 'operator'];

export default function Passage({ id }: { id: string }) {
  const passage = useSignal<SchemaPassageWithReadings | null>(null);
  const failure = useSignal<unknown>(null);
  const history = useMemo(() => new Listing<SchemaEvent>(`/v1/passages/${encodeURIComponent(id)}/history`, 'after'), [id]);
  const load = async () => {
    try {
      passage.value = await call<SchemaPassageWithReadings>('GET', `/v1/passages/${encodeURIComponent(id)}`);
      failure.value = null;
      await history.load({ limit: '200' });
    } catch (error) {
      failure.value = error;
    }
  };
  useEffect(() => void load(), [id]);
  useEffect(meet, []);
  const found = passage.value;
  const role = me.value?.role ?? '';
  if (failure.value !== null) {
    const unknown = failure.value instanceof Problem && (failure.value.status === 404 || failure.value.status === 400);
    return (
      <main class="page" id="content">
        <h1>{unknown ? texts.passage.missing : texts.views.search}</h1>
        {unknown ? <p class="muted">{id}</p> : <Failure error={failure.value} retry={() => void load()} />}
      </main>
    );
  }
  if (!found) return <main class="page" id="content" />;
  const decided = found.state === 'accepted' || found.state === 'rejected';
  return (
    <main class="page passage" id="content">
      <div>
        <h1>{found.state === 'accepted' ? texts.passage.title : texts.passage.titleOpen}</h1>
        <p class="answer">{texts.passage.answer(found, nameOf(found.decided_by ?? ''))}</p>
      </div>
      <div class="columns">
        <div class="stack">
          {SEES_PHOTOS.includes(role) ? <Evidence passage={found} /> : <p class="muted">{texts.passage.noPhoto}</p>}
          {found.unprompted ? <p class="muted">{texts.passage.keptBack}</p> : <Readings readings={found.readings} />}
        </div>
        <div class="stack">
          <Facts passage={found} />
          {DECIDES.includes(role) && found.state === 'in-review' && (
            <p>
              <a href={href(`review?passage=${found.passage}`)}>{texts.passage.decide}</a>
            </p>
          )}
          {role === 'supervisor' && decided && <Reopen passage={found} done={() => void load()} />}
          {JUDGES_AGAIN.includes(role) && !me.value?.booths && !found.unprompted && <Today key={found.version} passage={found.passage} />}
          {role === 'supervisor' && seedable(found) && <Seed passage={found} done={() => void load()} />}
          {role === 'supervisor' && !me.value?.booths && (
            <p>
              <a href={href(`log?what=photos&passage=${found.passage}`)}>{log.lookedAt}</a> · <a href={href(`log?passage=${found.passage}`)}>{log.doneTo}</a>
            </p>
          )}
          <History listing={history} />
        </div>
      </div>
      <Way id={id} version={found.version} />
    </main>
  );
}

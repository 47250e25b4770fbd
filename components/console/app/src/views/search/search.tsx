// Passages by plate, key, booth, state, decider and time of receipt, newest first, or one by its id.
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { SchemaPassage } from '../../api/schema';
import { go, href } from '../../router';
import { texts } from '../../texts/en';
import { way } from '../../texts/way';
import { Columns } from '../../ui/columns';
import { day, midnight } from '../../ui/days';
import { Failure } from '../../ui/failure';
import { passageIn } from '../../ui/ids';
import { Listing } from '../../ui/listing';
import { meet, nameOf } from '../../ui/people';
import { Scroll } from '../../ui/scroll';
import { full } from '../../ui/time';
import { TypeSelect } from '../../ui/type-select';
import { Decider } from './decider';

export default function Search() {
  const given = new URLSearchParams(location.search);
  // The id of a passage, or of a trace: the passages of it.
  const id = useSignal(given.get('trace') ?? '');
  const plate = useSignal(given.get('plate') ?? '');
  const key = useSignal(given.get('key') ?? '');
  const booth = useSignal(given.get('booth') ?? '');
  const state = useSignal(given.get('state') ?? '');
  const type = useSignal(given.get('plate_type') ?? '');
  const decider = useSignal(given.get('decided_by') ?? '');
  // Days, both included.
  const since = useSignal(day(given.get('since')));
  const until = useSignal(day(given.get('until')));
  const passages = useMemo(() => new Listing<SchemaPassage>('/v1/passages', 'before'), []);
  const trace = useSignal(/^[0-9a-f]{32}$/.test(id.value) ? id.value : '');
  const ofTrace = useMemo(() => new Listing<SchemaPassage>(`/v1/traces/${trace.value}`, 'before'), [trace.value]);
  const list = trace.value === '' ? passages : ofTrace;
  const isTrace = (text: string) => /^[0-9a-f]{32}$/.test(text);
  // As on the plate: spaces and hyphens do not count. Of what has nothing else the server says that it is no plate.
  const printed = () => plate.value.toUpperCase().replace(/[^A-Z0-9]/g, '') || plate.value.trim();
  const chosen = () => ({
    plate: printed(),
    key: key.value.trim(),
    booth: booth.value.trim(),
    state: state.value,
    plate_type: type.value,
    decided_by: decider.value,
    since: since.value,
    until: until.value,
  });
  const filters = () => ({
    ...chosen(),
    since: since.value && midnight(since.value, 0),
    until: until.value && midnight(until.value, 1),
  });
  const find = () => {
    const wanted = id.value.trim();
    trace.value = isTrace(wanted) ? wanted : '';
    const asked: Record<string, string> = trace.value === '' ? chosen() : { trace: trace.value };
    const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ''));
    // The address says what is shown, so that it can be kept and sent.
    history.replaceState(null, '', query.size > 0 ? `?${query}` : location.pathname);
    if (trace.value === '') void passages.load(filters());
  };
  // A trace's passages are one page.
  useEffect(() => {
    if (trace.value !== '') void ofTrace.load();
  }, [trace.value]);
  useEffect(find, []);
  useEffect(meet, []);
  const items = list.items.value;
  return (
    <main class="page" id="content">
      <h1>{texts.search.title}</h1>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          const wanted = passageIn(id.value.trim());
          if (wanted && !isTrace(wanted)) go(`passages/${encodeURIComponent(wanted)}`);
          else find();
        }}
      >
        <label>
          {way.search}
          <input value={id.value} autocomplete="off" spellcheck={false} placeholder="psg_…" onInput={(event) => (id.value = event.currentTarget.value)} />
        </label>
        <label>
          {texts.search.plate}
          <input value={plate.value} autocomplete="off" spellcheck={false} maxLength={20} onInput={(event) => (plate.value = event.currentTarget.value)} />
        </label>
        <label>
          {texts.search.key}
          <input value={key.value} autocomplete="off" spellcheck={false} maxLength={200} onInput={(event) => (key.value = event.currentTarget.value)} />
        </label>
        <label>
          {texts.search.booth}
          <input value={booth.value} autocomplete="off" spellcheck={false} onInput={(event) => (booth.value = event.currentTarget.value)} />
        </label>
        <label>
          {texts.search.state}
          <select value={state.value} onChange={(event) => (state.value = event.currentTarget.value)}>
            <option value="">{texts.search.all}</option>
            {texts.states.map((code) => (
              <option key={code} value={code}>
                {texts.state(code)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {texts.search.plateType}
          <TypeSelect value={type.value} none={texts.search.all} onChange={(one) => (type.value = one)} />
        </label>
        <Decider value={decider.value} onChange={(token) => (decider.value = token)} />
        <label>
          {texts.search.since}
          <input type="date" value={since.value} max={until.value || undefined} onInput={(event) => (since.value = event.currentTarget.value)} />
        </label>
        <label>
          {texts.search.until}
          <input type="date" value={until.value} min={since.value || undefined} onInput={(event) => (until.value = event.currentTarget.value)} />
        </label>
        <button class="main" type="submit" aria-disabled={list.busy.value}>
          {texts.search.go}
        </button>
      </form>
      {list.failure.value !== null && <Failure error={list.failure.value} />}
      {/* Said to whoever does not see the table change. */}
      <p class="muted" role="status">
        {list.busy.value ? '' : items && (items.length === 0 ? texts.search.none : texts.search.found(items.length, list.last.value?.next != null))}
      </p>
      {items && items.length > 0 && (
        <Scroll label={texts.search.results}>
          <table>
            <Columns names={Object.values(texts.search.columns)} />
            <tbody>
              {items.map((item) => (
                <tr key={item.passage}>
                  <td>
                    <a href={href(`passages/${item.passage}`)}>{full(item.captured_at)}</a>
                  </td>
                  <td>{item.booth}</td>
                  <td>{texts.state(item.state)}</td>
                  <td>{item.plate ? <code>{item.plate}</code> : '–'}</td>
                  <td title={item.decided_by ?? undefined}>{item.decided_by === null ? '–' : item.decided_by === 'judge' ? texts.passage.judge : nameOf(item.decided_by)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {list.last.value?.next != null && (
        <div class="row">
          <button type="button" aria-disabled={list.busy.value} onClick={() => void list.more(filters())}>
            {texts.search.more}
          </button>
        </div>
      )}
    </main>
  );
}

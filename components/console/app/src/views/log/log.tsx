// The audit log, for supervisors: who did what, when, to which passage, and who looked at which photo.
import './log.css';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call, Problem } from '../../api/client';
import type { SchemaDeedPage, SchemaDownloadPage, SchemaLookPage } from '../../api/schema';
import { href } from '../../router';
import { log as texts } from '../../texts/log';
import { Columns } from '../../ui/columns';
import { Failure } from '../../ui/failure';
import { Scroll } from '../../ui/scroll';
import { isPassage } from '../../ui/ids';
import { full } from '../../ui/time';
import { address, asked, request } from './asked';
import { type Entry, entriesOf } from './entries';
import { Filters } from './filters';

interface Found {
  /** What was asked for it. */
  path: string;
  entries: Entry[];
  next: number | null;
}

/** What of a passage's id is shown in a row. */
const SHOWN_OF_ID = 12;

export default function Log() {
  const wanted = asked();
  const path = request(wanted);
  const found = useSignal<Found | null>(null);
  const failure = useSignal<unknown>(null);
  const load = async () => {
    try {
      const page = await call<SchemaDeedPage | SchemaLookPage | SchemaDownloadPage>('GET', path);
      // An answer that was overtaken by another question says nothing.
      if (request(asked()) !== path) return;
      found.value = { path, entries: entriesOf(page), next: page.next };
      failure.value = null;
    } catch (error) {
      if (request(asked()) === path) failure.value = error;
    }
  };
  useEffect(() => void load(), [path]);
  // Beside a question that was refused, the answer to the one before would be taken for its answer.
  const page = failure.value === null || found.value?.path === path ? found.value : null;
  const noPassage = failure.value instanceof Problem && failure.value.status === 400 && wanted.passage !== '' && !isPassage(wanted.passage);
  return (
    <main class="page log" id="content">
      <div>
        <h1>{texts.title}</h1>
        <p class="muted">{wanted.what === 'photos' ? texts.lookedNote : wanted.what === 'downloads' ? texts.fetchedNote : texts.how}</p>
      </div>
      <Filters asked={wanted} />
      {noPassage ? (
        <p class="note bad" role="alert">
          <b>{texts.noPassage(wanted.passage)}</b> {texts.passageForm}
        </p>
      ) : (
        failure.value !== null && <Failure error={failure.value} retry={() => void load()} />
      )}
      {page && page.entries.length === 0 && (
        <p class="muted">
          {texts.none} {texts.noneHow}
        </p>
      )}
      {page && page.entries.length > 0 && (
        <Scroll label={texts.title}>
          <table aria-busy={page.path !== path}>
            <Columns names={Object.values(texts.columns)} />
            <tbody>
              {page.entries.map((entry) => (
                <Row key={entry.number} entry={entry} only={href(address(wanted, { who: entry.who }))} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {page && (wanted.before !== '' || page.next !== null) && (
        <nav class="row" aria-label={texts.pages}>
          {wanted.before !== '' && <a href={href(address(wanted, {}))}>{texts.newest}</a>}
          {page.next !== null && <a href={href(address(wanted, { before: String(page.next) }))}>{texts.older}</a>}
        </nav>
      )}
    </main>
  );
}

function Row({ entry, only }: { entry: Entry; only: string }) {
  return (
    <tr>
      <td title={entry.at}>{full(entry.at)}</td>
      <td title={entry.who}>
        <a href={only} aria-label={texts.only(entry.name)}>
          {entry.name}
        </a>
        {entry.role && <span class="role">{entry.role}</span>}
      </td>
      <td>{entry.what}</td>
      <td>
        {entry.passage && (
          <a class="id" href={href(`passages/${entry.passage}`)} title={entry.passage}>
            {entry.passage.slice(0, SHOWN_OF_ID)}…
          </a>
        )}
      </td>
      <td>{entry.more}</td>
    </tr>
  );
}

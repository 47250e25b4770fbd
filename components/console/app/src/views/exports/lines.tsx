// The lines of an export, in the order of its file.
import { useEffect } from 'preact/hooks';
import type { SchemaExportLine, SchemaExportLinePage } from '../../api/schema';
import { href } from '../../router';
import { published as texts } from '../../texts/exports';
import { plateTypes } from '../../texts/plate-types';
import { Columns } from '../../ui/columns';
import { Failure } from '../../ui/failure';
import type { Listing } from '../../ui/listing';
import { meet, nameOf } from '../../ui/people';
import { Scroll } from '../../ui/scroll';

export function Lines({ listing }: { listing: Listing<SchemaExportLine, SchemaExportLinePage> }) {
  useEffect(meet, []);
  const items = listing.items.value ?? [];
  return (
    <section class="stack">
      <h2>{texts.lines}</h2>
      {listing.failure.value !== null && <Failure error={listing.failure.value} retry={() => void listing.load()} />}
      <Scroll label={texts.lines}>
        <table>
          <Columns names={Object.values(texts.lineColumns)} />
          <tbody>
            {items.map((line) => (
              <Line key={line.passage} line={line} />
            ))}
          </tbody>
        </table>
      </Scroll>
      {listing.last.value?.next != null && (
        <div class="row">
          <button type="button" aria-disabled={listing.busy.value} onClick={() => void listing.more()}>
            {texts.more}
          </button>
        </div>
      )}
    </section>
  );
}

function Line({ line }: { line: SchemaExportLine }) {
  const { answer, correction } = line;
  return (
    <tr>
      <td>
        <a href={href(`passages/${line.passage}`)}>{line.passage}</a>
      </td>
      <td>
        {line.plate === null ? <b>{texts.withdrawn}</b> : <code>{line.plate}</code>}
        {line.plate_type !== null && <p class="small">{plateTypes[line.plate_type]}</p>}
        {correction && <p class="small muted">{texts.corrects(correction.corrects_export, correction.cause)}</p>}
      </td>
      <td>{line.jurisdiction ?? '–'}</td>
      <td>{line.booth}</td>
      <td>{line.captured_at}</td>
      <td title={line.decided_by}>{line.decided_by === 'judge' ? texts.judge : nameOf(line.decided_by)}</td>
      <td>
        {answer ? texts.dispositions[answer.disposition] : <span class="muted">{texts.open}</span>}
        {answer?.reason && <p class="small">{answer.reason}</p>}
      </td>
    </tr>
  );
}

import type { SchemaPassageWithReadings, SchemaRejectCode, SchemaReviewReason } from '../../api/schema';
import { issuerName } from '../../texts/issuers';
import { texts } from '../../texts/en';
import { plateTypes } from '../../texts/plate-types';
import { nameOf } from '../../ui/people';
import { full } from '../../ui/time';

export function Facts({ passage }: { passage: SchemaPassageWithReadings }) {
  const { labels } = texts.passage;
  const rows: [string, unknown][] = [
    [labels.state, texts.state(passage.state)],
    [labels.plate, passage.plate && <code>{passage.plate}</code>],
    [labels.issuer, passage.jurisdiction && issuerName(passage.jurisdiction)],
    [labels.type, passage.plate_type && plateTypes[passage.plate_type]],
    [labels.source, passage.jurisdiction_source && (texts.passage.sources[passage.jurisdiction_source] ?? passage.jurisdiction_source)],
    [labels.reason, passage.reason && why(passage)],
    [labels.decided, passage.decided_at && `${full(passage.decided_at)} ${texts.passage.by} ${passage.decided_by === 'judge' ? texts.passage.judge : nameOf(passage.decided_by ?? '')}`],
    [texts.passage.confidence, passage.confidence !== null && texts.percent(passage.confidence)],
    [texts.passage.bill, bill(passage)],
    [labels.booth, passage.booth],
    [labels.lane, `${passage.lane}, ${passage.camera}`],
    [labels.captured, passage.captured_at],
    [labels.received, full(passage.received_at)],
    [labels.key, passage.key],
    [labels.photo, `${passage.photo.width} × ${passage.photo.height}, ${passage.photo.format}`],
    [labels.sha, <span class="digest">{passage.photo.sha256}</span>],
  ];
  return (
    <section>
      <h2>{texts.passage.facts}</h2>
      <table class="facts-table">
        <tbody>
          {rows.map(([name, value]) =>
            value ? (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{value as string}</td>
              </tr>
            ) : null,
          )}
        </tbody>
      </table>
    </section>
  );
}

function why(passage: SchemaPassageWithReadings): string {
  const said = passage.state === 'rejected' ? texts.reject(passage.reason as SchemaRejectCode) : texts.reason(passage.reason as SchemaReviewReason)[0];
  return passage.detail ? `${said} ${passage.detail}` : said;
}

function bill(passage: SchemaPassageWithReadings): string {
  if (passage.correction) return texts.passage.corrections[passage.correction];
  if (passage.export_sequence !== null) return texts.passage.billed(passage.export_sequence);
  return passage.state === 'rejected' ? texts.passage.never : texts.passage.unbilled;
}

// The error by recogniser, booth and issuer: each row with a bound of its own.
import type { SchemaQuality, SchemaQualityGroup } from '../../api/schema';
import { issuerName } from '../../texts/issuers';
import { quality as texts, share } from '../../texts/quality';
import { Columns } from '../../ui/columns';
import { Scroll } from '../../ui/scroll';

export function Groups({ quality }: { quality: SchemaQuality }) {
  if (quality.all.read + quality.all.unread === 0) return null;
  return (
    <section class="stack">
      <div class="groups">
        <Group title={texts.groups.by_recognizer} rows={quality.by_recognizer} name={(name) => name} />
        <Group title={texts.groups.by_booth} rows={quality.by_booth} name={(name) => name} />
        <Group title={texts.groups.by_issuer} rows={quality.by_issuer} name={issuerName} />
      </div>
      <p class="small muted">{texts.groupsNote}</p>
    </section>
  );
}

function Group({ title, rows, name }: { title: string; rows: readonly SchemaQualityGroup[]; name: (code: string) => string }) {
  return (
    <div>
      <h2>{title}</h2>
      <Scroll label={title}>
        <table>
          <Columns names={Object.values(texts.groupColumns)} />
          <tbody>
            {rows.map((row) => (
              <tr key={row.name}>
                <td>{name(row.name)}</td>
                <td>{row.read.toLocaleString('en-US')}</td>
                <td>{row.errors.plate + row.errors.issuer + row.errors.unbillable + row.errors.disputed}</td>
                <td>{share(row.error_percent)}</td>
                <td>{share(row.at_most_percent)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </div>
  );
}

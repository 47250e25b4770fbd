// Every version of a rule: who made it, when, what was different, and the way back.
import { useSignal } from '@preact/signals';
import { call } from '../../api/client';
import type { SchemaDefinedRule, SchemaRuleValues, SchemaRuleVersions } from '../../api/schema';
import { alerts } from '../../texts/alerts';
import { Columns } from '../../ui/columns';
import { Failure } from '../../ui/failure';
import { nameOf } from '../../ui/people';
import { Scroll } from '../../ui/scroll';
import { full } from '../../ui/time';

type Version = SchemaRuleVersions['versions'][number];

export function Versions({ found, mayEdit, done }: { found: SchemaRuleVersions; mayEdit: boolean; done: () => void }) {
  const texts = alerts.versions;
  const failure = useSignal<unknown>(null);
  const said = useSignal('');
  const undo = async (to: number) => {
    try {
      await call<SchemaDefinedRule>('POST', `/v1/alerts/rules/${found.rule.id}/undo`, { version: found.rule.version, to });
      failure.value = null;
      said.value = texts.done;
      done();
    } catch (error) {
      failure.value = error;
    }
  };
  return (
    <section class="stack">
      <h2>{texts.title}</h2>
      {failure.value !== null && <Failure error={failure.value} />}
      <p role="status">{said.value}</p>
      {mayEdit && found.rule.version > 1 && (
        <div class="row">
          <button type="button" onClick={() => void undo(found.rule.version - 1)}>
            {texts.undo}
          </button>
        </div>
      )}
      <Scroll label={texts.title}>
        <table>
          <Columns names={Object.values(texts.columns)} />
          <tbody>
            {found.versions.map((version, at) => (
              <tr key={version.version}>
                <td>{version.version}</td>
                <td>{texts.change[version.change] ?? version.change}</td>
                <td title={version.by.id}>
                  {nameOf(version.by.id)} <span class="muted">({version.by.role})</span>
                </td>
                <td>{full(version.at)}</td>
                <td>
                  {differences(found.versions[at + 1], version).map((line) => (
                    <div key={line}>{line}</div>
                  ))}
                  {version.version === found.rule.version ? (
                    <span class="muted">{texts.present}</span>
                  ) : (
                    mayEdit && (
                      <button type="button" onClick={() => void undo(version.version)}>
                        {texts.putBack(version.version)}
                      </button>
                    )
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function differences(before: Version | undefined, after: Version): string[] {
  const texts = alerts.versions;
  const [was, is] = [before?.rule, after.rule];
  if (is === null) return [alerts.rules.unreadable];
  if (!was) return [];
  return (Object.keys(texts.fields) as (keyof SchemaRuleValues)[])
    .filter((field) => was[field] !== is[field])
    .map((field) => texts.difference(texts.fields[field], texts.value(was[field]), texts.value(is[field])));
}

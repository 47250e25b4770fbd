// What follows for the thresholds, and applying it.
import { useSignal } from '@preact/signals';
import { call } from '../../api/client';
import type { SchemaQuality } from '../../api/schema';
import { me } from '../../session';
import { quality as texts, share } from '../../texts/quality';
import { Columns } from '../../ui/columns';
import { Failure } from '../../ui/failure';
import { Scroll } from '../../ui/scroll';

export function Advice({ quality, applied }: { quality: SchemaQuality; applied: () => void }) {
  const failure = useSignal<unknown>(null);
  const done = useSignal(false);
  const row = quality.row === null ? undefined : quality.tried[quality.row];
  const [title, how] = texts.advice(quality);
  const apply = async () => {
    if (!row) return;
    try {
      await call('POST', '/v1/quality/threshold', { setting: row.setting, value: row.value, days: quality.days });
      done.value = true;
      failure.value = null;
      applied();
    } catch (error) {
      failure.value = error;
    }
  };
  return (
    <section class="stack">
      <div class={quality.advice === 'none' ? 'note bad' : 'note'}>
        <p>
          <b>{title}</b> {how}
        </p>
      </div>
      {failure.value !== null && <Failure error={failure.value} />}
      <p role="status">{done.value && texts.applied}</p>
      {row && me.value?.role === 'operator' && (
        <div class="row">
          <button class="main" type="button" onClick={() => void apply()}>
            {texts.apply}
          </button>
          <span class="muted small">{texts.applyHow}</span>
        </div>
      )}
      {row && me.value?.role !== 'operator' && <p class="muted small">{texts.operatorApplies}</p>}
      <details>
        <summary>{texts.tried}</summary>
        <Scroll label={texts.tried}>
          <table>
            <Columns names={Object.values(texts.triedColumns)} />
            <tbody>
              {quality.tried.map((tried, at) => (
                <tr key={at} aria-current={at === quality.row ? 'true' : undefined}>
                  <td>
                    {texts.threshold(tried)} {tried.is_present && <span class="muted">({texts.present})</span>}
                  </td>
                  <td>{share(tried.accepted_percent)}</td>
                  <td>{tried.read.toLocaleString('en-US')}</td>
                  <td>{tried.errors}</td>
                  <td>{share(tried.at_most_percent)}</td>
                  <td>{texts.holds[String(tried.holds)]}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
        <p class="small muted">{texts.triedNote}</p>
      </details>
    </section>
  );
}

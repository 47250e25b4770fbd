// The way of a passage: each stage with when it began, how long it waited and how long it took.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../../api/client';
import type { SchemaSpan, SchemaTrace } from '../../api/schema';
import { href } from '../../router';
import { took, way } from '../../texts/way';
import { Columns } from '../../ui/columns';
import { Failure } from '../../ui/failure';
import { nameOf } from '../../ui/people';
import { Scroll } from '../../ui/scroll';
import { full } from '../../ui/time';

export function Way({ id, version }: { id: string; version: number }) {
  const found = useSignal<SchemaTrace | null>(null);
  const failure = useSignal<unknown>(null);
  const load = async () => {
    try {
      found.value = await call<SchemaTrace>('GET', `/v1/passages/${encodeURIComponent(id)}/trace`);
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
  };
  // A decision that was opened again has another version, and another way.
  useEffect(() => void load(), [id, version]);
  return (
    <section class="way">
      <h2>{way.title}</h2>
      {failure.value !== null && <Failure error={failure.value} retry={() => void load()} />}
      {found.value && (
        <>
          <Scroll label={way.title}>
            <table>
              <Columns names={way.columns} />
              <tbody>
                {found.value.spans.map((span) => (
                  <Row key={span.id} span={span} />
                ))}
              </tbody>
            </table>
          </Scroll>
          <p class="small muted" title={way.traceHow}>
            {way.trace} <a href={href(`search?trace=${found.value.trace}`)} class="digest">{found.value.trace}</a>
            {found.value.traceparent !== null && `, ${way.sent}`}
          </p>
        </>
      )}
    </section>
  );
}

function Row({ span }: { span: SchemaSpan }) {
  const time = (ms: number | null) => (ms === null ? way.unknown : took(ms));
  const run = span.stage === 'judging' ? way.moment : span.run_ms === null && span.ended_at === null ? way.lasts : time(span.run_ms);
  return (
    <tr class={span.stage === 'passage' ? 'whole' : undefined}>
      <th scope="row">{way.stage(span.stage, span.number)}</th>
      <td>
        <time dateTime={span.started_at}>{full(span.started_at)}</time>
      </td>
      <td>{time(span.wait_ms)}</td>
      <td>{run}</td>
      <td>
        {span.outcome === null ? '' : way.outcome(span.outcome)}{' '}
        <span class="muted">{span.by === null ? '' : span.stage === 'export' && /^\d+$/.test(span.by) ? way.file(span.by) : nameOf(span.by)}</span>
      </td>
    </tr>
  );
}

// What today's settings would decide of this passage, by what was read from it then. Looking changes nothing.
import { useSignal } from '@preact/signals';
import { call } from '../../api/client';
import type { SchemaPreview } from '../../api/schema';
import { issuerName } from '../../texts/issuers';
import { learned as texts } from '../../texts/learned';
import { Failure } from '../../ui/failure';

type Change = keyof SchemaPreview['changes'];

export function Today({ passage }: { passage: string }) {
  const found = useSignal<SchemaPreview | null>(null);
  const failure = useSignal<unknown>(null);
  const look = async () => {
    try {
      found.value = await call<SchemaPreview>('POST', '/v1/reprocess-previews', { passage });
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
  };
  const after = found.value?.items[0]?.after;
  return (
    <section>
      <h2>{texts.previewTitle}</h2>
      {failure.value !== null && <Failure error={failure.value} retry={() => void look()} />}
      {found.value === null ? (
        <button type="button" onClick={() => void look()}>
          {texts.todayLook}
        </button>
      ) : (
        <p role="status">
          {said(found.value)}
          {after?.plate && (
            <>
              {' '}
              <code>{after.plate}</code> {after.jurisdiction && issuerName(after.jurisdiction)}
            </>
          )}
        </p>
      )}
    </section>
  );
}

/** One passage was looked at, or none: what nobody read, and what is read blind, is not judged. */
function said(preview: SchemaPreview): string {
  const changes = Object.entries(preview.changes) as [Change, number][];
  const change = changes.find(([, count]) => count > 0);
  return change ? `${texts.changes[change[0]]}.` : texts.todayNothing;
}

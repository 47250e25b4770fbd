// Billing's answers to the lines of an export, uploaded as a file. What cannot be right is said before anything is sent.
import { useSignal } from '@preact/signals';
import { call, Problem } from '../../api/client';
import type { SchemaAcknowledged } from '../../api/schema';
import { published as texts } from '../../texts/exports';
import { Failure } from '../../ui/failure';
import { BadFile, readDispositions, UPLOAD } from './dispositions';

/** Larger files are no answers to one export. */
const MAX_BYTES = 20_000_000;

export function Acknowledge({ path, done }: { path: string; done: () => void }) {
  const file = useSignal<File | null>(null);
  const busy = useSignal(false);
  const failure = useSignal<unknown>(null);
  const before = useSignal('');
  const said = useSignal('');
  const send = async (chosen: File) => {
    busy.value = true;
    [failure.value, before.value, said.value] = [null, '', ''];
    let sent = 0;
    let all = 0;
    try {
      if (chosen.size > MAX_BYTES) throw new BadFile(texts.badFile.large);
      const rows = readDispositions(await chosen.text());
      all = rows.length;
      const total = { recorded: 0, known: 0, to_review: 0, open: 0 };
      while (sent < rows.length) {
        const part = rows.slice(sent, sent + UPLOAD);
        const found = await call<SchemaAcknowledged>('POST', `${path}/dispositions`, { dispositions: part });
        total.recorded += found.recorded;
        total.known += found.known;
        total.to_review += found.to_review;
        total.open = found.open;
        sent += part.length;
      }
      said.value = texts.sent(total.recorded, total.known, total.to_review, total.open);
    } catch (error) {
      failure.value = error;
      if (sent > 0) before.value = texts.part(sent, all);
    } finally {
      busy.value = false;
      done();
    }
  };
  const violations = failure.value instanceof Problem ? list(failure.value.body.violations) || list(failure.value.body.rows) : '';
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (file.value) void send(file.value);
      }}
    >
      <p class="small muted">{texts.uploadHow}</p>
      <div class="filters">
        <label>
          {texts.choose}
          <input type="file" accept=".csv,text/csv" onChange={(event) => (file.value = event.currentTarget.files?.[0] ?? null)} />
        </label>
        <button class="main" type="submit" disabled={busy.value || file.value === null}>
          {texts.send}
        </button>
      </div>
      {failure.value !== null && <Failure error={failure.value} />}
      {violations !== '' && <p class="small">{violations}</p>}
      {before.value !== '' && <p>{before.value}</p>}
      <p role="status">{said.value}</p>
    </form>
  );
}

/** The first of what a problem lists. */
function list(value: unknown): string {
  return Array.isArray(value) ? value.slice(0, 10).join('; ') : '';
}

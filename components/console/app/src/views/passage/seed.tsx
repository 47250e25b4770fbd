// A supervisor gives the answer to an open photo beforehand, so that others can be compared with it.
import { useSignal } from '@preact/signals';
import { call } from '../../api/client';
import type { SchemaChanged, SchemaClaimedReview, SchemaPassageWithReadings, SchemaPlateType } from '../../api/schema';
import { texts as all } from '../../texts/en';
import { ISSUERS, isListed, issuerName } from '../../texts/issuers';
import { plateTypes } from '../../texts/plate-types';
import { seeds as texts } from '../../texts/seeds';
import { Dialog } from '../../ui/dialog';
import { Failure } from '../../ui/failure';
import { TypeSelect } from '../../ui/type-select';

/** Reviews that the photo alone answers; the server says the same. */
const REASONS = ['low-confidence', 'ambiguous-candidates', 'plate-unreadable', 'issuer-unclear', 'jurisdiction-conflict', 'opinions-differ'];

export function seedable(passage: SchemaPassageWithReadings): boolean {
  return passage.state === 'in-review' && !passage.unprompted && REASONS.includes(passage.reason ?? '');
}

async function give(passage: string, plate: string, jurisdiction: string, type: SchemaPlateType | ''): Promise<void> {
  const review = await call<SchemaClaimedReview>('POST', '/v1/reviews/claim', { passage });
  try {
    const answer = { plate, jurisdiction, ...(type === '' ? {} : { plate_type: type }) };
    await call<SchemaChanged>('POST', `/v1/reviews/${passage}/seed`, { version: review.version, ...answer });
  } catch (error) {
    // Nobody waits for a claim that led to nothing.
    await call('POST', `/v1/reviews/${passage}/release`, { version: review.version }).catch(() => {});
    throw error;
  }
}

export function Seed({ passage, done }: { passage: SchemaPassageWithReadings; done: () => void }) {
  const plate = useSignal(passage.plate ?? '');
  const issuer = useSignal(passage.jurisdiction ?? '');
  const type = useSignal<SchemaPlateType | ''>(passage.plate_type ?? '');
  const asking = useSignal(false);
  const busy = useSignal(false);
  const failure = useSignal<unknown>(null);
  const typed = plate.value.replace(/[^a-z0-9]/gi, '').toUpperCase();
  const submit = async () => {
    busy.value = true;
    try {
      await give(passage.passage, typed, issuer.value, type.value);
      failure.value = null;
      asking.value = false;
      done();
    } catch (error) {
      failure.value = error;
      asking.value = false;
    }
    busy.value = false;
  };
  return (
    <details>
      <summary>{texts.open}</summary>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          asking.value = true;
        }}
      >
        <p class="small muted">{texts.how}</p>
        <label>
          {texts.plate}
          <input value={plate.value} maxLength={15} autocomplete="off" spellcheck={false} onInput={(event) => (plate.value = event.currentTarget.value)} />
        </label>
        <label>
          {texts.issuer}
          <select value={issuer.value} onChange={(event) => (issuer.value = event.currentTarget.value)}>
            {!isListed(issuer.value) && <option value={issuer.value}>{issuer.value === '' ? texts.choose : issuerName(issuer.value)}</option>}
            {ISSUERS.map(({ group, issuers }) => (
              <optgroup key={group} label={group}>
                {issuers.map((one) => (
                  <option key={one.code} value={one.code}>
                    {one.name}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
        </label>
        <label>
          {all.review.type}
          <TypeSelect value={type.value} none={all.review.untyped} onChange={(one) => (type.value = one)} />
        </label>
        {failure.value !== null && <Failure error={failure.value} />}
        <div class="row">
          <button type="submit" class="main" disabled={typed === '' || issuer.value === ''}>
            {texts.go}
          </button>
        </div>
      </form>
      {asking.value && (
        <Dialog title={texts.sure} onClose={() => (asking.value = false)}>
          <p>{texts.sureHow([typed, issuerName(issuer.value), ...(type.value === '' ? [] : [plateTypes[type.value]])].join(', '))}</p>
          <div class="row">
            <button class="main" type="button" disabled={busy.value} onClick={() => void submit()}>
              {texts.yes}
            </button>
            <button type="button" onClick={() => (asking.value = false)}>
              {texts.no}
            </button>
          </div>
        </Dialog>
      )}
    </details>
  );
}

// The work screen: one passage at a time.
import './review.css';
import { useEffect, useLayoutEffect } from 'preact/hooks';
import type { SchemaRejectCode } from '../../api/schema';
import { signedOut } from '../../api/client';
import { issuerName } from '../../texts/issuers';
import { desk } from '../../texts/desk';
import { texts } from '../../texts/en';
import { Failure } from '../../ui/failure';
import { Candidates } from './candidates';
import { ShownCrop } from './crop';
import { Asked, Alike } from './desk';
import { Earlier } from './earlier';
import { Facts } from './facts';
import { FlagSheet } from './flag-sheet';
import { Foot } from './foot';
import { IssuerField } from './issuer-field';
import type { Item } from './item';
import { actionOf, cap, keys } from './keymap';
import { KeysSheet } from './keys-sheet';
import { perform, sheet } from './perform';
import { PlateField } from './plate-field';
import { RelatedPhotos } from './related';
import { RejectSheet } from './reject-sheet';
import { reset } from './sight';
import { Stage } from './stage';
import { Tools } from './tools';
import { Trouble } from './trouble';
import { TypeField } from './type-field';
import { current, decide, empty, failure, notice, start, stop, touch } from './work';

export default function Review() {
  const item = current.value;
  useEffect(() => {
    start();
    const pointer = () => touch();
    addEventListener('keydown', keydown);
    addEventListener('pointermove', pointer, { passive: true });
    return () => {
      stop();
      removeEventListener('keydown', keydown);
      removeEventListener('pointermove', pointer);
    };
  }, []);
  // Before anything of the new photo is painted.
  useLayoutEffect(reset, [item]);
  return (
    <main class="work" id="content">
      <h1 class="hidden">{texts.views.review}</h1>
      {item ? <Work item={item} /> : <Nothing />}
      <Foot />
      {sheet.value === 'reject' && item && (
        <RejectSheet
          onClose={close}
          onReject={(code: SchemaRejectCode, remark?: string) => {
            close();
            decide({ reject: code, ...(remark === undefined ? {} : { remark }) });
          }}
        />
      )}
      {sheet.value === 'flag' && item && (
        <FlagSheet
          onClose={close}
          onFlag={(note: string) => {
            close();
            decide({ flag: note });
          }}
        />
      )}
      {sheet.value === 'keys' && <KeysSheet onClose={close} />}
    </main>
  );
}

function close(): void {
  sheet.value = null;
}

function Work({ item }: { item: Item }) {
  const [title, advice] = texts.reason(item.review.reason);
  return (
    <>
      <section class="stage">
        <Facts item={item} />
        <Stage item={item} />
        <Tools item={item} />
      </section>
      <section class="panel">
        <ShownCrop item={item} />
        <Trouble item={item} />
        <Asked item={item} />
        <div class="note">
          <p>
            <b>{title}</b> {advice}
          </p>
          {texts.review.asks[item.review.asks] && <p>{texts.review.asks[item.review.asks]}</p>}
          {item.review.detail && <p class="small muted">{item.review.detail}</p>}
        </div>
        <PlateField item={item} />
        <IssuerField item={item} />
        <TypeField item={item} />
        <Candidates item={item} />
        <Alike item={item} />
        <Earlier item={item} />
        <RelatedPhotos item={item} />
        <p role="status" class="notice">
          {notice.value}
        </p>
        <div class="go">
          <button class="main" type="button" disabled={item.verdict() === null} onClick={() => perform('accept', item)} aria-keyshortcuts={keys.value.accept}>
            {texts.review.bill(item.plate.value, item.issuer.value && issuerName(item.issuer.value))}
          </button>
          <button type="button" onClick={() => perform('reject', item)} aria-keyshortcuts={keys.value.reject}>
            {texts.review.reject}
          </button>
          <button type="button" onClick={() => perform('skip', item)} aria-keyshortcuts={keys.value.skip} title={cap(keys.value.skip)}>
            {texts.review.skip}
          </button>
          {/* Who was asked decides, or leaves it to another supervisor. */}
          {!item.review.flag && (
            <button type="button" onClick={() => perform('flag', item)} aria-keyshortcuts={keys.value.flag} title={cap(keys.value.flag)}>
              {desk.flag}
            </button>
          )}
          <button class="touch" type="button" onClick={() => perform('undo', item)}>
            {texts.review.undo}
          </button>
        </div>
      </section>
    </>
  );
}

function Nothing() {
  return (
    <section class="nothing">
      {failure.value ? (
        <Failure error={failure.value} />
      ) : empty.value ? (
        <>
          <p>
            <b>{texts.review.empty}</b>
          </p>
          <p class="muted">{texts.review.emptyHow}</p>
        </>
      ) : (
        <p class="muted late">{texts.review.loading}</p>
      )}
    </section>
  );
}

function keydown(event: KeyboardEvent): void {
  touch();
  if (event.defaultPrevented || sheet.value !== null || signedOut.value) return;
  const target = event.target instanceof Element ? event.target : null;
  const field = target?.matches('input') ?? false;
  const list = target?.matches('select') ?? false;
  // Backspace in an empty field takes the last decision back: there is nothing else it could mean.
  if (event.key === 'Backspace' && field && target instanceof HTMLInputElement && target.value === '' && !event.repeat) {
    event.preventDefault();
    perform('undo', current.value);
    return;
  }
  // Whatever took the focus away: letters and digits are the plate.
  if ((target === document.body || target?.id === 'content') && /^[a-z0-9]$/i.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
    document.querySelector<HTMLInputElement>('.cells input')?.focus();
    return;
  }
  const action = actionOf(event);
  if (!action) return;
  // A button does what it says, and a list has arrows of its own.
  if (target?.matches('button, a, textarea') && (event.key === 'Enter' || event.key === ' ')) return;
  if (list && event.key.startsWith('Arrow')) return;
  event.preventDefault();
  if (event.repeat && ['accept', 'reject', 'undo', 'skip', 'flag'].includes(action)) return;
  perform(action, current.value);
}

// One photo of a group, with its own plate, issuer and decision.
import { useSignal } from '@preact/signals';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { desk } from '../../texts/desk';
import { issuerName } from '../../texts/issuers';
import { texts } from '../../texts/en';
import { Failure } from '../../ui/failure';
import { full } from '../../ui/time';
import { ShownCrop } from '../review/crop';
import { IssuerField } from '../review/issuer-field';
import type { Verdict } from '../review/item';
import { keys } from '../review/keymap';
import { RejectSheet } from '../review/reject-sheet';
import { TypeField } from '../review/type-field';
import type { Card as Taken } from './taken';

interface Props {
  card: Taken;
  at: number;
  of: number;
  next: () => void;
}

const LONGEST = 10;

export function Card({ card, at, of, next }: Props) {
  const { item } = card;
  const id = useId();
  const rejecting = useSignal(false);
  const slot = useRef<HTMLDivElement>(null);
  const status = item.photo.status.value;
  useLayoutEffect(() => {
    slot.current?.replaceChildren(item.photo.image);
  }, [item.photo, status]);
  const decide = (verdict: Verdict | null) => {
    if (!verdict || card.busy.value) return;
    void card.decide(verdict).then((stored) => {
      if (stored) next();
    });
  };
  const verdict = card.verdict.value;
  const { review } = item;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{desk.group.card(at, of)}</h2>
      <div ref={slot} class="shot" />
      {status === 'failed' && <p role="alert">{texts.review.photoFailed}</p>}
      <ShownCrop item={item} />
      <p class="small muted">
        {review.booth_name} · {texts.review.lane(review.lane, review.camera)} · {full(review.captured_at)}
      </p>
      {verdict ? (
        <div class="row">
          <p role="status">{said(verdict)}</p>
          <button type="button" onClick={() => void card.undo()}>
            {desk.group.undo}
          </button>
        </div>
      ) : (
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            decide(item.verdict());
          }}
          onKeyDown={(event) => {
            if (event.key === 'Escape') rejecting.value = true;
            else if (event.key === keys.value.type && !event.ctrlKey && !event.metaKey && !event.altKey) item.nextType();
            else return;
            event.preventDefault();
          }}
        >
          <label>
            {texts.review.plate}
            <input
              class="plate-text"
              value={item.plate.value}
              autocomplete="off"
              autocapitalize="characters"
              spellcheck={false}
              onInput={(event) => {
                item.plate.value = event.currentTarget.value.replace(/[^a-z0-9]/gi, '').toUpperCase().slice(0, LONGEST);
                event.currentTarget.value = item.plate.value;
              }}
            />
          </label>
          <IssuerField item={item} />
          <TypeField item={item} />
          <div class="row">
            <button class="main" type="submit" disabled={card.busy.value || item.verdict() === null}>
              {desk.group.bill} {item.plate.value}
            </button>
            <button type="button" onClick={() => (rejecting.value = true)}>
              {texts.review.reject}
            </button>
          </div>
        </form>
      )}
      {card.failure.value !== null && <Failure error={card.failure.value} />}
      {rejecting.value && (
        <RejectSheet
          onClose={() => {
            rejecting.value = false;
          }}
          onReject={(code, remark) => {
            rejecting.value = false;
            decide({ reject: code, ...(remark === undefined ? {} : { remark }) });
          }}
        />
      )}
    </section>
  );
}

function said(verdict: Verdict): string {
  if ('plate' in verdict) return desk.group.billed(verdict.plate, issuerName(verdict.jurisdiction));
  return 'flag' in verdict ? desk.group.handed : desk.group.rejected(texts.reject(verdict.reject));
}

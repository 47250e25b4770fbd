// What the server would not do with a decision, and what can be done about it.
import { texts } from '../../texts/en';
import { words } from '../../ui/failure';
import { Double } from './double';
import type { Item, Trouble as Found } from './item';
import { decide, dismiss } from './work';

export function Trouble({ item }: { item: Item }) {
  const found = item.trouble.value;
  if (!found) return null;
  const { title, how, actions } = explain(item, found);
  return (
    <div class="note bad stack trouble" role="alert">
      <p>
        <b>{title}</b> {how}
      </p>
      {found.problem.requestId && <p class="small muted">{texts.failure.request(found.problem.requestId)}</p>}
      {actions}
    </div>
  );
}

function explain(item: Item, { problem, verdict }: Found) {
  const put = (
    <div class="row">
      <button type="button" onClick={dismiss}>
        {texts.review.dismiss}
      </button>
    </div>
  );
  if (problem.slug === 'possible-double' && 'plate' in verdict) {
    return {
      title: texts.review.double,
      how: texts.review.doubleHow,
      actions: (
        <>
          <Double item={item} passage={String(problem.body.passage ?? '')} />
          <div class="row">
            <button class="bad" type="button" onClick={() => decide({ reject: 'double-crossing' })}>
              {texts.review.doubleReject}
            </button>
            <button type="button" onClick={() => decide({ ...verdict, another_crossing: true })}>
              {texts.review.doubleBill}
            </button>
          </div>
        </>
      ),
    };
  }
  if (problem.slug === 'placeholder-plate' && 'plate' in verdict) {
    return {
      title: texts.review.placeholder,
      how: texts.review.placeholderHow,
      actions: (
        <div class="row">
          <button class="bad" type="button" onClick={() => decide({ reject: 'no-plate' })}>
            {texts.review.placeholderReject}
          </button>
          <button type="button" onClick={() => decide({ ...verdict, confirm_placeholder: true })}>
            {texts.review.placeholderBill}
          </button>
        </div>
      ),
    };
  }
  if (problem.slug === 'conflict' && typeof problem.body.state === 'string') {
    return { title: texts.review.late, how: texts.review.lateDecided, actions: put };
  }
  if (problem.slug === 'conflict' || problem.slug === 'not-found' || problem.slug === 'version-conflict') {
    return { title: texts.review.late, how: texts.review.lateTaken, actions: put };
  }
  return { title: problem.slug === 'invalid' ? texts.review.invalid : texts.review.notStored, how: words(problem), actions: null };
}

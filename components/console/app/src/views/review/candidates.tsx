import { issuerName } from '../../texts/issuers';
import { texts } from '../../texts/en';
import { plateTypes } from '../../texts/plate-types';
import type { Item } from './item';

/** Candidates that are shown; the arrows reach all. */
const SHOWN = 5;

export function Candidates({ item }: { item: Item }) {
  const { candidates } = item.review;
  if (item.review.answers.length > 0) return <Answers item={item} />;
  if (item.review.unprompted) return <p class="muted">{texts.review.keptBack}</p>;
  if (candidates.length === 0) return <p class="muted">{texts.review.noCandidates}</p>;
  return (
    <div class="candidates" role="group" aria-label={texts.review.candidates}>
      {candidates.slice(0, SHOWN).map((candidate, at) => (
        <button
          key={at}
          type="button"
          tabIndex={-1}
          aria-pressed={candidate.text === item.plate.value}
          onClick={() => {
            item.plate.value = candidate.text;
          }}
        >
          <code>{candidate.text}</code>
          <span>{candidate.jurisdiction ? issuerName(candidate.jurisdiction.code) : ''}</span>
          <span>{texts.review.clear(texts.percent(candidate.confidence))}</span>
        </button>
      ))}
    </div>
  );
}

/** What was answered, of a dispute; a press puts an answer into the field. */
function Answers({ item }: { item: Item }) {
  return (
    <div class="candidates" role="group" aria-label={texts.review.answers}>
      {item.review.answers.map((answer, at) => (
        <button
          key={at}
          type="button"
          tabIndex={-1}
          disabled={answer.plate === null}
          aria-pressed={item.holds(answer)}
          onClick={() => {
            item.take(answer);
          }}
        >
          {answer.plate ? <code>{answer.plate}</code> : <span>{answer.reject ? texts.reject(answer.reject) : '–'}</span>}
          <span>
            {answer.jurisdiction ? issuerName(answer.jurisdiction) : ''}
            {answer.plate_type && `, ${plateTypes[answer.plate_type]}`}
          </span>
          <span>{texts.review.answeredBy[answer.by]}</span>
        </button>
      ))}
    </div>
  );
}

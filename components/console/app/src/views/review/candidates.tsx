import { issuerName } from '../../texts/issuers';
import { texts } from '../../texts/en';
import type { Item } from './item';

/** Candidates that are shown; the arrows reach all. */
const SHOWN = 5;

export function Candidates({ item }: { item: Item }) {
  const { candidates } = item.review;
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
          <span>{texts.percent(candidate.confidence)}</span>
        </button>
      ))}
    </div>
  );
}

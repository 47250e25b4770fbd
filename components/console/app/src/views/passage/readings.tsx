// What each attempt of each recogniser read.
import type { SchemaAttempt } from '../../api/schema';
import { issuerName } from '../../texts/issuers';
import { texts } from '../../texts/en';
import { full } from '../../ui/time';

/** Candidates of a sighting that are shown. */
const SHOWN = 4;

export function Readings({ readings }: { readings: readonly SchemaAttempt[] }) {
  return (
    <section>
      <h2>{texts.passage.readings}</h2>
      {readings.length === 0 && <p class="muted">{texts.passage.unread}</p>}
      <ol class="attempts">
        {readings.map((attempt) => (
          <li key={`${attempt.recognizer} ${attempt.attempt}`}>
            <p>
              <b>{texts.passage.outcome(attempt.outcome)}</b>{' '}
              <span class="muted" title={full(attempt.started_at)}>
                {attempt.recognizer} {attempt.model}, {texts.passage.took(attempt.duration_ms)}
              </span>
            </p>
            {attempt.reading?.sightings.length === 0 && <p class="muted">{texts.passage.nothingSeen}</p>}
            {attempt.reading?.sightings.map((sighting, at) => (
              <ul key={at} class="texts">
                {sighting.candidates.slice(0, SHOWN).map((candidate) => (
                  <li key={candidate.text}>
                    <code>{candidate.text}</code> {texts.percent(candidate.confidence)}
                  </li>
                ))}
                {sighting.jurisdiction && (
                  <li>
                    {issuerName(sighting.jurisdiction.code)} {texts.percent(sighting.jurisdiction.confidence)}
                  </li>
                )}
                {sighting.doubts.map((doubt) => (
                  <li key={doubt} class="muted">
                    {doubt}
                  </li>
                ))}
              </ul>
            ))}
          </li>
        ))}
      </ol>
    </section>
  );
}

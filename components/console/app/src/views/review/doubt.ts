// Which characters of a reading are in doubt, and what they may be instead.
import type { SchemaCandidate } from '../../api/schema';

/** A character with less confidence than this is shown as doubtful. */
const CERTAIN = 0.9;

export interface Doubt {
  at: number;
  /** Other characters that other candidates of the same sighting have here. */
  others: string;
}

/** Characters of one shape are one: the issuer's series may have chosen the other one of a candidate's. */
const shapeOf = (text: string) => text.replaceAll('O', '0').replaceAll('I', '1');

/** The doubtful characters of a text, by the candidate it came from. Nothing is said of a text whose shape no candidate has. */
export function doubtsOf(text: string, candidates: readonly SchemaCandidate[]): Doubt[] {
  const source =
    candidates.find((candidate) => candidate.text === text) ?? candidates.find((candidate) => shapeOf(candidate.text) === shapeOf(text));
  if (!source) return [];
  const rivals = candidates.filter(
    (other) => other.text !== text && other.sighting === source.sighting && other.text.length === text.length,
  );
  return [...text].flatMap((character, at) => {
    const confidence = source.text.charAt(at) === character ? source.characters[at] : undefined;
    const others = [...new Set(rivals.map((rival) => rival.text.charAt(at)))].filter((other) => other !== character);
    const doubtful = confidence === undefined ? others.length > 0 : confidence < CERTAIN;
    return doubtful ? [{ at, others: others.slice(0, 2).join('') }] : [];
  });
}

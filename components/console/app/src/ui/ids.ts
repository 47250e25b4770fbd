// The id of a passage in what somebody pastes: an address of the console, a file name as it stands in a bill line, the id itself.

/** As the server makes them: no letter that is taken for a digit. */
const DIGITS = '[0-9a-hjkmnp-tv-z]{26}';

/** What a field takes for an id (an HTML pattern). */
export const PASSAGE_PATTERN = `psg_${DIGITS}`;

const WITHIN = new RegExp(`(?<![0-9a-z_])psg_${DIGITS}(?![0-9a-z])`);

/** The id in a text, or the text as it is. */
export function passageIn(text: string): string {
  return WITHIN.exec(text)?.[0] ?? text;
}

/** Whether a text has the form of an id. Whether there is such a passage only the server knows. */
export function isPassage(text: string): boolean {
  return new RegExp(`^${PASSAGE_PATTERN}$`).test(text);
}

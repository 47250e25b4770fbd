// The texts of the quality view, in English.
import type { SchemaQuality, SchemaTriedThreshold } from '../api/schema';

/** A share in percent, with as many digits as it needs to be told from others. */
export function share(value: number | null): string {
  if (value === null) return '–';
  if (value === 0 || value >= 99.95) return `${Math.round(value)} %`;
  const digits = value < 0.1 ? 3 : value < 10 ? 2 : 1;
  return `${value.toFixed(digits)} %`;
}

const count = (n: number) => n.toLocaleString('en-US');

/** The setting in words, with its value. */
function threshold(row: SchemaTriedThreshold): string {
  return row.setting === 'judge.min_confidence' ? `Text at least ${share(100 * row.value)} sure` : `Issuer wrong in at most ${share(row.value)}`;
}

function advice(quality: SchemaQuality): [title: string, how: string] {
  const target = share(quality.target_percent);
  const row = quality.row === null ? undefined : quality.tried[quality.row];
  switch (quality.advice) {
    case 'keep':
      return ['The thresholds keep the target.', `The error is at most ${target} with 95 % confidence. Nothing has to change.`];
    case 'tighten':
      return row
        ? [`${threshold(row)} keeps the target.`, `The error would be at most ${share(row.at_most_percent)}; of 100 plates that are accepted today, ${(100 - row.accepted_percent).toFixed(1)} more would go to people.`]
        : ['A stricter threshold keeps the target.', ''];
    case 'too-few':
      return ['Too little was read to give advice.', `Another ${count(quality.missing)} photos without an error would show that the error is at most ${target}.`];
    case 'too-many-unread':
      return ['Too much of the sample waits to be read.', 'What is read first may be what is easy. Advice comes when at most 5 % are left.'];
    case 'none':
      return ['No threshold keeps the target.', `Errors also come with great confidence. Look at them, or set another target than ${target}.`];
  }
}

export const quality = {
  title: 'Quality',
  period: 'Look back',
  days: (days: number) => (days === 1 ? '1 day' : `${days} days`),
  off: 'No sample is drawn.',
  offHow: 'An operator sets judge.quality_sample_percent above 0: that share of the plates found safe is then read by people before it is billed, and nobody can tell such a photo from other work.',
  headline: (error: string) => `${error} of what the machine accepts is wrong.`,
  headlineNone: 'Nothing has been read yet.',
  bound: (low: string, high: string) => `Between ${low} and ${high}: each bound holds with 95 % confidence.`,
  counted: (read: number, wrong: number, unread: number) => `${count(wrong)} of ${count(read)} read photos are wrong or disputed. ${count(unread)} wait to be read.`,
  leftOut: (n: number) => `${count(n)} were drawn while the share was larger, and are left out so that every photo has the same weight.`,
  more: 'There are older photos in this time; the newest 20,000 are counted.',
  kinds: { plate: 'Another plate', issuer: 'Another issuer', unbillable: 'Nothing to bill', disputed: 'Disputed' },
  target: (target: string) => `target ${target}`,
  scale: 'Error of automatic acceptance with its bounds, against the target',
  advice,
  apply: 'Apply this threshold',
  applyHow: 'It holds from the next photo on, and the history says who applied it and why.',
  applied: 'Applied.',
  operatorApplies: 'An operator applies it.',
  tried: 'What each threshold would do',
  triedColumns: { setting: 'Threshold', accepted: 'Still accepted', read: 'Read', errors: 'Errors', bound: 'Error at most', holds: 'Keeps the target' },
  triedNote: 'The bounds hold for all rows at once, so they are wider than above.',
  threshold,
  present: 'in force',
  holds: { true: 'yes', false: 'no' } as Record<string, string>,
  groups: { by_recognizer: 'By recogniser', by_booth: 'By booth', by_issuer: 'By issuer' },
  groupColumns: { name: 'Name', read: 'Read', errors: 'Errors', error: 'Error', bound: 'At most' },
  groupsNote: 'Each bound holds for its row alone. A wide one means: too little was read to say more.',
  people: 'People',
  peopleNote: 'In the order of names. Right and wrong are known only where an answer was checked by others.',
  peopleNone: 'Nobody has answered in this time.',
  peopleColumns: { name: 'Name', answers: 'Answers', right: 'Right of checked', range: 'In truth', alike: 'As another reader', pace: 'An hour' },
  range: (low: string, high: string) => `${low} to ${high}`,
  of: (part: number, whole: number) => (whole === 0 ? '–' : `${count(part)} of ${count(whole)}`),
  tell: (percent: string) => `Of the reviews shown without a suggestion, ${percent} are of the sample: who took each for one would be right that often. More of review.unprompted_percent lowers it.`,
  unknownName: 'without a name',
};

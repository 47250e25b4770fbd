// Words about what cameras and booths have taught, and what today's settings would decide.
import type { SchemaCameraTurn, SchemaPreview, SchemaTurned } from '../api/schema';

type Change = keyof SchemaPreview['changes'];

export const learned = {
  previewTitle: 'What today’s settings would decide',
  previewHow:
    'Judges the last passages again by what was read from them then. Nothing is changed, and what was billed stays billed. To have photos read again, send those that failed from the live page, or open them.',
  previewStart: 'Look at the last passages',
  previewStop: 'Stop',
  todayLook: 'Judge it by today’s settings',
  todayNothing: 'Nothing was read of it that could be judged.',
  lookedAt: (count: number) => `${count.toLocaleString('en-US')} passages looked at`,
  nothing: 'No passage with a reading.',
  changes: {
    same: 'Stays as it is',
    'would-accept': 'Waits for a person, and would not have to',
    'would-ask': 'Accepted by the machine, and a person would be asked',
    'would-bill-other': 'Accepted by the machine, and another plate or issuer would be billed',
    'other-reason': 'Waits for a person, and would for another reason',
    'agrees-with-person': 'Decided by a person; the machine would decide the same',
    'contradicts-person': 'Decided by a person; the machine would decide otherwise',
    'leaves-to-person': 'Decided by a person, as it would be again',
  } satisfies Record<Change, string>,
  listTitle: 'Those that would change',
  show: 'Show the plate',
  showOf: (name: string) => `Show the plate of ${name}`,
  columns: { passage: 'Passage', change: 'What would change', before: 'Now', after: 'Then' },
  camerasTitle: 'Cameras to look at',
  turned: (camera: string, turned: number, waiting: number) =>
    `${camera} seems to look through a mirror or to hang upside down: ${turned.toLocaleString('en-US')} of its ${waiting.toLocaleString('en-US')} open reviews say so.`,
  decide: { mirrored: 'It is mirrored', 'upside-down': 'It hangs upside down' } satisfies Record<SchemaTurned, string>,
  decideOf: {
    mirrored: (camera: string) => `${camera} is mirrored`,
    'upside-down': (camera: string) => `${camera} hangs upside down`,
  } satisfies Record<SchemaTurned, (camera: string) => string>,
  decided: (camera: string, turn: SchemaCameraTurn) => {
    const how = turn.turned === 'mirrored' ? 'mirrored' : 'turned upside down';
    const since = turn.since === null ? '' : ` from ${turn.since}`;
    const until = turn.until === null ? '' : ` until ${turn.until}`;
    if (turn.withdrawn_at !== null) return `${camera} is not ${how} after all: that was taken back.`;
    return `Photos of ${camera}${since}${until} are ${how} before they are read, as was decided on ${turn.decided_at}.`;
  },
  readAgain: (count: number) => `Read the ${count.toLocaleString('en-US')} that wait again`,
  sent: (count: number) => `${count.toLocaleString('en-US')} photos are read again.`,
  mended: 'The camera is mended',
  mistake: 'That was a mistake',
  shows: (camera: string, text: string) =>
    `${camera} shows ${text} at the same place on photo after photo. It is not read as a plate there any more.`,
  forget: 'It is a plate',
  photo: 'a photo of it',
};

export function camera(place: { booth: string; lane: string; camera: string }): string {
  return `${place.booth}, lane ${place.lane}, ${place.camera}`;
}

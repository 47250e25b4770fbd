// The texts of a passage's way.
const STAGES: Record<string, string> = {
  passage: 'In all',
  intake: 'Taken in',
  reading: 'Read',
  judging: 'Judged',
  review: 'Looked at by a person',
  export: 'Put into a file',
};

const OUTCOMES: Record<string, string> = {
  'worker-died': 'the reader died',
  'lease-expired': 'given up',
  expired: 'given up',
  'given-back': 'given back unused',
  'timed-out': 'no answer in time',
  'second-asked': 'another one is asked',
  'billed': 'billed',
  'published': 'published',
  'read': 'read',
};

export const way = {
  title: 'Its way',
  columns: ['Stage', 'Began', 'Waited', 'Took', 'What came of it'],
  stage: (stage: string, n: number) => `${STAGES[stage] ?? stage}${n > 1 ? `, ${n}.` : ''}`,
  outcome: (code: string) => OUTCOMES[code] ?? code.replaceAll('-', ' '),
  file: (n: string) => `export ${n}`,
  lasts: 'not over',
  moment: 'at once',
  unknown: '–',
  trace: 'Trace',
  traceHow: 'The same id is in the log, and in the tracing system where one is connected.',
  sent: 'begun by the camera',
  search: 'Passage or trace id',
};

/** `40 ms`, `1.2 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function took(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  const s = ms / 1000;
  if (s < 60) return `${s < 10 ? Math.round(s * 10) / 10 : Math.round(s)} s`;
  const whole = Math.round(s);
  const parts = (big: number, name: string, small: number, rest: string) => {
    const left = Math.floor((whole % big) / small);
    return `${Math.floor(whole / big)} ${name}${left > 0 ? ` ${left} ${rest}` : ''}`;
  };
  if (whole < 3600) return parts(60, 'min', 1, 's');
  if (whole < 86_400) return parts(3600, 'h', 60, 'min');
  return parts(86_400, 'd', 3600, 'h');
}

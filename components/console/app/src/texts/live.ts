// Every text of the live view; loaded with it, for most who work here never open it.
const count = new Intl.NumberFormat('en');

const OPEN: Record<string, string> = {
  outage: 'it was out of reach',
  throttled: 'it asked to be left alone',
  'quota-exhausted': 'the account’s quota is spent',
  unauthorized: 'it refuses our key',
};

export const live = {
  title: 'Live',
  number: (n: number) => count.format(n),
  ranges: { '1h': '1 h', '24h': '24 h', '7d': '7 d', '90d': '90 d', '2y': '2 y' } as Record<string, string>,
  range: 'Time shown',
  back: 'Back to live',
  asOf: (time: string) => `as of ${time}`,
  booth: 'Booth',
  allBooths: 'All booths',
  loading: 'Loading…',
  empty: 'No photo has arrived so far.',
  emptyHow: 'Register a booth and give its cameras a token; the first photo appears here within seconds.',
  nothing: 'Nothing was measured so far.',
  nothingHow: 'The telemetry’s tick has not run: every five seconds by the cron trigger, or by `tollbooth tick telemetry`.',
  stale: (since: string) => `These figures are of ${since}. Since then nothing was added up; this page goes on asking.`,
  staleHow: 'Look whether the telemetry’s tick runs.',
  off: (since: string) => `Telemetry is switched off. These figures are of ${since}.`,
  offHow: 'Nothing is added up until an operator sets telemetry.enabled to true; what happened meanwhile is added up then.',
  behind: 'A long past is being added up; the figures catch up by themselves.',
  noData: 'Nothing was measured in this time.',
  well: 'All is well.',
  flow: {
    title: 'From photo to bill, now',
    received: 'Received',
    waiting: 'Waiting',
    reading: 'Being read',
    inReview: 'In review',
    accepted: 'To be billed',
    billed: 'Billed',
    perMinute: (n: number) => `${n >= 10 ? count.format(Math.round(n)) : Math.round(n * 10) / 10}/min`,
    oldest: (age: string) => `oldest ${age}`,
    none: 'nobody waits',
    total: 'in all',
    nextFile: (time: string) => `next file ${time}`,
    fileLate: (age: string) => `file late by ${age}`,
    noFile: 'no export so far',
    rejected: (n: number) => `${count.format(n)} rejected`,
    itself: 'by itself',
    toPeople: 'to people',
    decided: 'decided',
  },
  charts: {
    received: ['Received', ''],
    decided: ['Accepted by itself', 'share of what was read'],
    billable: ['From photo to decision', 'median, 95 % thin'],
    reading: ['Waiting and being read', '95 % each'],
    depth: ['On the way', 'passages'],
    age: ['Oldest photo that waits', 'for how long, at most'],
    reviews: ['Reviews', 'opened and closed'],
    failed: ['Failed readings and refused uploads', ''],
    money: ['Cost of readings', ''],
  } as Record<string, [string, string]>,
  lines: {
    received: 'received', refused: 'refused', byItself: 'by itself', median: 'median', p95: '95 %', wait: 'waiting', run: 'being read',
    waiting: 'waiting', inReview: 'in review', oldest: 'the oldest', opened: 'opened', closed: 'closed', failed: 'failed', cost: 'cost',
  },
  /** In a sentence for those who cannot see the chart. */
  chart: (title: string, steps: number, total: string) => `${title}: ${steps} points, ${total}. Arrow keys move through them, Enter goes into one.`,
  /** How much time a point stands for. */
  every(ms: number): string {
    if (ms < 3_600_000) return ms === 60_000 ? 'a minute' : `per ${ms / 60_000} min`;
    if (ms < 86_400_000) return ms === 3_600_000 ? 'an hour' : `per ${ms / 3_600_000} h`;
    return ms === 86_400_000 ? 'a day' : 'a week';
  },
  duration(ms: number | null): string {
    if (ms === null) return '–';
    if (ms < 1_000) return `${Math.round(ms)} ms`;
    if (ms < 90_000) return `${Math.round(ms / 100) / 10} s`;
    if (ms < 5_400_000) return `${Math.round(ms / 60_000)} min`;
    if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
    return `${Math.round(ms / 86_400_000)} d`;
  },
  money: (micros: number) => (micros / 1_000_000).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  booths: {
    title: 'Booths',
    columns: ['Booth', 'State', 'Last 24 hours', 'Photos / h', 'Last photo', 'By itself', 'Unreadable', 'What is going on'],
    well: 'well',
    silent: 'silent',
    degraded: 'look at it',
    never: 'no photo yet',
    quiet: (age: string, usual: string) => `No photo for ${age}; usually one comes every ${usual}.`,
    unreadable: (share: string) => `${share} of the photos cannot be read. Look at the lens and the light.`,
    refused: (n: number) => `${count.format(n)} uploads refused in the last 24 hours.`,
    strangers: (n: number) => `${count.format(n)} uploads of senders that are not known: a camera with a wrong token?`,
    clock: (camera: string) => `Camera ${camera} seems to send local time as UTC.`,
    waits: (age: string) => `The oldest photo waits for ${age} to be read.`,
    spark: (n: number) => `${count.format(n)} photos in the last 24 hours`,
    ago: (age: string) => `${age} ago`,
  },
  cameras: {
    title: 'Cameras of this booth',
    none: 'No photo of this booth was counted today or yesterday.',
    columns: ['Camera', 'Photos today', 'Photos yesterday', 'Unreadable yesterday', 'Capture to receipt', 'What is going on'],
    how: (few: number) => `Days are of UTC. What could not be read is told of days that are over and had ${few} photos.`,
    others: 'all others',
    day: (name: string) => `${name === '…' ? 'all others' : name}: yesterday (UTC) at this booth`,
  },
  recognizers: {
    title: 'Recognisers that cost money',
    none: 'No service was asked so far; reading in process costs nothing.',
    columns: ['Recogniser', 'State', 'Today', 'Budget', 'Calls today'],
    called: 'works',
    open: (reason: string | null) => `left alone: ${OPEN[reason ?? ''] ?? reason ?? 'unknown'}`,
    since: (age: string) => `since ${age}`,
    of: (part: string, whole: string) => `${part} of ${whole}`,
    unlimited: 'no limit',
    today: (name: string) => `${name}: the day (UTC) in which this was spent`,
  },
  failures: {
    title: 'What fails',
    none: 'Nothing fails.',
    columns: ['Since', 'Booth', 'Why', 'Last attempt', 'Passage'],
    more: (n: number) => `and ${count.format(n)} more`,
    causes: 'By cause',
    causeColumns: ['Why', 'Last attempt', 'Photos'],
    resend: 'Send again…',
    resendOf: (why: string, last: string) => `Send again: ${why}, ${last}`,
    resendTitle: 'Send to the recogniser again',
    resendHow:
      'Each is read anew with a fresh count of attempts; earlier attempts stay. What a reviewer is looking at is left alone, and what was tried 200 times stays with people. It is in the log, once, that you did this.',
    resendWhat: (n: number, why: string, last: string) => `${count.format(n)} ${n === 1 ? 'photo' : 'photos'}: ${why.toLowerCase()}, ${last.toLowerCase()}.`,
    resendFirst: 'The oldest of them',
    resendNone: 'There is none any more.',
    resendGo: (n: number) => `Send ${count.format(n)} again`,
    resendOn: (n: number) => `Send the other ${count.format(n)}`,
    resending: (done: number, all: number) => `${count.format(done)} of ${count.format(all)} sent`,
    resendStop: 'Stop',
    resent: (n: number) => `${count.format(n)} sent to the recogniser again.`,
    resendClaimed: (n: number) => `${count.format(n)} left alone: a reviewer is looking at ${n === 1 ? 'it' : 'them'}.`,
    resendLeft: (n: number) => `${count.format(n)} left.`,
    resendBack: 'Back',
    resendDone: 'Done',
  },
  passages: {
    title: 'Passages received in this hour',
    none: 'No photo was received in this hour.',
    more: 'Show more',
    columns: ['Captured', 'Booth', 'State', 'Plate'],
  },
  say: {
    waits: (age: string) => `The oldest photo waits for ${age} to be read.`,
    circuit: (name: string, why: string) => `${name} is not called: ${OPEN[why] ?? why}.`,
    late: (age: string) => `The export for billing is late by ${age}.`,
    silent: (names: string) => `No photos from ${names}.`,
    messages: (n: number) => `${n} messages to people are not delivered.`,
    budget: (name: string, share: string) => `${name} has used ${share} of today’s budget.`,
  },
};

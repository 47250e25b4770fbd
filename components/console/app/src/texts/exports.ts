// The texts of the exports' views, in English.
import type { SchemaDestination, SchemaDestinationTrouble, SchemaExportProfile } from '../api/schema';

const count = (n: number, one: string, many: string) => `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`;

const TROUBLES: Record<SchemaDestinationTrouble, string> = {
  'server-unreachable': 'TollBooth itself did not answer.',
  unreachable: 'It is out of reach.',
  full: 'It has no room left.',
  damaged: 'What arrived was not what was sent.',
  'odd-answer': 'Its answers make no sense.',
  'login-refused': 'It refuses the login: renew the password or key.',
  untrusted: 'It does not show that it is the server that was configured. Nothing was sent.',
  denied: 'It does not permit what has to be done.',
  'folder-missing': 'Its folder is not there.',
  'name-refused': 'It does not take the names of the files.',
  'other-file': 'Another file lies under the name of an export.',
  'chain-broken': 'An export does not follow the one before: run tollbooth audit.',
  'secret-missing': 'A password or key for it cannot be read.',
  'progress-unwritable': 'The progress of the delivery cannot be written.',
  'ledger-older': 'It has exports that this installation does not know: a backup was restored.',
};

const STATES: Record<SchemaDestination['state'], string> = {
  well: 'gets everything',
  retrying: 'fails, and is tried again',
  refused: 'needs people',
  'ledger-older': 'needs people',
  silent: 'nobody delivers',
};

export const published = {
  title: 'Exports',
  profile: 'Profile',
  profileName: (profile: SchemaExportProfile) => (profile.billing ? 'Billing' : `Copy: ${profile.name}`),
  standing: (profile: SchemaExportProfile) => {
    const due = profile.due_at === null ? '' : ' The next is due ';
    const waiting = profile.waiting === 0 ? '' : ` ${count(profile.waiting, 'export is', 'exports are')} not copied yet.`;
    return [`${profile.billing ? 'This is what is billed from' : 'A copy for other readers; nothing is billed from it'}, in the columns “${profile.columns}”.${waiting}`, due] as const;
  },
  notNamed: 'The settings name this copy no more. What was published stays.',
  none: 'Nothing is published yet.',
  earlier: 'Show earlier ones',
  columns: { number: 'Export', kind: 'What', published: 'Published', lines: 'Lines', file: 'File', manifest: 'Manifest' },
  kinds: { lines: 'bill lines', corrections: 'corrections' } as Record<string, string>,
  download: (name: string) => `Download ${name}`,
  manifestOf: (number: number) => `Manifest of export ${number}`,
  destinations: 'Destinations',
  noDestinations: 'No delivery has reported. Run tollbooth deliver, or fetch files here.',
  destinationColumns: { name: 'Name', kind: 'Kind', profile: 'Profile', state: 'State', delivered: 'Delivered up to', waiting: 'Waiting', reported: 'Reported' },
  state: (found: SchemaDestination) => STATES[found.state],
  trouble: (found: SchemaDestination) => (found.trouble === null ? '' : TROUBLES[found.trouble]),
  since: (when: string) => `since ${when}`,
  lastTrouble: (found: SchemaDestination, when: string) => (found.last_trouble === null ? '' : `Last trouble, ${when}: ${TROUBLES[found.last_trouble]}`),
  one: (number: string) => `Export ${number}`,
  missing: 'There is no such export, or it is not published.',
  facts: { kind: 'What', file: 'File name', lines: 'Lines', from: 'After', to: 'Bound', published: 'Published', sha: 'SHA-256 of the file', manifest: 'SHA-256 of the manifest', previous: 'SHA-256 of the manifest before' },
  files: 'Files',
  filesNote: 'Published files never change: each download is the file that was published.',
  parts: { file: 'CSV', manifest: 'Manifest', signature: 'Signature' },
  notCopied: 'not copied yet',
  released: 'lost and given up',
  where: 'Where it is',
  has: (name: string, when: string) => `${name} has it${when}.`,
  hasNot: (name: string, through: number) => `${name} does not have it yet: it has exports up to ${through}.`,
  answers: 'What billing answered',
  answered: (billed: number, unknown: number, refused: number, open: number) =>
    `${count(billed, 'line', 'lines')} billed, ${unknown.toLocaleString('en-US')} without an owner, ${refused.toLocaleString('en-US')} refused, ${open.toLocaleString('en-US')} not answered.`,
  upload: 'Upload an acknowledgement',
  uploadHow: 'A CSV file with the columns FileName (or PassageId), Disposition (billed, owner-not-found or refused) and Reason (of refused ones). All of it is recorded, or nothing; the same file again changes nothing.',
  choose: 'CSV file',
  send: 'Send',
  sent: (recorded: number, known: number, review: number, open: number) =>
    `${count(recorded, 'answer', 'answers')} recorded, ${known.toLocaleString('en-US')} known before; ${count(review, 'passage goes', 'passages go')} to review. ${count(open, 'line is', 'lines are')} not answered.`,
  badFile: {
    empty: 'The file has no rows.',
    header: 'The first line must name FileName or PassageId, and Disposition.',
    quote: (line: number) => `Line ${line}: a quotation mark is never closed.`,
    large: 'The file is larger than 20 MB.',
  },
  part: (done: number, all: number) => `Rows 1 to ${done} of ${all} were recorded before this.`,
  lines: 'Lines',
  lineColumns: { passage: 'Passage', plate: 'Plate', issuer: 'Issuer', booth: 'Booth', captured: 'Captured', decided: 'Decided by', answer: 'Answer' },
  judge: 'the machine',
  withdrawn: 'bill nothing',
  corrects: (number: number, cause: string) => `corrects export ${number} (${cause})`,
  dispositions: { billed: 'billed', 'owner-not-found': 'no owner', refused: 'refused' } as Record<string, string>,
  open: 'none yet',
  more: 'Show more',
};

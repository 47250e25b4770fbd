// What of the log is shown: all of it is in the address, each page too.
import { query } from '../../router';

export const WHATS = {
  '': [],
  decisions: ['accepted', 'rejected', 'undone', 'reopened', 'reprocessed', 'recalled', 'confirmed', 'correction-due', 'correction-dropped', 'opinion-given', 'opinion-withdrawn'],
  claims: ['claimed', 'released', 'flagged', 'unflagged', 'assigned', 'unassigned'],
  'sign-ins': ['signed-in', 'signed-out'],
  exports: ['export-bound', 'export-published', 'export-adopted', 'export-copied', 'export-file-lost', 'export-file-back', 'export-file-released', 'billing-took', 'billing-found-no-owner', 'billing-refused'],
  administration: ['booth-registered', 'booth-changed', 'token-created', 'token-replaced', 'token-changed', 'token-revoked', 'push-set-up', 'settings-changed', 'threshold-applied', 'camera-text-forgotten'],
  alerts: ['alert-acknowledged', 'alert-snoozed', 'alert-rule-changed', 'message-retried', 'message-withdrawn'],
  photos: [],
} as const satisfies Record<string, readonly string[]>;

export type What = keyof typeof WHATS;

export interface Asked {
  who: string;
  what: What;
  passage: string;
  /** Days, `2026-11-20`, in this browser's zone; both included. */
  since: string;
  until: string;
  /** Where the page begins: entries before this number. */
  before: string;
}

const FIELDS = ['who', 'what', 'passage', 'since', 'until', 'before'] as const;

export function asked(): Asked {
  const given = new URLSearchParams(query.value);
  const what = given.get('what') ?? '';
  const day = (name: string) => {
    const text = given.get(name) ?? '';
    return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00`)) ? text : '';
  };
  return {
    who: given.get('who') ?? '',
    what: what in WHATS ? (what as What) : '',
    passage: given.get('passage')?.trim() ?? '',
    since: day('since'),
    until: day('until'),
    before: /^\d+$/.test(given.get('before') ?? '') ? (given.get('before') ?? '') : '',
  };
}

/** The address of the log with some of it changed; another question begins with its newest entries. */
export function address(now: Asked, change: Partial<Asked>): string {
  const wanted = { ...now, before: '', ...change };
  const parts = new URLSearchParams(FIELDS.map((name) => [name, wanted[name]] as [string, string]).filter(([, value]) => value !== ''));
  return parts.size > 0 ? `log?${parts}` : 'log';
}

/** The beginning of a day here, so many days later, as an instant. */
function midnight(day: string, later: number): string {
  const date = new Date(`${day}T00:00`);
  date.setDate(date.getDate() + later);
  return date.toISOString();
}

/** Path and query of the API for it. */
export function request(now: Asked): string {
  const parts = new URLSearchParams();
  if (now.who) parts.set('token', now.who);
  if (now.passage) parts.set('passage', now.passage);
  if (now.since) parts.set('since', midnight(now.since, 0));
  if (now.until) parts.set('until', midnight(now.until, 1));
  if (now.before) parts.set('before', now.before);
  const kinds = WHATS[now.what];
  if (kinds.length > 0) parts.set('kind', kinds.join(','));
  return `/v1/log${now.what === 'photos' ? '/photos' : ''}?${parts}`;
}

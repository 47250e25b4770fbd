// What of the log is shown: all of it is in the address, each page too.
import { query } from '../../router';
import { day, midnight } from '../../ui/days';
import { passageIn } from '../../ui/ids';

export const WHATS = {
  '': [],
  decisions: ['accepted', 'rejected', 'undone', 'reopened', 'reprocessed', 'sent-back', 'recalled', 'confirmed', 'correction-due', 'correction-dropped', 'opinion-given', 'opinion-withdrawn'],
  claims: ['claimed', 'released', 'flagged', 'unflagged', 'assigned', 'unassigned'],
  'sign-ins': ['signed-in', 'signed-out'],
  exports: ['export-bound', 'export-published', 'export-adopted', 'export-copied', 'export-file-lost', 'export-file-back', 'export-file-released', 'billing-took', 'billing-found-no-owner', 'billing-refused'],
  administration: ['booth-registered', 'booth-changed', 'token-created', 'token-replaced', 'token-changed', 'token-revoked', 'push-set-up', 'settings-changed', 'threshold-applied', 'camera-text-forgotten', 'camera-turn-decided', 'camera-turn-ended', 'camera-turn-withdrawn'],
  alerts: ['alert-acknowledged', 'alert-snoozed', 'alert-rule-changed', 'message-retried', 'message-withdrawn'],
  photos: [],
  downloads: [],
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
  return {
    who: given.get('who') ?? '',
    what: what in WHATS ? (what as What) : '',
    passage: passageIn(given.get('passage')?.trim() ?? ''),
    since: day(given.get('since')),
    until: day(given.get('until')),
    before: /^\d+$/.test(given.get('before') ?? '') ? (given.get('before') ?? '') : '',
  };
}

/** The address of the log with some of it changed; another question begins with its newest entries. */
export function address(now: Asked, change: Partial<Asked>): string {
  const wanted = { ...now, before: '', ...change };
  const parts = new URLSearchParams(FIELDS.map((name) => [name, wanted[name]] as [string, string]).filter(([, value]) => value !== ''));
  return parts.size > 0 ? `log?${parts}` : 'log';
}

/** Path and query of the API for it. */
export function request(now: Asked): string {
  const parts = new URLSearchParams();
  if (now.who) parts.set('token', now.who);
  if (now.passage && now.what !== 'downloads') parts.set('passage', now.passage);
  if (now.since) parts.set('since', midnight(now.since, 0));
  if (now.until) parts.set('until', midnight(now.until, 1));
  if (now.before) parts.set('before', now.before);
  const kinds = WHATS[now.what];
  if (kinds.length > 0) parts.set('kind', kinds.join(','));
  const list = now.what === 'photos' || now.what === 'downloads' ? `/${now.what}` : '';
  return `/v1/log${list}?${parts}`;
}

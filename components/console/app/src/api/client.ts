// Requests to the API, and what can come of them: an answer, a problem, or no answer at all.
import { signal } from '@preact/signals';

/** The server's refusal, by RFC 9457. */
export class Problem extends Error {
  readonly slug: string;
  readonly requestId: string;
  constructor(
    readonly status: number,
    readonly body: Record<string, unknown>,
  ) {
    super(typeof body.detail === 'string' ? body.detail : `HTTP ${status}`);
    this.slug = String(body.type ?? '').split(':').pop() ?? '';
    this.requestId = String(body.request_id ?? '');
  }
}

/** No answer: the connection or the server is gone. Whether it acted is unknown. */
export class Unreachable extends Error {}

/** Whether the last request was answered. */
export const online = signal(true);
/** True when the server no longer knows the session. */
export const signedOut = signal(false);

/** The server's clock less this machine's, in milliseconds, by its last answer: claims end by the server's. */
let serverAhead = 0;
export const serverNow = () => Date.now() + serverAhead;

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface CallOptions {
  /** Sent although the page goes away. */
  keepalive?: boolean;
}

/** The answer's JSON; null for an answer without a body. */
export async function call<T>(method: Method, path: string, body?: unknown, options: CallOptions = {}): Promise<T> {
  const { answer, text } = await send(method, path, {}, body, options);
  if (answer.ok) return (text === '' ? null : JSON.parse(text)) as T;
  throw refused(answer, text);
}

/** The answer with its tag, or null when it is still the one of this tag. */
export async function callIfNew<T>(path: string, etag: string): Promise<{ etag: string; value: T } | null> {
  const { answer, text } = await send('GET', path, etag === '' ? {} : { 'if-none-match': etag });
  if (answer.status === 304) return null;
  if (answer.ok) return { etag: answer.headers.get('etag') ?? '', value: JSON.parse(text) as T };
  throw refused(answer, text);
}

function refused(answer: Response, text: string): Problem {
  if (answer.status === 401) signedOut.value = true;
  return new Problem(answer.status, parsed(text));
}

async function send(
  method: Method,
  path: string,
  more: Record<string, string>,
  body?: unknown,
  options: CallOptions = {},
): Promise<{ answer: Response; text: string }> {
  const headers: Record<string, string> = { accept: 'application/json', ...more };
  if (method !== 'GET') headers['tollbooth-console'] = '1';
  if (body !== undefined) headers['content-type'] = 'application/json';
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      keepalive: options.keepalive ?? false,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    online.value = false;
    throw new Unreachable('no answer', { cause });
  }
  const date = Date.parse(answer.headers.get('date') ?? '');
  if (!Number.isNaN(date)) serverAhead = date - Date.now();
  const text = await answer.text().catch((cause: unknown) => {
    online.value = false;
    throw new Unreachable('the answer broke off', { cause });
  });
  online.value = true;
  return { answer, text };
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // a proxy's page: the status says enough
  }
}

/** Whether asking again may help. */
export function passing(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Problem && (error.status === 503 || error.status === 429));
}

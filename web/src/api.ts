// api.ts -- the one typed client of quern's public API. Shapes are Sentry's where Sentry has them.
// Errors become ApiError with the server's own words. Unsafe methods carry the CSRF token.

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface User {
  id: string;
  name: string;
  email: string;
  username: string;
  role?: Role;
}
export type Role = 'owner' | 'manager' | 'admin' | 'member' | 'viewer';
export interface Project {
  id: string;
  slug: string;
  name: string;
  platform: string | null;
  firstEvent: string | null;
  firstTransactionEvent: boolean; // spans have come
}
export interface Actor {
  type: 'user' | 'team';
  id: string;
  name: string;
  email?: string;
}
export type Level = 'fatal' | 'error' | 'warning' | 'info' | 'debug';
export type Series = [number, number][];

export interface Issue {
  id: string;
  shortId: string;
  title: string;
  culprit: string;
  level: Level;
  platform: string;
  status: 'resolved' | 'ignored' | 'unresolved';
  substatus: string | null;
  statusDetails: {
    inNextRelease?: boolean;
    inRelease?: string;
    ignoreUntil?: string;
    ignoreCount?: number;
    ignoreUserCount?: number;
  };
  project: { id: string; slug: string; name: string };
  type: string;
  metadata: { type?: string; value?: string; filename?: string; function?: string; title?: string };
  count: string;
  userCount: number;
  firstSeen: string;
  lastSeen: string;
  isUnhandled: boolean;
  numComments: number;
  assignedTo: Actor | null;
  priority: string;
  stats: Record<string, Series>;
}
export interface IssueDetail extends Issue {
  activity: Activity[];
  firstRelease: Release | null;
  lastRelease: Release | null;
  tags: { key: string; name: string; totalValues: number }[];
}
export interface Activity {
  id: string;
  user: User | null;
  type: string;
  data: Record<string, unknown>;
  dateCreated: string;
}
export interface Release {
  id: number;
  version: string;
  shortVersion: string;
  dateCreated: string;
  dateReleased: string | null;
  newGroups: number;
  firstEvent: string | null;
  lastEvent: string | null;
  lastDeploy: { environment: string; dateFinished: string; url: string | null } | null;
  projects: { id: number; slug: string; name: string; newGroups: number }[];
}
export interface Frame {
  filename: string | null;
  absPath: string | null;
  module: string | null;
  package: string | null;
  function: string | null;
  rawFunction: string | null;
  lineNo: number | null;
  colNo: number | null;
  inApp: boolean;
  context: [number, string | null][];
  vars: Record<string, unknown> | null;
  platform: string | null;
  instructionAddr: string | null;
}
export interface Stacktrace {
  frames: Frame[];
  hasSystemFrames: boolean;
  registers?: Record<string, string> | null;
}
export interface Mechanism {
  type?: string;
  handled?: boolean;
  synthetic?: boolean;
  source?: string;
  meta?: {
    signal?: { name?: string; number?: number; code_name?: string };
    mach_exception?: { name?: string };
    errno?: { name?: string; number?: number };
  };
}
export interface Exception {
  type: string | null;
  value: string | null;
  module: string | null;
  threadId: string | number | null;
  mechanism: Mechanism | null;
  stacktrace: Stacktrace | null;
  rawStacktrace: Stacktrace | null;
}
export interface Breadcrumb {
  type: string;
  category: string | null;
  level: Level;
  message: string | null;
  timestamp: string | number | null;
  data: Record<string, unknown> | null;
}
export type Entry =
  | { type: 'exception'; data: { values: Exception[] } }
  | {
      type: 'threads';
      data: {
        values: {
          id: string | number;
          name: string | null;
          crashed: boolean;
          current: boolean;
          stacktrace: Stacktrace | null;
        }[];
      };
    }
  | { type: 'stacktrace'; data: Stacktrace }
  | { type: 'message'; data: { formatted: string; message?: string; params?: unknown } }
  | { type: 'breadcrumbs'; data: { values: Breadcrumb[] } }
  | { type: 'request'; data: RequestData }
  | { type: 'csp' | 'hpkp' | 'expectct' | 'expectstaple' | 'template' | 'debugmeta' | 'spans'; data: unknown };
export interface RequestData {
  method: string | null;
  url: string | null;
  query: [string, string][] | string | null;
  fragment: string | null;
  data: unknown;
  headers: [string, string][];
  cookies: [string, string][];
  env: Record<string, unknown> | null;
  inferredContentType: string | null;
}
export interface Event {
  id: string;
  eventID: string;
  groupID: string;
  projectID: string;
  size: number;
  platform: string;
  title: string;
  message: string;
  location: string | null;
  culprit: string;
  type: string;
  metadata: Record<string, string>;
  dateCreated: string;
  dateReceived: string;
  user: Record<string, unknown> | null;
  tags: { key: string; value: string; query?: string }[];
  contexts: Record<string, Record<string, unknown>>;
  context: Record<string, unknown>;
  packages: Record<string, string>;
  sdk: { name: string; version: string } | null;
  release: Release | null | { version: string };
  dist: string | null;
  errors: { type: string; message?: string; data?: Record<string, unknown> }[];
  entries: Entry[];
  fingerprints: string[];
  userReport: { name: string; email: string; comments: string; dateCreated: string } | null;
  nextEventID: string | null;
  previousEventID: string | null;
}
export interface EventRow {
  id: string;
  eventID: string;
  groupID: string;
  title: string;
  dateCreated: string;
  user: Record<string, unknown> | null;
  tags: { key: string; value: string }[];
}
export interface TagValue {
  key: string;
  name: string;
  value: string;
  count: number;
  firstSeen: string;
  lastSeen: string;
  query?: string;
}
export interface Tag {
  key: string;
  name: string;
  totalValues: number;
  uniqueValues?: number;
  topValues: TagValue[];
}
export interface Attachment {
  id: string;
  event_id: string;
  name: string;
  mimetype: string;
  size: number;
  type: string;
  dateCreated: string;
}
export interface Key {
  id: string;
  name: string;
  public: string;
  isActive: boolean;
  dateCreated: string;
  rateLimit: { window: number; count: number } | null;
  dsn: { public: string; otlp_traces: string; otlp_logs: string; security: string; minidump: string };
}

export interface Page<T> {
  rows: T;
  next: string | null;
  previous: string | null;
  hits: number | null;
  tail: string | null; // ask with it later for what came since
}

/** Readable beside the session's own cookie, which no script sees; sent back in a header with every change. */
function csrf(): string {
  return document.cookie.match(/(?:^|; )quern_csrf=([^;]+)/)?.[1] ?? '';
}
export const hasSession = () => csrf() !== '';
/** What to do when the server no longer knows who is here. */
export const session = { lost: () => {} };

export type Params = Record<string, string | number | boolean | string[] | null | undefined>;
export function search(params: Params = {}): string {
  const q = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value === null || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) q.append(key, String(one));
  }
  const text = q.toString();
  return text && '?' + text;
}

async function request(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (method !== 'GET') headers['X-CSRFToken'] = csrf();
  let answer: Response;
  try {
    answer = await fetch('/api/0' + path, {
      method,
      headers,
      signal,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, 'The server cannot be reached. What you see was loaded earlier; nothing was changed.');
  }
  if (answer.ok) return answer;
  const text = await answer.text();
  if (answer.status === 401 && path !== '/auth/login/') session.lost();
  throw new ApiError(answer.status, reason(text, answer) ?? `The server answered ${answer.status}.`);
}

function reason(text: string, answer: Response): string | null {
  const wait = answer.headers.get('Retry-After');
  if (answer.status === 429 && wait) return `Too many tries. Try again in ${wait} s.`;
  try {
    const json = JSON.parse(text);
    if (typeof json.detail === 'string') return json.detail;
    if (typeof json.error === 'string') return json.error;
    const field = Object.entries(json).find(([, v]) => Array.isArray(v) && typeof v[0] === 'string');
    return field ? `${field[0]}: ${(field[1] as string[])[0]}` : null;
  } catch {
    return null;
  }
}

/** Cursors of the Link header; null where there is nothing in that direction. */
function cursors(header: string | null): { next: string | null; previous: string | null } {
  const found = { next: null as string | null, previous: null as string | null };
  for (const part of (header ?? '').split(/,\s*(?=<)/)) {
    const [, rel, results, cursor] = part.match(/rel="(\w+)"; results="(\w+)"; cursor="([^"]*)"/) ?? [];
    if (results === 'true' && (rel === 'next' || rel === 'previous')) found[rel] = cursor;
  }
  return found;
}

export const api = {
  async get<T>(path: string, params?: Params, signal?: AbortSignal): Promise<T> {
    return (await request('GET', path + search(params), undefined, signal)).json();
  },
  async page<T>(path: string, params?: Params, signal?: AbortSignal): Promise<Page<T>> {
    const answer = await request('GET', path + search(params), undefined, signal);
    const hits = answer.headers.get('X-Hits');
    return {
      rows: await answer.json(),
      ...cursors(answer.headers.get('Link')),
      hits: hits === null ? null : Number(hits),
      tail: answer.headers.get('X-Quern-Tail'),
    };
  },
  async send<T = unknown>(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    params?: Params,
  ): Promise<T | null> {
    const answer = await request(method, path + search(params), body);
    const text = await answer.text();
    return text ? (JSON.parse(text) as T) : null;
  },
};

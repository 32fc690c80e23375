// state.ts -- who is here, which projects there are, and the context that every page shares:
// project, environment, time range and query stand in the URL and go along from page to page.
import { signal } from '@preact/signals';
import { useLocation } from 'wouter-preact';
import { useBrowserLocation, useSearch } from 'wouter-preact/use-browser-location';
import type { Params, Project, User } from './api';

export const org = 'default';
export const me = signal<User | null | undefined>(undefined); // undefined: not asked yet; null: nobody
export const projects = signal<Project[]>([]);

/** Where we are, for a router that undoes some of the escapes in a path, but not %2F: it is left with all of them, and
 * part() undoes each once. The query is read as it stands for the same reason: undone twice, %2520 were a space. */
export const useWhere: typeof useBrowserLocation = (options) => {
  const [path, go] = useBrowserLocation(options);
  return [path.replaceAll('%25', '%2525'), go];
};

/** A part of a path as it was meant; one that nobody escaped stays as it is. */
export function part(escaped: string): string {
  try {
    return decodeURIComponent(escaped);
  } catch {
    return escaped;
  }
}

const roleIn = (...roles: string[]) => roles.includes(me.value?.role ?? '');
/** Triage issues. */
export const mayWrite = () => roleIn('owner', 'manager', 'admin', 'member');
/** Set up projects and keys. */
export const mayConfigure = () => roleIn('owner', 'manager', 'admin');
/** Users, and what cannot be undone. */
export const mayManage = () => roleIn('owner', 'manager');

const carried = ['project', 'environment', 'statsPeriod', 'start', 'end'] as const;

/** The query string of this page, and ways to change it. Changing anything but the cursor forgets the cursor. */
export function useQuery() {
  const text = useSearch();
  const [path, go] = useLocation();
  const query = new URLSearchParams(text);
  const set = (changes: Record<string, string | null>, replace = false) => {
    const next = new URLSearchParams(text);
    if (!('cursor' in changes)) next.delete('cursor');
    for (const [key, value] of Object.entries(changes))
      value === null || value === '' ? next.delete(key) : next.set(key, value);
    const q = next.toString();
    go(path + (q && '?' + q), { replace });
  };
  return { query, set };
}

/** The list of issues as it was left, filter and all: the way up from one of them. */
export const issueList = { address: '' };

/** A link to another page that keeps project, environment and time range; '' leaves one out. */
export function useHref() {
  const query = new URLSearchParams(useSearch());
  return (path: string, more: Record<string, string> = {}) => {
    const next = new URLSearchParams();
    for (const key of carried) if (query.get(key)) next.set(key, query.get(key)!);
    for (const [key, value] of Object.entries(more)) value ? next.set(key, value) : next.delete(key);
    const q = next.toString();
    return path + (q && '?' + q);
  };
}

/** The shared context as API parameters. */
export function contextParams(query: URLSearchParams, period = '14d'): Params {
  const start = query.get('start'),
    end = query.get('end');
  return {
    project: query.get('project') || null,
    environment: query.get('environment') || null,
    ...(start && end ? { start, end } : { statsPeriod: query.get('statsPeriod') || period }),
  };
}

/** The time in which what belongs to a trace is looked for: clocks differ, and some of it comes later. */
export function around(t: { start: number; durationUs: number }) {
  const hour = 3_600_000;
  return {
    start: new Date(t.start - hour).toISOString(),
    end: new Date(t.start + t.durationUs / 1000 + hour).toISOString(),
  };
}

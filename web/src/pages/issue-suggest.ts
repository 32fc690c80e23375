// issue-suggest.ts -- completions for the filter of issues: its keys, the tags that events have, and their values.
import { api } from '../api';
import { org, projects } from '../state';
import type { Suggest } from '../ui/filter';
import { term } from './triage';

const own =
  'is level release environment assigned firstSeen lastSeen age timesSeen usersSeen has error.type error.value firstRelease platform issue message title user.id user.email user.username user.ip trace'.split(
    ' ',
  );
const known: Record<string, string[]> = {
  is: ['unresolved', 'resolved', 'ignored', 'new', 'ongoing', 'regressed', 'escalating', 'assigned', 'unassigned'],
  level: ['fatal', 'error', 'warning', 'info', 'debug'],
  assigned: ['me', 'none'],
  age: ['-1h', '-24h', '-7d', '+7d'],
  lastSeen: ['-1h', '-24h', '-7d'],
  firstSeen: ['-1h', '-24h', '-7d'],
  timesSeen: ['>10', '>100', '>1000'],
  usersSeen: ['>1', '>10', '>100'],
};
const tagOf: Record<string, string> = { firstRelease: 'release', 'first-release': 'release' };

let tagsAt = 0;
let tags: Promise<string[]> | undefined;
/** The keys of all tags; asked again after a minute. */
function tagKeys(): Promise<string[]> {
  if (!tags || Date.now() - tagsAt > 60_000) {
    tagsAt = Date.now();
    tags = api.get<{ key: string }[]>(`/organizations/${org}/tags/`).then((list) => list.map((t) => t.key));
  }
  return tags;
}

async function valuesOf(key: string, part: string, project: string | null): Promise<string[]> {
  const places = projects.value.filter((p) => !project || p.id === project || p.slug === project).slice(0, 5);
  const lists = await Promise.all(
    places.map((p) =>
      api.get<{ value: string }[]>(`/projects/${org}/${p.slug}/tags/${encodeURIComponent(key)}/values/`, {
        query: part || null,
        per_page: 12,
      }),
    ),
  );
  return [...new Set(lists.flat().map((v) => v.value))];
}

/** What fits the word that is being typed, in one project or in all. */
export const suggestIssues =
  (project: string | null): Suggest =>
  async (word) => {
    const [, not, key, part] = word.match(/^(!?)([\w.-]+):(.*)$/) ?? [];
    const starts = (text: string, begin: string) => text.toLowerCase().startsWith(begin.toLowerCase());
    if (!key) {
      const sign = word.startsWith('!') ? '!' : '';
      const begin = word.slice(sign.length);
      const all = [...new Set([...own, ...(await tagKeys().catch(() => []))])];
      return all.filter((k) => starts(k, begin)).map((k) => `${sign}${k}:`);
    }
    const bare = part.replace(/^"|"$/g, '');
    if (key === 'has') return (await tagKeys()).filter((k) => starts(k, bare)).map((k) => `${not}has:${k}`);
    const values = known[key] ?? (await valuesOf(tagOf[key] ?? key, bare, project));
    return values.filter((v) => !known[key] || starts(v, bare)).map((v) => not + term(key, v));
  };

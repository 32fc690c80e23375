// issues.tsx -- the list that people triage from: everything by keyboard, everything in the URL.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { api, type Issue } from '../api';
import { useGet, usePage, usePreference } from '../data';
import { exact } from '../format';
import { contextParams, mayWrite, org, projects, useHref, useQuery } from '../state';
import { change, Filter, TopBar, type Suggest } from '../ui/frame';
import { Menu } from '../ui/menu';
import { Age, Count, Empty, Problem } from '../ui/small';
import { Spark } from '../ui/spark';
import './issues.css';

const defaultQuery = 'is:unresolved';
const keys = ['is:', 'level:', 'release:', 'environment:', 'assigned:', 'firstSeen:', 'lastSeen:', 'age:', 'timesSeen:', 'has:', 'error.type:', 'error.value:', 'first-release:', 'platform:', 'user.id:', 'user.email:', 'transaction:'];
const known: Record<string, string[]> = {
  is: ['unresolved', 'resolved', 'ignored', 'new', 'regressed', 'ongoing', 'assigned', 'unassigned'],
  level: ['fatal', 'error', 'warning', 'info', 'debug'], assigned: ['me', 'none'], age: ['-24h', '-7d', '+7d'],
  lastSeen: ['-1h', '-24h'], firstSeen: ['-1h', '-24h'], timesSeen: ['>10', '>100', '>1k'],
};
const columns: [string, string][] = [['freq', 'Events'], ['user', 'Users'], ['new', 'First seen'], ['date', 'Last seen']];

export const suggestIssues: Suggest = async (word) => {
  const [, not, key, part] = word.match(/^(!?)([\w.-]+):(.*)$/) ?? [];
  if (!key) return keys.filter((k) => k.startsWith(word.replace(/^!/, ''))).map((k) => (word.startsWith('!') ? '!' : '') + k);
  const fits = (values: string[]) => values.filter((v) => v.toLowerCase().startsWith(part.toLowerCase())).map((v) => `${not}${key}:${/\s/.test(v) ? `"${v}"` : v}`);
  if (known[key]) return fits(known[key]);
  const slug = projects.value[0]?.slug;
  if (!slug) return [];
  const values = await api.get<{ value: string }[]>(`/projects/${org}/${slug}/tags/${encodeURIComponent(key)}/values/`, { query: part });
  return fits(values.map((v) => v.value));
};

interface Saved { name: string; query: string; sort: string }
export type Mutation = Record<string, unknown>;

export const resolutions: [string, Mutation][] = [
  ['Resolve', { status: 'resolved' }],
  ['Resolve in next release', { status: 'resolved', statusDetails: { inNextRelease: true } }],
];
export const ignores: [string, Mutation][] = [
  ['Ignore for 1 day', { status: 'ignored', statusDetails: { ignoreDuration: 1440 } }],
  ['Ignore for 1 week', { status: 'ignored', statusDetails: { ignoreDuration: 10080 } }],
  ['Ignore until 100 more events', { status: 'ignored', statusDetails: { ignoreCount: 100 } }],
  ['Ignore until 10 more users', { status: 'ignored', statusDetails: { ignoreUserCount: 10 } }],
  ['Ignore for good', { status: 'ignored', substatus: 'archived_forever' }],
];

export function Issues() {
  const { query, set } = useQuery();
  const [, go] = useLocation();
  const href = useHref();
  const text = query.get('query') ?? defaultQuery;
  const sort = query.get('sort') ?? 'date';
  const params = { ...contextParams(query), query: text, sort, limit: 50, cursor: query.get('cursor'), groupStatsPeriod: 'auto' };
  const list = usePage<Issue[]>(`/organizations/${org}/issues/`, params);
  const [at, setAt] = useState(0);
  const [picked, setPicked] = useState<Set<string>>(new Set());
  const [saved, setSaved] = usePreference<Saved[]>('issues.saved', []);
  const rows = list.data?.rows ?? [];
  const fresh = useNewOnes(rows, text, params);

  useEffect(() => {
    setAt(0);
    setPicked(new Set());
  }, [text, sort, query.get('cursor')]);

  const update = async (what: string, ids: string[], body: Mutation) => {
    if (await change(`${what}: ${ids.length === 1 ? 'one issue' : `${ids.length} issues`}`, () => api.send('PUT', `/organizations/${org}/issues/`, body, { id: ids }))) {
      setPicked(new Set());
      list.reload();
    }
  };
  const toggle = (id: string) => {
    const next = new Set(picked);
    next.delete(id) || next.add(id);
    setPicked(next);
  };
  const targets = picked.size ? [...picked] : rows[at] ? [rows[at].id] : [];

  useKeys({
    j: () => setAt(Math.min(at + 1, rows.length - 1)),
    k: () => setAt(Math.max(at - 1, 0)),
    Enter: () => rows[at] && go(href(`/issues/${rows[at].id}`)),
    x: () => rows[at] && toggle(rows[at].id),
    r: () => mayWrite() && targets.length && update('Resolved', targets, resolutions[0][1]),
    i: () => mayWrite() && targets.length && update('Ignored', targets, ignores[4][1]),
    a: () => mayWrite() && targets.length && update('Assigned to you', targets, { assignedTo: 'me' }),
  });

  return (
    <>
      <TopBar filter={<Filter value={text} change={(q) => set({ query: q === defaultQuery ? null : q || ' ' })} suggest={suggestIssues} placeholder="is:unresolved level:error release:1.2.* words in the title" />}
        extra={<>
          <Menu label="Searches" title="Saved searches" right choices={[
            { label: 'Unresolved', pick: () => set({ query: null }) },
            { label: 'New in the last day', pick: () => set({ query: 'is:unresolved age:-24h' }) },
            { label: 'Regressed', pick: () => set({ query: 'is:regressed' }) },
            { label: 'Assigned to me', pick: () => set({ query: 'is:unresolved assigned:me' }) },
            { label: 'Everything', pick: () => set({ query: ' ' }) },
            ...saved.map((s) => ({ label: s.name, pick: () => set({ query: s.query, sort: s.sort }) })),
            { label: 'Save this search …', pick: () => { const name = prompt('Name of this search', text); if (name) setSaved([...saved.filter((s) => s.name !== name), { name, query: text, sort }]); } },
            ...(saved.length ? [{ label: 'Forget the newest saved one', pick: () => setSaved(saved.slice(0, -1)) }] : []),
          ]} />
        </>} />
      <main class="content">
        <div class="page-head">
          <h1>Issues</h1>
          {list.data?.hits !== null && list.data && <span class="quiet">{exact(list.data.hits ?? rows.length)}</span>}
          {fresh > 0 && <button type="button" class="button small main" onClick={list.reload}>{fresh} new — show</button>}
          <span class="gap" />
          {picked.size > 0 && mayWrite() && <BulkActions ids={[...picked]} update={update} reload={list.reload} />}
        </div>
        {list.error && <Problem error={list.error} retry={list.reload} />}
        {list.data && rows.length === 0 && !list.error && <NoIssues filtered={text.trim() !== ''} clear={() => set({ query: ' ', project: null, environment: null, statsPeriod: '90d' })} />}
        {rows.length > 0 && (
          <table class={`issue-table ${list.slow ? 'slow' : ''}`}>
            <thead>
              <tr>
                <th class="pick"><input type="checkbox" aria-label="Select all" checked={picked.size === rows.length} onChange={() => setPicked(picked.size === rows.length ? new Set() : new Set(rows.map((r) => r.id)))} /></th>
                <th class="title">Issue</th>
                <th class="graph">Events over time</th>
                {columns.map(([key, label]) => (
                  <th key={key} class={`number ${key}`} aria-sort={sort === key ? 'descending' : undefined}><button type="button" onClick={() => set({ sort: key })}>{label}{sort === key ? ' ↓' : ''}</button></th>
                ))}
                <th class="who">Assignee</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((issue, i) => <Row key={issue.id} issue={issue} here={i === at} picked={picked.has(issue.id)} toggle={() => toggle(issue.id)} href={href(`/issues/${issue.id}`)} update={update} />)}
            </tbody>
          </table>
        )}
        {list.data && (list.data.next || list.data.previous) && (
          <nav class="pager" aria-label="Pages">
            <button type="button" class="button" disabled={!list.data.previous} onClick={() => set({ cursor: list.data!.previous })}>Previous</button>
            <button type="button" class="button" disabled={!list.data.next} onClick={() => set({ cursor: list.data!.next })}>Next</button>
          </nav>
        )}
        <p class="quiet small keys-help">Keys: <kbd>j</kbd> <kbd>k</kbd> move, <kbd>Enter</kbd> open, <kbd>x</kbd> select, <kbd>r</kbd> resolve, <kbd>i</kbd> ignore, <kbd>a</kbd> assign to me, <kbd>/</kbd> filter</p>
      </main>
    </>
  );
}

function Row({ issue, here, picked, toggle, href, update }: {
  issue: Issue; here: boolean; picked: boolean; toggle: () => void; href: string; update: (what: string, ids: string[], body: Mutation) => void;
}) {
  const row = useRef<HTMLTableRowElement>(null);
  useEffect(() => { if (here) row.current?.scrollIntoView({ block: 'nearest' }); }, [here]);
  const series = Object.values(issue.stats ?? {})[0];
  const [, go] = useLocation();
  return (
    <tr ref={row} data-level={issue.level} class={`${here ? 'here' : ''} ${picked ? 'picked' : ''}`} onClick={(e) => { if (!(e.target as HTMLElement).closest('a,button,input')) go(href); }}>
      <td class="pick"><input type="checkbox" aria-label={`Select ${issue.shortId}`} checked={picked} onChange={toggle} /></td>
      <td class="title">
        <div class="one-line"><a href={href} onClick={(e) => { if (!e.metaKey && !e.ctrlKey) { e.preventDefault(); go(href); } }}><Title issue={issue} /></a>
          {issue.substatus === 'new' && <span class="word new">new</span>}
          {issue.substatus === 'regressed' && <span class="word regressed">regressed</span>}
          {issue.status !== 'unresolved' && <span class={`word ${issue.status}`}>{issue.status}</span>}
        </div>
        <div class="one-line quiet small"><span class="only-read">{issue.level}</span>{issue.culprit && <span>{issue.culprit}</span>}<span>{issue.shortId}</span><span>{issue.platform}</span>{issue.numComments > 0 && <span>{issue.numComments} comments</span>}</div>
      </td>
      <td class="graph">
        <span class="idle"><Spark of={series} /></span>
        {mayWrite() && <span class="row-actions"><button type="button" class="button small" onClick={() => update('Resolved', [issue.id], { status: 'resolved' })}>Resolve</button><button type="button" class="button small" onClick={() => update('Ignored', [issue.id], ignores[4][1])}>Ignore</button></span>}
      </td>
      <td class="number freq"><Count n={Number(issue.count)} /></td>
      <td class="number user"><Count n={issue.userCount} /></td>
      <td class="number new"><Age at={issue.firstSeen} /></td>
      <td class="number date"><Age at={issue.lastSeen} /></td>
      <td class="who">{issue.assignedTo?.name ?? <span class="quiet">–</span>}</td>
    </tr>
  );
}

/** "TypeError" strong, its value after it. */
export function Title({ issue }: { issue: Issue }) {
  const { type, value } = issue.metadata ?? {};
  if (type && issue.title.startsWith(type)) return <><strong>{type}</strong>{value ? <span class="value">{' ' + value.split('\n')[0]}</span> : null}</>;
  return <strong>{issue.title}</strong>;
}

function BulkActions({ ids, update, reload }: { ids: string[]; update: (what: string, ids: string[], body: Mutation) => void; reload: () => void }) {
  return (
    <div class="bulk" role="toolbar" aria-label={`Actions for ${ids.length} selected`}>
      <span class="quiet">{ids.length} selected</span>
      <Menu label="Resolve" kind="small" choices={resolutions.map(([label, body]) => ({ label, pick: () => update('Resolved', ids, body) }))} />
      <Menu label="Ignore" kind="small" choices={ignores.map(([label, body]) => ({ label, pick: () => update('Ignored', ids, body) }))} />
      <button type="button" class="button small" onClick={() => update('Reopened', ids, { status: 'unresolved' })}>Unresolve</button>
      <button type="button" class="button small" onClick={() => update('Assigned to you', ids, { assignedTo: 'me' })}>Assign to me</button>
      <button type="button" class="button small" disabled={ids.length < 2} onClick={() => update('Merged', ids, { merge: 1 })}>Merge</button>
      <button type="button" class="button small danger" onClick={async () => {
        if (confirm(`Delete ${ids.length} issues and their events? This cannot be undone.`) && await change('Deleted', () => api.send('DELETE', `/organizations/${org}/issues/`, undefined, { id: ids }))) reload();
      }}>Delete</button>
    </div>
  );
}

function NoIssues({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  if (projects.value.every((p) => !p.firstEvent)) return <Empty title="No events yet"><p>Connect a service: the snippets are one step away.</p><a class="button main" href="/welcome">Show me how</a></Empty>;
  return filtered ? <Empty title="The filter excludes everything"><p>No issue of this project, environment and time range matches it.</p><button type="button" class="button" onClick={clear}>Show all issues</button></Empty>
    : <Empty title="Nothing to do"><p>There is no issue in this time range.</p></Empty>;
}

/** How many issues of the same filter are newer than what is shown; asked now and then, shown as a button. */
function useNewOnes(rows: Issue[], text: string, params: Record<string, unknown>): number {
  const newest = useMemo(() => rows.reduce((max, r) => (r.firstSeen > max ? r.firstSeen : max), ''), [rows]);
  const ask = newest && !params.cursor ? `${text} firstSeen:>${newest}` : null;
  const counts = useGet<Record<string, number>>(ask ? `/organizations/${org}/issues-count/` : null, { ...(params as object), query: ask, groupStatsPeriod: null, sort: null, limit: null, cursor: null }, 10_000);
  return ask ? counts.data?.[ask] ?? 0 : 0;
}

export function useKeys(map: Record<string, () => unknown>) {
  const latest = useRef(map);
  latest.current = map;
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      const target = e.target as HTMLElement;
      if (e.metaKey || e.ctrlKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest('dialog, [role="menu"]')) return;
      if (e.key === 'Enter' && /^(A|BUTTON)$/.test(target.tagName)) return;
      const action = latest.current[e.key];
      if (action) {
        e.preventDefault();
        action();
      }
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}

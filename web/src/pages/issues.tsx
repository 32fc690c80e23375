// issues.tsx -- the list that people triage from: everything by keyboard, everything in the URL.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { api, type Issue, type Params } from '../api';
import { useGetLater, usePage, usePreference, useTitle } from '../data';
import { exact } from '../format';
import { contextParams, issueList, mayWrite, org, projects, useHref, useQuery } from '../state';
import { change } from '../ui/change';
import { askText, sure } from '../ui/dialog';
import { Filter } from '../ui/filter';
import { Help, type Shortcuts } from '../ui/help';
import { useKeys, useRowAt } from '../ui/keys';
import { Link, visit } from '../ui/link';
import { Menu } from '../ui/menu';
import { Empty, Missing } from '../ui/small';
import { Pager, useFirst } from '../ui/table';
import { TopBar } from '../ui/topbar';
import { IssueRow } from './issue-row';
import { suggestIssues } from './issue-suggest';
import './issues.css';
import { assignToMe, ignore, ignores, reopen, resolutions, resolve, type Mutation } from './triage';

const defaultQuery = 'is:unresolved';
const columns: [string, string][] = [
  ['freq', 'Events'],
  ['user', 'Users'],
  ['new', 'First seen'],
  ['date', 'Last seen'],
];

interface Saved {
  name: string;
  query: string;
  sort: string;
}
const searches: Saved[] = [
  { name: 'Unresolved', query: defaultQuery, sort: 'date' },
  { name: 'New in the last day', query: 'is:unresolved age:-24h', sort: 'new' },
  { name: 'Regressed', query: 'is:regressed', sort: 'date' },
  { name: 'Assigned to me', query: 'is:unresolved assigned:me', sort: 'date' },
  { name: 'Ignored', query: 'is:ignored', sort: 'date' },
  { name: 'Everything', query: ' ', sort: 'date' },
];

const shortcuts: Shortcuts = [
  ['j k', 'move down, up'],
  ['Enter', 'open the issue'],
  ['x', 'select'],
  ['r', 'resolve'],
  ['i', 'ignore for good'],
  ['a', 'assign to me'],
  ['/', 'filter'],
  ['Escape', 'select nothing'],
  ['?', 'this list'],
];

export function Issues() {
  const { query, set } = useQuery();
  const href = useHref();
  const text = query.get('query') ?? defaultQuery;
  const sort = query.get('sort') ?? 'date';
  const cursor = query.get('cursor');
  const params = { ...contextParams(query), query: text, sort, limit: 50, cursor, groupStatsPeriod: 'auto' };
  const list = usePage<Issue[]>(`/organizations/${org}/issues/`, params);
  const rows = list.data?.rows ?? [];
  const fresh = useNewOnes(rows, text, params);
  const [picked, setPicked] = useState<Set<string>>(new Set());
  const [help, setHelp] = useState(false);
  useTitle('Issues');
  useEffect(() => void (issueList.address = location.pathname + location.search));

  const asked = JSON.stringify([text, sort, cursor]);
  const { at, setAt, leave } = useRowAt(
    rows.map((r) => r.id),
    asked,
  );
  useEffect(() => setPicked((before) => (before.size ? new Set() : before)), [asked]);
  const open = (issue: Issue) => {
    leave();
    visit(href(`/issues/${issue.id}`));
  };

  const update = async (what: string, ids: string[], body: Mutation) => {
    const words = `${what}: ${ids.length === 1 ? 'one issue' : `${ids.length} issues`}`;
    if (!(await change(words, () => api.send('PUT', `/organizations/${org}/issues/`, body, { id: ids })))) return;
    setPicked(new Set());
    list.reload();
  };
  const remove = async (ids: string[]) => {
    const many = ids.length === 1 ? 'this issue' : `these ${ids.length} issues`;
    if (!(await sure('Delete', `Delete ${many} and all events? This cannot be undone.`, 'Delete'))) return;
    const send = () => api.send('DELETE', `/organizations/${org}/issues/`, undefined, { id: ids });
    if (!(await change('Deleted', send))) return;
    setPicked(new Set());
    list.reload();
  };
  const toggle = (id: string) => {
    const next = new Set(picked);
    if (!next.delete(id)) next.add(id);
    setPicked(next);
  };
  const all = picked.size > 0 && picked.size === rows.length;
  const targets = picked.size ? [...picked] : rows[at] ? [rows[at].id] : [];
  const act = (what: string, body: Mutation) => mayWrite() && targets.length && update(what, targets, body);

  // a click on a column's head changes the address, and no row until the answer is here
  const place = href('');
  const [first, rest] = useFirst(rows.length, list.data);
  const drawn = useMemo(
    () =>
      rows
        .slice(0, first)
        .map((issue, i) => (
          <IssueRow
            key={issue.id}
            issue={issue}
            here={i === at}
            picked={picked.has(issue.id)}
            toggle={() => toggle(issue.id)}
            href={href(`/issues/${issue.id}`)}
            update={update}
          />
        )),
    [list.data, first, at, picked, place],
  );

  useKeys({
    j: () => setAt(at + 1),
    k: () => setAt(at - 1),
    Enter: () => rows[at] && open(rows[at]),
    x: () => rows[at] && toggle(rows[at].id),
    r: () => act('Resolved', resolve),
    i: () => act('Ignored', ignore),
    a: () => act('Assigned to you', assignToMe()),
    Escape: () => setPicked(new Set()),
    '?': () => setHelp(true),
  });

  return (
    <>
      <TopBar
        filter={
          <Filter
            value={text}
            change={(q) => set({ query: q === defaultQuery ? null : q || ' ' })}
            suggest={suggestIssues(query.get('project'))}
            placeholder="is:unresolved level:error release:1.2.* words in the title"
          />
        }
        extra={<Searches text={text} sort={sort} set={set} />}
      />
      <main class="content">
        <div class="page-head">
          <h1>Issues</h1>
          {list.data && <span class="quiet">{exact(list.data.hits ?? rows.length)}</span>}
          <span role="status">
            {fresh > 0 && (
              <button type="button" class="button small main" onClick={list.reload}>
                {exact(fresh)} new, show {fresh === 1 ? 'it' : 'them'}
              </button>
            )}
          </span>
          <span class="gap" />
          {picked.size > 0 && mayWrite() && <BulkActions ids={[...picked]} update={update} remove={remove} />}
        </div>
        <Missing of={list} />
        {list.data && rows.length === 0 && !list.error && (
          <NoIssues
            filtered={text.trim() !== ''}
            clear={() =>
              set({ query: ' ', project: null, environment: null, statsPeriod: '90d', start: null, end: null })
            }
          />
        )}
        {rows.length > 0 && (
          <table class={`issue-table ${list.slow ? 'slow' : ''}`} aria-label="Issues">
            <thead>
              <tr>
                {mayWrite() && (
                  <th class="pick">
                    <input
                      type="checkbox"
                      aria-label="Select all"
                      checked={all}
                      onChange={() => setPicked(all ? new Set() : new Set(rows.map((r) => r.id)))}
                    />
                  </th>
                )}
                <th scope="col" class="title">
                  Issue
                </th>
                <th scope="col" class="graph">
                  Over time
                </th>
                {columns.map(([key, label]) => (
                  <th key={key} scope="col" class={`number ${key}`} aria-sort={sort === key ? 'descending' : undefined}>
                    <button type="button" class="sort" onClick={() => set({ sort: key === 'date' ? null : key })}>
                      {label}
                      {sort === key ? ' ↓' : ''}
                    </button>
                  </th>
                ))}
                <th scope="col" class="who">
                  Assignee
                </th>
              </tr>
            </thead>
            <tbody>
              {drawn}
              {rest}
            </tbody>
          </table>
        )}
        <Pager page={list.data} go={(next) => set({ cursor: next })} />
        {rows.length > 0 && (
          <p class="quiet small keys-help">
            <kbd>j</kbd> <kbd>k</kbd> move, <kbd>Enter</kbd> opens, <kbd>x</kbd> selects, <kbd>r</kbd> resolves,{' '}
            <kbd>?</kbd> tells all keys
          </p>
        )}
        {help && <Help shortcuts={shortcuts} close={() => setHelp(false)} />}
      </main>
    </>
  );
}

function Searches({
  text,
  sort,
  set,
}: {
  text: string;
  sort: string;
  set: (c: Record<string, string | null>) => void;
}) {
  const [saved, save] = usePreference<Saved[]>('issues.saved', []);
  const show = (s: Saved) =>
    set({ query: s.query === defaultQuery ? null : s.query, sort: s.sort === 'date' ? null : s.sort });
  const isSaved = saved.find((s) => s.query === text && s.sort === sort);
  const keepThis = async () => {
    const name = await askText('Save this search', 'Name', text.trim(), 'Save');
    if (name) save([...saved.filter((s) => s.name !== name), { name, query: text, sort }]);
  };
  return (
    <Menu
      label="Searches"
      title="Saved searches"
      right
      choices={[
        ...[...searches, ...saved].map((s) => ({
          label: s.name,
          checked: s.query === text && s.sort === sort,
          pick: () => show(s),
        })),
        isSaved
          ? { label: `Forget “${isSaved.name}”`, pick: () => save(saved.filter((s) => s !== isSaved)) }
          : { label: 'Save this search …', pick: keepThis },
      ]}
    />
  );
}

function BulkActions({
  ids,
  update,
  remove,
}: {
  ids: string[];
  update: (what: string, ids: string[], body: Mutation) => void;
  remove: (ids: string[]) => void;
}) {
  const menu = (what: string, choices: [string, Mutation][]) =>
    choices.map(([label, body]) => ({ label, pick: () => update(what, ids, body) }));
  return (
    <div class="bulk" role="toolbar" aria-label={`Actions for ${ids.length} selected`}>
      <span class="quiet">{ids.length} selected</span>
      <Menu label="Resolve" title="Resolve" kind="small" right choices={menu('Resolved', resolutions)} />
      <Menu label="Ignore" title="Ignore" kind="small" right choices={menu('Ignored', ignores)} />
      <button type="button" class="button small" onClick={() => update('Reopened', ids, reopen)}>
        Unresolve
      </button>
      <button type="button" class="button small" onClick={() => update('Assigned to you', ids, assignToMe())}>
        Assign to me
      </button>
      <button
        type="button"
        class="button small"
        disabled={ids.length < 2}
        onClick={() => update('Merged', ids, { merge: 1 })}
      >
        Merge
      </button>
      <button type="button" class="button small danger" onClick={() => remove(ids)}>
        Delete
      </button>
    </div>
  );
}

function NoIssues({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  if (projects.value.every((p) => !p.firstEvent))
    return (
      <Empty title="No events yet">
        <p>Connect a service: the snippets are one step away.</p>
        <Link class="button main" href="/welcome">
          Show me how
        </Link>
      </Empty>
    );
  if (!filtered)
    return (
      <Empty title="Nothing to do">
        <p>There is no issue in this project, environment and time range.</p>
      </Empty>
    );
  return (
    <Empty title="The filter excludes everything">
      <p>No issue of this project, environment and time range matches it.</p>
      <button type="button" class="button" onClick={clear}>
        Show all issues
      </button>
    </Empty>
  );
}

/** How many issues of the same filter came after what is shown; asked now and then. */
function useNewOnes(rows: Issue[], text: string, params: Params & { cursor: string | null }): number {
  const newest = useMemo(() => rows.reduce((max, r) => (r.firstSeen > max ? r.firstSeen : max), ''), [rows]);
  const asked = newest && !params.cursor ? `${text.trim()} firstSeen:>${newest}`.trim() : null;
  const more = { ...params, query: asked, groupStatsPeriod: null, sort: null, limit: null };
  const counts = useGetLater<Record<string, number>>(asked ? `/organizations/${org}/issues-count/` : null, more, 5_000);
  return (asked && counts.data?.[asked]) || 0;
}

// issue.tsx -- one issue through one of its events: what happened and where, before any scrolling;
// beside it the facts, above it what can be done about it.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { api, type Event, type IssueDetail, type Tag } from '../api';
import { prefetch, useGet, useGetLater, useTitle, type Loaded } from '../data';
import { brief, dateTime } from '../format';
import { issueList, mayWrite, me, org, useHref, useQuery } from '../state';
import { change } from '../ui/change';
import { sure } from '../ui/dialog';
import { Help, type Shortcuts } from '../ui/help';
import { useKeys } from '../ui/keys';
import { Link, visit } from '../ui/link';
import { Menu } from '../ui/menu';
import { copied, Empty, LevelDot, Missing, Problem } from '../ui/small';
import { TopBar } from '../ui/topbar';
import { ActivityList } from './activity';
import { EventView } from './event';
import { Facts } from './facts';
import { Grouping } from './grouping';
import './issue.css';
import { Events, Tags, Traces } from './issue-lists';
import { culprit, Standing, Title, where } from './issue-title';
import { assignToMe, ignore, ignores, reopen, resolutions, resolve, type Mutation } from './triage';

const address = (id: string) => `/organizations/${org}/issues/${id}`;

/** Ask for what the page of an issue begins with. */
export function prefetchIssue(id: string) {
  prefetch(`${address(id)}/`);
  prefetch(`${address(id)}/events/latest/`);
  prefetch(`${address(id)}/tags/`);
}

const shortcuts: Shortcuts = [
  ['j k', 'the older, the newer event'],
  ['r', 'resolve'],
  ['i', 'ignore for good'],
  ['a', 'assign to me'],
  ['u', 'up to the list'],
  ['?', 'this list'],
];

/** Neither here nor refused nor late: what waits for several answers is drawn once, not once for each. */
const soon = (l: Loaded<unknown>) => !l.data && !l.error && !l.slow;

export function Issue({ issue: id, event: which }: { issue: string; event: string }) {
  const { query, set } = useQuery();
  const href = useHref();
  const [, go] = useLocation();
  const [help, setHelp] = useState(false);
  const tab = query.get('tab') ?? 'event';
  const base = address(id);
  const issue = useGet<IssueDetail>(`${base}/`, undefined, 15_000);
  const event = useGet<Event>(`${base}/events/${which}/`);
  const tags = useGet<Tag[]>(`${base}/tags/`);
  const data = issue.data;
  useTitle(issue.error?.status === 404 ? 'No such issue' : data?.title);

  const up = () => visit(issueList.address || href('/issues'), { opened: id });
  const at = (e: string) => href(`/issues/${id}/events/${e}`);
  const beside = (key: string) => href('', key === 'event' ? {} : { tab: key }) || '?';
  const update = async (what: string, body: Mutation) => {
    if (await change(what, () => api.send('PUT', `${base}/`, body))) issue.reload();
  };
  const act = (what: string, body: Mutation) => mayWrite() && data && update(what, body);
  useKeys({
    j: () => event.data?.previousEventID && go(at(event.data.previousEventID)),
    k: () => event.data?.nextEventID && go(at(event.data.nextEventID)),
    r: () => act('Resolved', resolve),
    i: () => act('Ignored', ignore),
    a: () => act('Assigned to you', assignToMe()),
    u: up,
    '?': () => setHelp(true),
  });

  if (issue.error?.status === 404)
    return (
      <main>
        <Empty title="There is no such issue" page>
          <p>It may have been deleted.</p>
          <Link class="button" href={href('/issues')}>
            All issues
          </Link>
        </Empty>
      </main>
    );
  if (!data || soon(event) || soon(tags))
    return (
      <>
        {issue.slow && <TopBar timeless list="/issues" />}
        <main class="content">
          <Missing of={issue} />
        </main>
      </>
    );

  const tabs: [string, string][] = [
    ['event', 'Event'],
    ['events', `Events ${brief(Number(data.count))}`],
    ['traces', 'Traces'],
    ['tags', 'Tags'],
    ['activity', `Activity${data.numComments ? ` ${data.numComments}` : ''}`],
    ['grouping', 'Grouping'],
  ];
  return (
    <>
      <TopBar
        timeless
        list="/issues"
        extra={<Actions issue={data} update={update} base={base} leave={up} help={() => setHelp(true)} />}
      />
      <main class="content issue">
        <Head issue={data} />
        <div class="issue-columns">
          <div class="issue-main">
            <nav class="tabs" aria-label="Parts of the issue">
              {tabs.map(([key, label]) => (
                <Tab
                  key={key}
                  here={tab === key}
                  pick={() => set({ tab: key === 'event' ? null : key })}
                  to={beside(key)}
                >
                  {label}
                </Tab>
              ))}
            </nav>
            {tab === 'event' && event.error && <NoEvent error={event.error} retry={event.reload} />}
            {tab === 'event' && !event.error && event.data && (
              <EventView event={event.data} issue={data} at={at} slow={event.slow} />
            )}
            {tab === 'events' && <Events base={base} at={at} />}
            {tab === 'traces' && <Traces issue={id} />}
            {tab === 'tags' && <Tags base={base} />}
            {tab === 'activity' && <ActivityList issue={data} base={base} reload={issue.reload} />}
            {tab === 'grouping' && <Grouping base={base} event={event.data} issue={data} reload={issue.reload} />}
          </div>
          <Facts issue={data} tags={tags} event={event.data} />
        </div>
        {help && <Help shortcuts={shortcuts} close={() => setHelp(false)} />}
      </main>
    </>
  );
}

function Tab({
  to,
  here,
  pick,
  children,
}: {
  to: string;
  here: boolean;
  pick: () => void;
  children: ComponentChildren;
}) {
  const click = (e: MouseEvent) => {
    if (e.metaKey || e.ctrlKey) return;
    e.preventDefault();
    pick();
  };
  return (
    <a href={to} aria-current={here ? 'page' : undefined} onClick={click}>
      {children}
    </a>
  );
}

function NoEvent({ error, retry }: { error: import('../api').ApiError; retry: () => void }) {
  if (error.status !== 404) return <Problem error={error} retry={retry} />;
  return (
    <Empty title="This event is not stored any more">
      <p>It was older than the retention allows. The counts, tags and the history of the issue remain.</p>
    </Empty>
  );
}

function Head({ issue }: { issue: IssueDetail }) {
  const place = where(issue);
  const through = culprit(issue);
  return (
    <header class="issue-head" data-level={issue.level}>
      <h1>
        <Title issue={issue} />
      </h1>
      <p class="quiet">
        <LevelDot level={issue.level} />
        <span>{issue.shortId}</span>
        <span>{issue.project.slug}</span>
        {place && <span class="mono place">{place}</span>}
        {through && <span class="mono place">{through}</span>}
        {issue.isUnhandled && <span class="word unhandled">unhandled</span>}
        <Standing issue={issue} words={statusWords(issue)} />
      </p>
    </header>
  );
}

function statusWords(issue: IssueDetail): string {
  const d = issue.statusDetails;
  if (issue.status === 'resolved')
    return d.inNextRelease ? 'resolved in the next release' : d.inRelease ? `resolved in ${d.inRelease}` : 'resolved';
  if (d.ignoreUntil) return `ignored until ${dateTime(d.ignoreUntil)}`;
  if (d.ignoreCount) return `ignored for ${d.ignoreCount} events`;
  if (d.ignoreUserCount) return `ignored for ${d.ignoreUserCount} users`;
  return issue.status;
}

interface Member {
  user: { id: string } | null;
  name: string;
  email: string;
}

function Actions({
  issue,
  update,
  base,
  leave,
  help,
}: {
  issue: IssueDetail;
  update: (what: string, body: Mutation) => void;
  base: string;
  leave: () => void;
  help: () => void;
}) {
  const members = useGetLater<Member[]>(mayWrite() ? `/organizations/${org}/members/` : null);
  const link = { label: 'Copy link', pick: () => copied(location.href) };
  const keys = { label: 'Keys', pick: help };
  if (!mayWrite()) return <Menu label="More" title="More" right choices={[link, keys]} />;

  const menu = (what: string, choices: [string, Mutation][]) =>
    choices.map(([label, body]) => ({ label, pick: () => update(what, body) }));
  const versions = [issue.lastRelease, issue.firstRelease].flatMap((r) => (r ? [r.version] : []));
  const inRelease = [...new Set(versions)].map((v): [string, Mutation] => [
    `Resolve in ${v}`,
    { status: 'resolved', statusDetails: { inRelease: v } },
  ]);
  const assign = (label: string, who: string, what: string) => ({
    label,
    checked: (issue.assignedTo ? `user:${issue.assignedTo.id}` : '') === who,
    pick: () => update(what, { assignedTo: who }),
  });
  const others = (members.data ?? []).filter((m) => m.user && m.user.id !== me.value!.id);
  const remove = async () => {
    if (!(await sure('Delete', 'Delete this issue and all its events? This cannot be undone.', 'Delete'))) return;
    if (await change('Deleted', () => api.send('DELETE', `${base}/`))) leave();
  };
  return (
    <>
      {issue.status === 'unresolved' ? (
        <>
          <Menu
            label="Resolve"
            title="Resolve"
            kind="main"
            right
            choices={menu('Resolved', [...resolutions, ...inRelease])}
          />
          <Menu label="Ignore" title="Ignore" right choices={menu('Ignored', ignores)} />
        </>
      ) : (
        <button type="button" class="button" onClick={() => update('Reopened', reopen)}>
          Unresolve
        </button>
      )}
      <Menu
        label={issue.assignedTo?.name || issue.assignedTo?.email || 'Assign'}
        title="Assignee"
        right
        choices={[
          assign('Nobody', '', 'Unassigned'),
          assign('Me', `user:${me.value!.id}`, 'Assigned to you'),
          ...others.map((m) => assign(m.name || m.email, `user:${m.user!.id}`, `Assigned to ${m.name || m.email}`)),
        ]}
      />
      <Menu label="More" title="More" right choices={[link, keys, { label: 'Delete …', pick: remove }]} />
    </>
  );
}

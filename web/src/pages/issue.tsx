// issue.tsx -- one issue through one of its events: what happened and where, before any scrolling;
// beside it the facts, and what can be done about it.
import { useMemo, useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { api, type Activity, type Attachment, type Breadcrumb, type Entry, type Event, type EventRow, type IssueDetail, type RequestData, type Series, type Tag } from '../api';
import { useGet, usePage } from '../data';
import { brief, bytes, clock, dateTime, exact, percent } from '../format';
import { mayWrite, me, org, useHref, useQuery } from '../state';
import { Chart } from '../ui/chart';
import { change, TopBar } from '../ui/frame';
import { Menu } from '../ui/menu';
import { Age, Copy, Count, Empty, LevelDot, Pairs, Problem, shown } from '../ui/small';
import { Exceptions, Stack } from '../ui/stacktrace';
import { TraceOfEvent } from '../ui/minitrace';
import { Grouping } from './grouping';
import { ignores, resolutions, Title, useKeys, type Mutation } from './issues';
import './issue.css';

const entryOf = <T extends Entry['type']>(event: Event, type: T) => event.entries.find((e) => e.type === type)?.data as Extract<Entry, { type: T }>['data'] | undefined;

export function Issue({ issue: id, event: which }: { issue: string; event: string }) {
  const { query, set } = useQuery();
  const href = useHref();
  const [, go] = useLocation();
  const tab = query.get('tab') ?? 'event';
  const base = `/organizations/${org}/issues/${id}`;
  const issue = useGet<IssueDetail>(`${base}/`);
  const event = useGet<Event>(`${base}/events/${which}/`);
  const update = async (what: string, body: Mutation) => { if (await change(what, () => api.send('PUT', `${base}/`, body))) issue.reload(); };
  const at = (e: string) => href(`/issues/${id}/events/${e}`);

  useKeys({
    j: () => event.data?.previousEventID && go(at(event.data.previousEventID)),
    k: () => event.data?.nextEventID && go(at(event.data.nextEventID)),
    r: () => mayWrite() && update('Resolved', resolutions[0][1]),
    i: () => mayWrite() && update('Ignored', ignores[4][1]),
    a: () => mayWrite() && update('Assigned to you', { assignedTo: 'me' }),
  });

  if (issue.error?.status === 404) return <Empty title="There is no such issue"><p>It may have been deleted, or merged into another one.</p><Link class="button" href={href('/issues')}>All issues</Link></Empty>;
  if (issue.error) return <div class="content"><Problem error={issue.error} retry={issue.reload} /></div>;
  const data = issue.data;
  if (!data) return <div class="content" aria-busy="true" />;
  return (
    <>
      <TopBar filter={<span style={{ flex: 1 }} />} extra={<Actions issue={data} update={update} base={base} leave={() => go(href('/issues'))} />} />
      <main class="content issue">
        <header class="issue-head" data-level={data.level}>
          <h1><Title issue={data} /></h1>
          <p class="quiet">
            <LevelDot level={data.level} /> <span>{data.shortId}</span> <span>{data.project.slug}</span> {data.culprit && <span class="mono">{data.culprit}</span>}
            {data.isUnhandled && <span class="word regressed">unhandled</span>} {data.status !== 'unresolved' ? <span class={`word ${data.status}`}>{statusWords(data)}</span> : data.substatus && data.substatus !== 'ongoing' && <span class={`word ${data.substatus}`}>{data.substatus}</span>}
          </p>
        </header>
        <div class="issue-columns">
          <div class="issue-main">
            <nav class="tabs" aria-label="Parts of the issue">
              {[['event', 'Event'], ['events', `Events ${brief(Number(data.count))}`], ['tags', 'Tags'], ['activity', `Activity${data.numComments ? ` ${data.numComments}` : ''}`], ['grouping', 'Grouping']].map(([key, label]) => (
                <a key={key} href={`?tab=${key}`} aria-current={tab === key ? 'page' : undefined} onClick={(e) => { e.preventDefault(); set({ tab: key === 'event' ? null : key }); }}>{label}</a>
              ))}
            </nav>
            {tab === 'event' && (event.error ? <Problem error={event.error} retry={event.reload} /> : event.data && <EventView event={event.data} issue={data} at={at} slow={event.slow} />)}
            {tab === 'events' && <Events base={base} at={at} />}
            {tab === 'tags' && <Tags base={base} />}
            {tab === 'activity' && <ActivityList issue={data} base={base} reload={issue.reload} />}
            {tab === 'grouping' && <Grouping base={base} project={data.project.slug} event={event.data} issue={data} reload={issue.reload} />}
          </div>
          <Facts issue={data} base={base} event={event.data} />
        </div>
      </main>
    </>
  );
}

function statusWords(issue: IssueDetail): string {
  const d = issue.statusDetails;
  if (issue.status === 'resolved') return d.inNextRelease ? 'resolved in the next release' : d.inRelease ? `resolved in ${d.inRelease}` : 'resolved';
  if (d.ignoreUntil) return `ignored until ${dateTime(d.ignoreUntil)}`;
  return d.ignoreCount ? `ignored for ${d.ignoreCount} events` : 'ignored';
}

function Actions({ issue, update, base, leave }: { issue: IssueDetail; update: (what: string, body: Mutation) => void; base: string; leave: () => void }) {
  const members = useGet<{ user: { id: string } | null; name: string; email: string }[]>(`/organizations/${org}/members/`);
  if (!mayWrite()) return <span class="quiet small">You may look, not change.</span>;
  return (
    <>
      {issue.status === 'unresolved'
        ? <><Menu label="Resolve" kind="main" right choices={resolutions.map(([label, body]) => ({ label, pick: () => update(label, body) }))} />
          <Menu label="Ignore" right choices={ignores.map(([label, body]) => ({ label, pick: () => update(label, body) }))} /></>
        : <button type="button" class="button" onClick={() => update('Reopened', { status: 'unresolved' })}>Unresolve</button>}
      <Menu label={issue.assignedTo?.name ?? 'Assign'} right title="Assignee" choices={[
        { label: 'Nobody', pick: () => update('Unassigned', { assignedTo: '' }) },
        { label: 'Me', pick: () => update('Assigned to you', { assignedTo: `user:${me.value!.id}` }) },
        ...(members.data ?? []).filter((m) => m.user && m.user.id !== me.value!.id).map((m) => ({ label: m.name || m.email, pick: () => update(`Assigned to ${m.name || m.email}`, { assignedTo: `user:${m.user!.id}` }) })),
      ]} />
      <Menu label="More" right choices={[
        { label: 'Copy link', pick: () => void navigator.clipboard.writeText(location.href) },
        { label: 'Delete …', pick: async () => { if (confirm('Delete this issue and its events? This cannot be undone.') && await change('Deleted', () => api.send('DELETE', `${base}/`))) leave(); } },
      ]} />
    </>
  );
}

function EventView({ event, issue, at, slow }: { event: Event; issue: IssueDetail; at: (e: string) => string; slow: boolean }) {
  const exceptions = entryOf(event, 'exception')?.values;
  const threads = entryOf(event, 'threads')?.values?.filter((t) => t.stacktrace);
  const plain = entryOf(event, 'stacktrace');
  const message = entryOf(event, 'message');
  const crumbs = entryOf(event, 'breadcrumbs')?.values;
  const request = entryOf(event, 'request');
  const project = issue.project.slug;
  return (
    <div class={slow ? 'slow' : ''}>
      <div class="event-bar">
        <span class="mono small" title="Event id">{event.eventID}</span> <Copy text={event.eventID} />
        <span class="quiet small">{dateTime(event.dateCreated)}</span>
        <a class="small" href={`/api/0/projects/${org}/${project}/events/${event.eventID}/json/`} target="_blank" rel="noopener">JSON, {bytes(event.size)}</a>
        <span class="gap" />
        {(['oldest', 'latest'] as const).map((w) => <Link key={w} class="button small" href={at(w)}>{w[0].toUpperCase() + w.slice(1)}</Link>)}
        <Step label="Older" to={event.previousEventID && at(event.previousEventID)} />
        <Step label="Newer" to={event.nextEventID && at(event.nextEventID)} />
      </div>
      {message && (!exceptions || message.formatted) && <section aria-label="Message"><h2>Message</h2><pre class="message">{message.formatted}</pre></section>}
      {exceptions && <Exceptions values={exceptions} platform={event.platform} />}
      {!exceptions && plain && <section aria-label="Stack trace" class="stack"><h2>Stack trace</h2><Stack trace={plain} newest id="s" /></section>}
      {threads && threads.length > 0 && (!exceptions || !exceptions.some((e) => e.stacktrace)) && (
        <section class="stack"><h2>Threads</h2>{threads.map((t) => <details key={String(t.id)} open={t.crashed}><summary>{t.name ?? 'thread'} {String(t.id)}{t.crashed ? ' — crashed' : t.current ? ' — current' : ''}</summary><Stack trace={t.stacktrace} newest id={`t${t.id}`} /></details>)}</section>
      )}
      <TraceOfEvent event={event} />
      {crumbs && crumbs.length > 0 && <Breadcrumbs crumbs={crumbs} end={event.dateCreated} />}
      {request && <Request request={request} />}
      {event.user && <section><h2>User</h2><Pairs of={Object.entries(event.user).filter(([, v]) => v !== null)} /></section>}
      <section><h2>Tags</h2><p class="tag-cloud">{event.tags.map((t) => <Link key={t.key} class="tag" href={`/issues?query=${encodeURIComponent(`${t.key}:${/\s/.test(t.value) ? JSON.stringify(t.value) : t.value}`)}`}><span class="quiet">{t.key}</span> {t.value}</Link>)}</p></section>
      {Object.entries(event.contexts ?? {}).map(([name, values]) => <section key={name}><h2>{name}</h2><Pairs of={Object.entries(values).filter(([k, v]) => k !== 'type' && v !== null)} /></section>)}
      {Object.keys(event.context ?? {}).length > 0 && <section><h2>Additional data</h2><Pairs of={Object.entries(event.context)} /></section>}
      <Attachments event={event} project={project} />
      {Object.keys(event.packages ?? {}).length > 0 && <section><details><summary>Packages ({Object.keys(event.packages).length})</summary><Pairs of={Object.entries(event.packages)} /></details></section>}
      {event.sdk && <p class="quiet small">Sent by {event.sdk.name} {event.sdk.version}, received {dateTime(event.dateReceived)}</p>}
      {event.errors?.length > 0 && <section><details><summary>{event.errors.length} fields could not be read as sent</summary><Pairs of={event.errors.map((e) => [String(e.data?.name ?? e.type), `${e.type}${e.data?.value === undefined ? '' : `: ${shown(e.data.value)}`}`])} /></details></section>}
    </div>
  );
}

const Step = ({ label, to }: { label: string; to: string | null | false }) => to ? <Link class="button small" href={to}>{label}</Link> : <button type="button" class="button small" disabled>{label}</button>;

function Breadcrumbs({ crumbs, end }: { crumbs: Breadcrumb[]; end: string }) {
  const [all, setAll] = useState(false);
  const shownOnes = all ? crumbs : crumbs.slice(-20);
  const time = (c: Breadcrumb) => (c.timestamp === null ? null : typeof c.timestamp === 'number' ? c.timestamp * 1000 : Date.parse(c.timestamp));
  return (
    <section aria-label="Breadcrumbs">
      <h2>Breadcrumbs</h2>
      {!all && crumbs.length > shownOnes.length && <button type="button" class="button small plain" onClick={() => setAll(true)}>{crumbs.length - shownOnes.length} earlier</button>}
      <ol class="crumbs">
        {shownOnes.map((c, i) => {
          const t = time(c);
          return (
            <li key={i} data-level={c.level}>
              <time title={t ? dateTime(t) : undefined}>{t ? clock(t) : ''}</time>
              <span class="kind">{c.category ?? c.type}</span>
              <span class="text">{c.message}{c.data && Object.keys(c.data).length > 0 && <span class="quiet mono"> {Object.entries(c.data).map(([k, v]) => `${k}=${typeof v === 'string' ? v : JSON.stringify(v)}`).join(' ')}</span>}</span>
            </li>
          );
        })}
        <li data-level="error"><time>{clock(end)}</time><span class="kind">this event</span><span class="text" /></li>
      </ol>
    </section>
  );
}

function Request({ request }: { request: RequestData }) {
  const query = Array.isArray(request.query) ? request.query : [];
  const pairs = (title: string, list: [string, unknown][] | undefined | null) => list && list.length > 0 && <details><summary>{title} ({list.length})</summary><Pairs of={list} /></details>;
  return (
    <section aria-label="Request">
      <h2>Request</h2>
      <p class="mono request-line"><strong>{request.method ?? 'GET'}</strong> {request.url}</p>
      {pairs('Query', query)}
      {pairs('Headers', request.headers)}
      {pairs('Cookies', request.cookies)}
      {request.data !== null && request.data !== undefined && <details open><summary>Body</summary><pre class="message">{shown(request.data)}</pre></details>}
      {pairs('Environment', request.env ? Object.entries(request.env) : null)}
    </section>
  );
}

function Attachments({ event, project }: { event: Event; project: string }) {
  const base = `/projects/${org}/${project}/events/${event.eventID}/attachments/`;
  const list = useGet<Attachment[]>(base);
  if (!list.data?.length) return null;
  return (
    <section aria-label="Attachments">
      <h2>Attachments</h2>
      <ul class="attachments">
        {list.data.map((a) => {
          const url = `/api/0${base}${a.id}/?download=1`;
          const picture = /^image\/(png|jpeg|webp|gif)$/.test(a.mimetype) && a.size > 0 && a.size < 8 << 20;
          return <li key={a.id}>{picture && <img src={url} alt={a.name} loading="lazy" />}<a href={url} download={a.name}>{a.name}</a> <span class="quiet small">{a.mimetype}, {bytes(a.size)}</span></li>;
        })}
      </ul>
    </section>
  );
}

function Events({ base, at }: { base: string; at: (e: string) => string }) {
  const { query, set } = useQuery();
  const list = usePage<EventRow[]>(`${base}/events/`, { cursor: query.get('cursor'), per_page: 50 });
  if (list.error) return <Problem error={list.error} retry={list.reload} />;
  if (!list.data) return null;
  if (list.data.rows.length === 0) return <Empty title="No stored events"><p>They were older than the retention allows; the counts remain.</p></Empty>;
  return (
    <>
      <table class={`table ${list.slow ? 'slow' : ''}`}>
        <thead><tr><th>Event</th><th>Time</th><th>Title</th><th>Release</th><th>Environment</th><th>User</th></tr></thead>
        <tbody>
          {list.data.rows.map((e) => {
            const tag = (key: string) => e.tags.find((t) => t.key === key)?.value ?? '–';
            return <tr key={e.eventID}><td class="mono"><Link href={at(e.eventID)}>{e.eventID.slice(0, 8)}</Link></td><td><Age at={e.dateCreated} ago /></td><td>{e.title}</td><td class="mono">{tag('release')}</td><td>{tag('environment')}</td><td>{tag('user')}</td></tr>;
          })}
        </tbody>
      </table>
      <nav class="pager" aria-label="Pages">
        <button type="button" class="button" disabled={!list.data.previous} onClick={() => set({ cursor: list.data!.previous })}>Newer</button>
        <button type="button" class="button" disabled={!list.data.next} onClick={() => set({ cursor: list.data!.next })}>Older</button>
      </nav>
    </>
  );
}

function Bar({ tag }: { tag: Tag }) {
  return (
    <div class="tag-bar">
      <h3>{tag.key}</h3>
      {tag.topValues.map((v) => (
        <Link key={v.value} href={`/issues?query=${encodeURIComponent(`${tag.key}:${/\s/.test(v.value) ? JSON.stringify(v.value) : v.value}`)}`} class="tag-value" title={`${exact(v.count)} events`}>
          <i style={{ width: `${(100 * v.count) / Math.max(1, tag.totalValues)}%` }} /><span>{v.value || '(empty)'}</span><em>{percent(v.count, tag.totalValues)}</em>
        </Link>
      ))}
    </div>
  );
}

function Tags({ base }: { base: string }) {
  const tags = useGet<Tag[]>(`${base}/tags/`);
  if (tags.error) return <Problem error={tags.error} retry={tags.reload} />;
  return <div class="tag-grid">{(tags.data ?? []).map((t) => <Bar key={t.key} tag={t} />)}</div>;
}

const activityWords: Record<string, (a: Activity) => string> = {
  first_seen: () => 'was seen for the first time', set_resolved: () => 'resolved it', set_unresolved: () => 'reopened it', set_ignored: () => 'ignored it',
  set_resolved_in_release: (a) => (a.data.inNextRelease || !a.data.version ? 'resolved it in the next release' : `resolved it in ${a.data.version}`),
  set_regression: (a) => `came back${a.data.version ? ` in ${a.data.version}` : ''}`, assigned: (a) => `assigned it to ${a.data.assigneeEmail ?? a.data.assigneeName ?? a.data.assignee}`,
  unassigned: () => 'took the assignee away', merge: (a) => `merged ${(a.data.issues as unknown[] | undefined)?.length ?? ''} issues into it`,
  unmerge_source: () => 'moved some of its events to another issue', unmerge_destination: () => 'made it from another issue', set_priority: (a) => `set its priority to ${a.data.priority}`,
};

function ActivityList({ issue, base, reload }: { issue: IssueDetail; base: string; reload: () => void }) {
  const [text, setText] = useState('');
  const send = async (e: globalThis.Event) => {
    e.preventDefault();
    if (await change('Comment added', () => api.send('POST', `${base}/comments/`, { text }))) {
      setText('');
      reload();
    }
  };
  return (
    <div class="activity">
      {mayWrite() && <form onSubmit={send}><textarea class="field" aria-label="Comment" rows={3} placeholder="What is known about this issue" value={text} onInput={(e) => setText(e.currentTarget.value)} /><button class="button main small" disabled={!text.trim()}>Comment</button></form>}
      <ol>
        {issue.activity.map((a) => (
          <li key={a.id}>
            <span class="quiet small"><Age at={a.dateCreated} ago /></span>
            {a.type === 'note' ? <div><strong>{a.user?.name || a.user?.email}</strong><p class="comment">{String(a.data.text)}</p></div>
              : <div><strong>{a.user?.name || a.user?.email || 'The issue'}</strong> {(activityWords[a.type] ?? (() => a.type.replace(/_/g, ' ')))(a)}</div>}
          </li>
        ))}
      </ol>
    </div>
  );
}

function Facts({ issue, base, event }: { issue: IssueDetail; base: string; event: Event | null }) {
  const tags = useGet<Tag[]>(`${base}/tags/`);
  const series: Series = issue.stats['30d'] ?? issue.stats['24h'] ?? [];
  const [times, lines] = useMemo(() => [series.map(([t]) => t), [{ label: 'events', colour: 'var(--accent)', values: series.map(([, n]) => n), bars: true }]], [issue.id, issue.count]);
  const release = (r: { version: string; shortVersion?: string } | null) => r ? <Link href={`/releases/${encodeURIComponent(r.version)}`} class="mono" title={r.version}>{r.shortVersion ?? r.version}</Link> : '–';
  const interesting = ['environment', 'release', 'browser', 'browser.name', 'os', 'os.name', 'runtime', 'server_name', 'url', 'device', 'transaction', 'mechanism', 'level'];
  const ranked = (tags.data ?? []).slice().sort((a, b) => rank(a.key) - rank(b.key)).slice(0, 7);
  function rank(key: string) { const i = interesting.indexOf(key); return i < 0 ? 5.5 : i; }
  return (
    <aside class="facts" aria-label="Facts">
      <div class="numbers">
        <div><span class="quiet small">Events</span><strong><Count n={Number(issue.count)} /></strong></div>
        <div><span class="quiet small">Users</span><strong><Count n={issue.userCount} /></strong></div>
      </div>
      {times.length > 0 && <Chart title="Events per day, last 30 days" times={times} lines={lines} height={110} show={brief} />}
      <dl class="facts-list">
        <dt>First seen</dt><dd><Age at={issue.firstSeen} ago /><br /><span class="small">{release(issue.firstRelease)}</span></dd>
        <dt>Last seen</dt><dd><Age at={issue.lastSeen} ago /><br /><span class="small">{release(issue.lastRelease)}</span></dd>
        <dt>Assignee</dt><dd>{issue.assignedTo?.name ?? 'Nobody'}</dd>
        <dt>Priority</dt><dd>{issue.priority}</dd>
      </dl>
      {ranked.map((t) => <Bar key={t.key} tag={t} />)}
      {event && event.fingerprints?.length > 0 && <div class="grouped"><h3>Grouped by</h3>{event.fingerprints.slice(0, 3).map((f) => <code key={f}>{f}</code>)}</div>}
    </aside>
  );
}

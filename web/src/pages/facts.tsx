// facts.tsx -- beside an issue: how often, since when, in which releases, with which tags, grouped by what.
import { useMemo } from 'preact/hooks';
import type { Event, IssueDetail, Release, Series, Tag } from '../api';
import type { Loaded } from '../data';
import { brief } from '../format';
import { useHref } from '../state';
import { Chart } from '../ui/chart';
import { Link } from '../ui/link';
import { Age, Count, Problem } from '../ui/small';
import './facts.css';
import { GroupedBy } from './grouping';
import { TagBars } from './issue-lists';

/** What says most comes first; the rest keeps the server's order. "os" stands for "os.name" too. */
const order = ['environment', 'release', 'browser', 'os', 'runtime', 'server_name', 'device', 'url', 'user'];
const dull = [
  'level',
  'handled',
  'mechanism',
  'transaction',
  'browser.name',
  'os.name',
  'runtime.name',
  'client_os.name',
];
const rank = (key: string) => (order.includes(key) ? order.indexOf(key) : order.length);

export function Facts({ issue, tags, event }: { issue: IssueDetail; tags: Loaded<Tag[]>; event: Event | null }) {
  const href = useHref();
  const series: Series = issue.stats['30d'] ?? issue.stats['24h'] ?? [];
  const [times, lines] = useMemo(
    () => [
      series.map(([t]) => t),
      [{ label: 'events', colour: 'var(--accent)', values: series.map(([, n]) => n), bars: true }],
    ],
    [issue.id, issue.count],
  );
  const release = (r: Release | null) =>
    r && (
      <Link class="mono small" href={href(`/releases/${encodeURIComponent(r.version)}`)} title={r.version}>
        {r.shortVersion ?? r.version}
      </Link>
    );
  const ranked = (tags.data ?? [])
    .filter((t) => !dull.includes(t.key))
    .sort((a, b) => rank(a.key) - rank(b.key))
    .slice(0, 8);
  return (
    <aside class="facts" aria-label="Facts">
      <div class="figures">
        <div>
          <span class="quiet small">Events</span>
          <strong>
            <Count n={Number(issue.count)} />
          </strong>
        </div>
        <div>
          <span class="quiet small">Users</span>
          <strong>
            <Count n={issue.userCount} />
          </strong>
        </div>
      </div>
      {times.length > 0 && (
        <Chart title="Events per day, last 30 days" times={times} lines={lines} height={110} show={brief} />
      )}
      <dl class="facts-list">
        <dt>First seen</dt>
        <dd>
          <Age at={issue.firstSeen} ago /> {release(issue.firstRelease)}
        </dd>
        <dt>Last seen</dt>
        <dd>
          <Age at={issue.lastSeen} ago /> {release(issue.lastRelease)}
        </dd>
        <dt>Assignee</dt>
        <dd>{issue.assignedTo?.name || issue.assignedTo?.email || 'Nobody'}</dd>
        <dt>Priority</dt>
        <dd>{issue.priority}</dd>
      </dl>
      {tags.error && <Problem error={tags.error} retry={tags.reload} />}
      {ranked.map((t) => (
        <TagBars key={t.key} tag={t} />
      ))}
      {event && <GroupedBy event={event} project={issue.project.slug} />}
    </aside>
  );
}

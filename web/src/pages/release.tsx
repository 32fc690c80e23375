// release.tsx -- one release beside the one before it, or another: what is new, what came back, what
// happens more or less often, what was resolved in it.
import { useMemo } from 'preact/hooks';
import type { Issue, Release as ReleaseShape, Series } from '../api';
import { useGet, usePage, useTitle } from '../data';
import { brief, exact } from '../format';
import { contextParams, org, useHref, useQuery } from '../state';
import { Chart, type Marker } from '../ui/chart';
import { Link } from '../ui/link';
import { Menu } from '../ui/menu';
import { Age, Empty, Figures, LevelDot, Missing } from '../ui/small';
import { Table } from '../ui/table';
import { TopBar } from '../ui/topbar';
import { Standing, Title } from './issue-title';
import { Latency } from './release-latency';
import './release.css';

interface Side {
  version: string;
  dateReleased: string;
  firstEvent: string | null;
  lastEvent: string | null;
  events: number;
  newGroups: number;
}
type Compared = Issue & { eventsNow: number; eventsBefore: number; isNew: boolean };
interface Comparison {
  release: Side;
  before: Side | null;
  issues: Compared[];
  stepSeconds: number;
  events: Series;
}

/** Hours in which it sent events; an hour at least. */
const life = (s: Side) =>
  s.firstEvent && s.lastEvent ? Math.max(1, (Date.parse(s.lastEvent) - Date.parse(s.firstEvent)) / 3_600_000) : 1;
const perHour = (n: number) => (n === 0 ? '0' : n < 0.1 ? '< 0.1' : n < 10 ? n.toFixed(1) : brief(Math.round(n)));

export function Release({ version }: { version: string }) {
  const { query, set } = useQuery();
  const path = `/organizations/${org}/releases/${encodeURIComponent(version)}`;
  const { project, environment } = contextParams(query);
  const compared = useGet<Comparison>(`${path}/compare/`, { project, environment, with: query.get('with') });
  const others = usePage<ReleaseShape[]>(`/organizations/${org}/releases/`, { project, per_page: 100 });
  const data = compared.data;
  const deploy = others.data?.rows.find((r) => r.version === version)?.lastDeploy;
  useTitle(`Release ${version}`);
  return (
    <>
      <TopBar
        timeless
        extra={
          <Menu
            label={data?.before ? `Compared with ${data.before.version}` : 'Compare'}
            title="Compare with"
            right
            choices={(others.data?.rows ?? [])
              .filter((r) => r.version !== version)
              .map((r) => ({
                label: r.version,
                checked: r.version === data?.before?.version,
                pick: () => set({ with: r.version }),
              }))}
          />
        }
      />
      <main class="content release">
        <div class="page-head">
          <h1 class="mono">{version}</h1>
          {data && (
            <span class="quiet">
              released <Age at={data.release.dateReleased} ago />, last event <Age at={data.release.lastEvent} ago />
              {deploy && (
                <>
                  , deployed to {deploy.environment} <Age at={deploy.dateFinished} ago />
                </>
              )}
            </span>
          )}
        </div>
        {compared.error?.status === 404 && (
          <Empty title="There is no such release">
            <p>No event has named it, or none of the chosen project.</p>
          </Empty>
        )}
        {compared.error?.status !== 404 && <Missing of={compared} />}
        {data && <Beside data={data} path={path} />}
      </main>
    </>
  );
}

function Beside({ data, path }: { data: Comparison; path: string }) {
  const { release, before } = data;
  const both = data.issues.filter((i) => i.eventsNow > 0 && !i.isNew);
  const rate = (i: Compared) => i.eventsNow / life(release);
  const rateBefore = (i: Compared) => (before ? i.eventsBefore / life(before) : 0);
  const fresh = data.issues.filter((i) => i.isNew);
  const back = both.filter((i) => i.substatus === 'regressed');
  const rest = both.filter((i) => i.substatus !== 'regressed');
  const gone = data.issues.filter((i) => i.eventsNow === 0);
  rest.sort((a, b) => rate(b) - rateBefore(b) - (rate(a) - rateBefore(a)));
  const list = (title: string, none: string, rows: Compared[]) => (
    <Issues title={title} none={none} rows={rows} release={release} before={before} />
  );
  return (
    <>
      <Rates release={release} before={before} />
      <Trend data={data} />
      {data.events.length > 0 && (
        <Latency
          version={release.version}
          before={before?.version ?? null}
          from={data.events[0][0]}
          to={data.events[data.events.length - 1][0] + data.stepSeconds}
          markers={markersOf(data)}
        />
      )}
      {list('New in this release', 'No issue was seen for the first time in it.', fresh)}
      {list('Came back', 'No resolved issue came back in it.', back)}
      {list('Seen before, and still', 'No older issue was seen in it.', rest)}
      {before && list(`Not seen since ${before.version}`, `All issues of ${before.version} were seen again.`, gone)}
      <Resolved path={path} />
    </>
  );
}

function Rates({ release, before }: { release: Side; before: Side | null }) {
  const than = (figure: (s: Side) => string) =>
    before ? `${figure(before)} in ${before.version}` : 'the first release that is known';
  const figures: [string, string, string][] = [
    ['Events', exact(release.events), than((s) => exact(s.events))],
    ['Events per hour', perHour(release.events / life(release)), than((s) => perHour(s.events / life(s)))],
    ['New issues', exact(release.newGroups), than((s) => exact(s.newGroups))],
  ];
  return <Figures of={figures} />;
}

const markersOf = ({ release, before }: Comparison): Marker[] =>
  [release, before].flatMap((s) => (s ? [{ at: Date.parse(s.dateReleased) / 1000, label: s.version }] : []));

function Trend({ data }: { data: Comparison }) {
  const { events, stepSeconds } = data;
  const [times, lines, markers] = useMemo(
    () => [
      events.map(([t]) => t),
      [{ label: 'events', colour: 'var(--service-0)', values: events.map(([, n]) => n), bars: true }],
      markersOf(data),
    ],
    [data],
  );
  const step = stepSeconds === 3600 ? 'hour' : `${stepSeconds / 3600} hours`;
  return (
    <section>
      <Chart
        title={`Errors per ${step} in its projects; dashed lines: ${markers.map((m) => m.label).join(', ')}`}
        times={times}
        lines={lines}
        markers={markers}
        show={brief}
        height={150}
      />
    </section>
  );
}

function Issues({
  title,
  none,
  rows,
  release,
  before,
}: {
  title: string;
  none: string;
  rows: Compared[];
  release: Side;
  before: Side | null;
}) {
  const now = (i: Compared) => i.eventsNow / life(release);
  const then = (i: Compared) => (before ? i.eventsBefore / life(before) : 0);
  return (
    <section aria-label={title}>
      <h2>
        {title} <span class="quiet">{rows.length}</span>
      </h2>
      {rows.length === 0 ? (
        <p class="quiet small">{none}</p>
      ) : (
        <Table
          label={title}
          columns={[
            { label: 'Issue', kind: 'wide' },
            { label: 'Events', kind: 'number' },
            { label: 'Per hour', kind: 'number' },
            { label: 'Before', kind: 'number' },
            { label: 'Change', kind: 'number' },
          ]}
          rows={rows.map((i) => ({
            key: i.id,
            cells: [
              <IssueCell issue={i} standing />,
              exact(i.eventsNow),
              perHour(now(i)),
              before ? perHour(then(i)) : '–',
              <Change now={now(i)} then={then(i)} />,
            ],
          }))}
        />
      )}
    </section>
  );
}

function IssueCell({ issue, standing }: { issue: Issue; standing?: boolean }) {
  const href = useHref();
  return (
    <>
      <LevelDot level={issue.level} bare />{' '}
      <Link href={href(`/issues/${issue.id}`)} class="issue-link">
        <Title issue={issue} />
      </Link>{' '}
      {standing && <Standing issue={issue} />} <span class="quiet small">{issue.shortId}</span>
    </>
  );
}

/** Words for a rate against the one before: double is where it begins to matter. */
function Change({ now, then }: { now: number; then: number }) {
  if (then === 0) return <span class="quiet">new</span>;
  if (now === 0) return <span class="quiet">gone</span>;
  const times = now / then;
  if (times >= 2) return <span class="worse">×{times.toFixed(1)}</span>;
  if (times <= 0.5) return <span class="better">÷{(1 / times).toFixed(1)}</span>;
  return (
    <span class="quiet">
      {times >= 1 ? '+' : '−'}
      {Math.abs(Math.round((times - 1) * 100))} %
    </span>
  );
}

function Resolved({ path }: { path: string }) {
  const list = useGet<Issue[]>(`${path}/resolved/`);
  const rows = list.data ?? [];
  return (
    <section aria-label="Resolved in it">
      <h2>
        Resolved in it <span class="quiet">{rows.length}</span>
      </h2>
      {rows.length === 0 && (
        <p class="quiet small">Nothing was marked as resolved in this release (Resolve in … on an issue's page).</p>
      )}
      {rows.length > 0 && (
        <Table
          label="Resolved in it"
          columns={[{ label: 'Issue', kind: 'wide' }, { label: 'Events', kind: 'number' }, { label: 'Last seen' }]}
          rows={rows.map((i) => ({
            key: i.id,
            cells: [<IssueCell issue={i} />, exact(Number(i.count)), <Age at={i.lastSeen} ago />],
          }))}
        />
      )}
    </section>
  );
}

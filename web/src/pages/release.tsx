// release.tsx -- one release: what is new in it, what came back, what was resolved; against the one before.
import { Link } from 'wouter-preact';
import type { Issue, Release as ReleaseShape } from '../api';
import { useGet, usePage } from '../data';
import { exact } from '../format';
import { org, useHref } from '../state';
import { TopBar } from '../ui/topbar';
import { Age, Count, LevelDot, Problem } from '../ui/small';
import { Title } from './issue-title';

const quote = (v: string) => `"${v.replace(/(["\\])/g, '\\$1')}"`;

function List({ title, query, none }: { title: string; query: string; none: string }) {
  const href = useHref();
  const list = usePage<Issue[]>(`/organizations/${org}/issues/`, {
    query,
    sort: 'freq',
    limit: 25,
    statsPeriod: '90d',
  });
  return (
    <section style={{ marginBottom: 28 }}>
      <h2>
        {title} {list.data && <span class="quiet">{exact(list.data.hits ?? list.data.rows.length)}</span>}
      </h2>
      {list.error && <Problem error={list.error} retry={list.reload} />}
      {list.data && list.data.rows.length === 0 && <p class="quiet">{none}</p>}
      {list.data && list.data.rows.length > 0 && (
        <table class="table">
          <thead>
            <tr>
              <th>Level</th>
              <th>Issue</th>
              <th class="number">Events</th>
              <th class="number">Users</th>
              <th>Last seen</th>
            </tr>
          </thead>
          <tbody>
            {list.data.rows.map((i) => (
              <tr key={i.id}>
                <td>
                  <LevelDot level={i.level} />
                </td>
                <td>
                  <Link href={href(`/issues/${i.id}`)}>
                    <Title issue={i} />
                  </Link>{' '}
                  <span class="quiet small">{i.culprit}</span>
                </td>
                <td class="number">
                  <Count n={Number(i.count)} />
                </td>
                <td class="number">
                  <Count n={i.userCount} />
                </td>
                <td>
                  <Age at={i.lastSeen} ago />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

export function Release({ version }: { version: string }) {
  const release = useGet<ReleaseShape>(`/organizations/${org}/releases/${encodeURIComponent(version)}/`);
  const others = usePage<ReleaseShape[]>(`/organizations/${org}/releases/`, { per_page: 100 });
  const rows = others.data?.rows ?? [];
  const before = rows[rows.findIndex((r) => r.version === version) + 1];
  const r = release.data;
  return (
    <>
      <TopBar filter={<span style={{ flex: 1 }} />} />
      <main class="content">
        {release.error && <Problem error={release.error} retry={release.reload} />}
        {r && (
          <>
            <div class="page-head">
              <h1 class="mono">{r.version}</h1>
              <span class="quiet">{r.projects.map((p) => p.slug).join(', ')}</span>
            </div>
            <p class="quiet" style={{ marginBottom: 16 }}>
              First event <Age at={r.firstEvent ?? r.dateCreated} ago />, last event <Age at={r.lastEvent} ago />.
              {before && (
                <>
                  {' '}
                  The release before it is{' '}
                  <Link class="mono" href={`/releases/${encodeURIComponent(before.version)}`}>
                    {before.version}
                  </Link>
                  : {exact(before.newGroups)} new issues then, {exact(r.newGroups)} in this one.
                </>
              )}
            </p>
            <List
              title="New in this release"
              query={`first-release:${quote(version)}`}
              none="No issue was seen for the first time in it."
            />
            <List
              title="Came back"
              query={`is:regressed release:${quote(version)}`}
              none="No resolved issue came back in it."
            />
            <List
              title="Seen in it"
              query={`is:unresolved release:${quote(version)} !first-release:${quote(version)}`}
              none="No older unresolved issue was seen in it."
            />
            <List
              title="Resolved"
              query={`is:resolved release:${quote(version)}`}
              none="None of the issues seen in it is resolved."
            />
          </>
        )}
      </main>
    </>
  );
}

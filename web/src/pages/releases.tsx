// releases.tsx -- what was shipped, and what each brought: new issues, first and last event.
import type { Release } from '../api';
import { usePage, useTitle } from '../data';
import { exact } from '../format';
import { contextParams, org, useHref, useQuery } from '../state';
import { Filter } from '../ui/filter';
import { Link } from '../ui/link';
import { Age, Empty, Missing } from '../ui/small';
import { Pager, Table } from '../ui/table';
import { TopBar } from '../ui/topbar';

export function Releases() {
  const { query, set } = useQuery();
  const href = useHref();
  const text = query.get('query') ?? '';
  const { project } = contextParams(query);
  const list = usePage<Release[]>(`/organizations/${org}/releases/`, {
    project,
    query: text,
    per_page: 50,
    cursor: query.get('cursor'),
  });
  const rows = list.data?.rows ?? [];
  useTitle('Releases');
  return (
    <>
      <TopBar
        timeless
        filter={<Filter value={text} change={(q) => set({ query: q })} placeholder="part of a version" />}
      />
      <main class="content">
        <div class="page-head">
          <h1>Releases</h1>
        </div>
        <Missing of={list} />
        {list.data && rows.length === 0 && (
          <Empty title={text ? 'No release matches' : 'No releases yet'}>
            <p>
              A release appears here when the first event names it: set <code>release</code> where the SDK is
              initialised.
            </p>
          </Empty>
        )}
        {rows.length > 0 && (
          <Table
            label="Releases"
            slow={list.slow}
            columns={[
              { label: 'Version', kind: 'cut' },
              { label: 'Projects', kind: 'wide' },
              { label: 'New issues', kind: 'number' },
              { label: 'First event' },
              { label: 'Last event' },
              { label: 'Released' },
            ]}
            rows={rows.map((r) => ({
              key: r.id,
              cells: [
                <Link class="mono" href={href(`/releases/${encodeURIComponent(r.version)}`)}>
                  {r.version}
                </Link>,
                r.projects.map((p) => p.slug).join(', '),
                exact(r.newGroups),
                <Age at={r.firstEvent} ago />,
                <Age at={r.lastEvent} ago />,
                <Age at={r.dateReleased} ago />,
              ],
            }))}
          />
        )}
        <Pager page={list.data} go={(cursor) => set({ cursor })} words={['Newer', 'Older']} />
      </main>
    </>
  );
}

// releases.tsx -- what was shipped, and what each brought: new issues, events.
import { Link } from 'wouter-preact';
import type { Release } from '../api';
import { usePage } from '../data';
import { exact } from '../format';
import { contextParams, org, useHref, useQuery } from '../state';
import { Filter, TopBar } from '../ui/frame';
import { Age, Empty, Problem } from '../ui/small';

export function Releases() {
  const { query, set } = useQuery();
  const href = useHref();
  const text = query.get('query') ?? '';
  const list = usePage<Release[]>(`/organizations/${org}/releases/`, { ...contextParams(query, '90d'), query: text, per_page: 50, cursor: query.get('cursor') });
  const rows = list.data?.rows ?? [];
  return (
    <>
      <TopBar period="90d" filter={<Filter value={text} change={(q) => set({ query: q })} placeholder="version" />} />
      <main class="content">
        <div class="page-head"><h1>Releases</h1></div>
        {list.error && <Problem error={list.error} retry={list.reload} />}
        {list.data && rows.length === 0 && <Empty title={text ? 'No release matches' : 'No releases yet'}><p>A release appears here when the first event names it: set <code>release</code> where the SDK is initialised.</p></Empty>}
        {rows.length > 0 && (
          <table class={`table ${list.slow ? 'slow' : ''}`}>
            <thead><tr><th>Version</th><th>Projects</th><th class="number">New issues</th><th>First event</th><th>Last event</th><th>Released</th></tr></thead>
            <tbody>
              {rows.map((r) => (
                <tr key={r.id}>
                  <td class="mono"><Link href={href(`/releases/${encodeURIComponent(r.version)}`)}>{r.version}</Link></td>
                  <td>{r.projects.map((p) => p.slug).join(', ')}</td>
                  <td class="number">{exact(r.newGroups)}</td>
                  <td><Age at={r.firstEvent ?? r.dateCreated} ago /></td><td><Age at={r.lastEvent} ago /></td><td><Age at={r.dateReleased} ago /></td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {list.data && (list.data.next || list.data.previous) && (
          <nav class="pager" aria-label="Pages">
            <button type="button" class="button" disabled={!list.data.previous} onClick={() => set({ cursor: list.data!.previous })}>Newer</button>
            <button type="button" class="button" disabled={!list.data.next} onClick={() => set({ cursor: list.data!.next })}>Older</button>
          </nav>
        )}
      </main>
    </>
  );
}

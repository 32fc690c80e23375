// topbar.tsx -- the context that every page shares, above its content: project, environment, time range.
import type { ComponentChildren } from 'preact';
import { useGetLater } from '../data';
import { shortTime, zone } from '../format';
import { org, projects, useHref, useQuery } from '../state';
import { visit } from './link';
import { Menu } from './menu';

export const periods: [string, string][] = [
  ['1h', 'Last hour'],
  ['24h', 'Last 24 hours'],
  ['7d', 'Last 7 days'],
  ['14d', 'Last 14 days'],
  ['30d', 'Last 30 days'],
  ['90d', 'Last 90 days'],
];

/**
 * Pages give the filter field they want, and what stands at its right. A page of one thing names the list it is
 * from: what is chosen here cannot change the thing, so it shows that list.
 */
export function TopBar({
  filter,
  extra,
  period = '14d',
  timeless,
  list,
}: {
  filter?: ComponentChildren;
  extra?: ComponentChildren;
  period?: string;
  timeless?: boolean;
  list?: string;
}) {
  const { query, set } = useQuery();
  const href = useHref();
  const choose = (what: 'project' | 'environment', value: string) =>
    list ? visit(href(list, { [what]: value })) : set({ [what]: value });
  const environments = useGetLater<{ name: string }[]>(`/organizations/${org}/environments/`);
  const project = projects.value.find((p) => p.id === query.get('project') || p.slug === query.get('project'));
  const environment = query.get('environment') ?? '';
  const chosen = query.get('statsPeriod') ?? period;
  const start = query.get('start');
  const end = query.get('end');
  const custom = start && end;
  const names = [...new Set((environments.data ?? []).map((e) => e.name))];
  const range = custom
    ? `${shortTime(start)} – ${shortTime(end)}`
    : (periods.find(([p]) => p === chosen)?.[1] ?? chosen);
  return (
    <div class="topbar" role="region" aria-label="What is shown">
      <div class="shared">
        <Menu
          label={project?.slug ?? 'All projects'}
          title="Project"
          choices={[
            { label: 'All projects', checked: !project, pick: () => choose('project', '') },
            ...projects.value.map((p) => ({
              label: p.slug,
              checked: p === project,
              pick: () => choose('project', p.id),
            })),
          ]}
        />
        <Menu
          label={environment || 'All environments'}
          title="Environment"
          choices={[
            { label: 'All environments', checked: !environment, pick: () => choose('environment', '') },
            ...names.map((name) => ({
              label: name || '(none)',
              checked: name === environment,
              pick: () => choose('environment', name),
            })),
          ]}
        />
        {!timeless && (
          <Menu
            label={range}
            title={`Time range; times in ${zone}`}
            choices={periods.map(([value, label]) => ({
              label,
              checked: !custom && value === chosen,
              pick: () => set({ statsPeriod: value, start: null, end: null }),
            }))}
          />
        )}
      </div>
      {filter ?? <span class="gap" />}
      {extra}
    </div>
  );
}

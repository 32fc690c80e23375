// settings.tsx -- projects, users, oneself: what can be set up, and by whom.
import { useLocation } from 'wouter-preact';
import { api, type Project } from '../api';
import { useTitle } from '../data';
import { mayConfigure, org, projects } from '../state';
import { change } from '../ui/change';
import { Ask } from '../ui/form';
import { Link } from '../ui/link';
import { Age } from '../ui/small';
import { Table } from '../ui/table';
import { Account } from './account';
import { ProjectSettings } from './project';
import { Retention } from './retention';
import { Users } from './users';

const tabs: [string, string][] = [
  ['projects', 'Projects'],
  ['users', 'Users'],
  ['retention', 'Retention'],
  ['account', 'Account and tokens'],
];

export function Settings() {
  const [path] = useLocation();
  const [, , part = 'projects', slug] = path.split('/');
  useTitle(slug ? `Settings of ${slug}` : 'Settings');
  return (
    <main class="content narrow">
      <div class="page-head">
        <h1>Settings</h1>
      </div>
      <nav class="tabs" aria-label="Settings">
        {tabs.map(([key, label]) => (
          <Link key={key} href={`/settings/${key}`} aria-current={part === key ? 'page' : undefined}>
            {label}
          </Link>
        ))}
      </nav>
      {part === 'projects' && (slug ? <ProjectSettings slug={slug} key={slug} /> : <Projects />)}
      {part === 'users' && <Users />}
      {part === 'retention' && <Retention />}
      {part === 'account' && <Account />}
    </main>
  );
}

export const readProjects = async () => {
  projects.value = await api.get<Project[]>('/projects/', { per_page: 100 });
};

function Projects() {
  const [, go] = useLocation();
  const add = (v: Record<string, string>) =>
    change('Project added', async () => {
      const body = { name: v.name, platform: v.platform || undefined };
      const made = await api.send<Project>('POST', `/organizations/${org}/projects/`, body);
      await readProjects();
      go(`/settings/projects/${made!.slug}`);
    });
  return (
    <>
      <Table
        label="Projects"
        columns={[{ label: 'Project', kind: 'wide' }, { label: 'Platform' }, { label: 'First event' }]}
        rows={projects.value.map((p) => ({
          key: p.id,
          cells: [
            <>
              <Link href={`/settings/projects/${p.slug}`}>{p.slug}</Link>{' '}
              {p.name !== p.slug && <span class="quiet">{p.name}</span>}
            </>,
            p.platform ?? '–',
            <Age at={p.firstEvent} ago />,
          ],
        }))}
      />
      {mayConfigure() && (
        <p style={{ marginTop: 12 }}>
          <Ask
            label="Add project"
            fields={[
              { name: 'name', label: 'Name', required: true },
              { name: 'platform', label: 'Platform', hint: 'python, javascript, go …' },
            ]}
            done={add}
          />
        </p>
      )}
    </>
  );
}

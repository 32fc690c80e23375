// project.tsx -- the settings of one project: keys, who may send, what is removed, dropped and grouped how.
import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { api, type Project } from '../api';
import { useGet } from '../data';
import { mayConfigure, mayManage, org } from '../state';
import { change } from '../ui/change';
import { sure } from '../ui/dialog';
import { Ask, Check, Line, Lines, Part } from '../ui/form';
import { Link } from '../ui/link';
import { Missing } from '../ui/small';
import { Keys } from './keys';
import { Rules } from './rules';
import { readProjects } from './settings';

interface Limit {
  count: number;
  window: number;
}
export interface ProjectDetail extends Project {
  allowedDomains: string[];
  dataScrubber: boolean;
  dataScrubberDefaults: boolean;
  scrubIPAddresses: boolean;
  sensitiveFields: string[];
  safeFields: string[];
  fingerprintingRules: string;
  groupingEnhancements: string;
  resolveAge: number;
  rateLimit: Limit | null;
  webhooks: string[];
}
export type Save = (what: string, body: Partial<ProjectDetail>) => Promise<boolean>;

const filterWords: Record<string, string> = {
  localhost: 'Events of pages on localhost',
  'browser-extensions': 'Errors of browser extensions',
  'web-crawlers': 'Events of known web crawlers',
};

export function ProjectSettings({ slug }: { slug: string }) {
  const base = `/projects/${org}/${slug}`;
  const project = useGet<ProjectDetail>(`${base}/`);
  const [, go] = useLocation();
  const p = project.data;
  if (!p || project.error) return <Missing of={project} />;
  const save: Save = (what, body) =>
    change(what, async () => {
      const saved = await api.send<ProjectDetail>('PUT', `${base}/`, body);
      await readProjects();
      if (saved && saved.slug !== slug) go(`/settings/projects/${saved.slug}`, { replace: true });
      else project.reload();
    });
  const remove = async () => {
    const text = `Delete project ${p.slug} with its issues and events? Its keys stop working at once.`;
    if (!(await sure('Delete', text, 'Delete'))) return;
    if (!(await change('Project deleted', () => api.send('DELETE', `${base}/`)))) return;
    await readProjects();
    go('/settings/projects');
  };
  return (
    <>
      <p>
        <Link href="/settings/projects">Projects</Link> / <strong>{p.slug}</strong>{' '}
        <Link class="small" href={`/welcome?project=${p.id}`}>
          How to connect it
        </Link>
      </p>
      <Part title="Name">
        <Line label="Name" value={p.name} save={(name) => save('Name saved', { name })} />
        <Line label="Short name" value={p.slug} save={(s) => save('Short name saved', { slug: s })} />
        <Line label="Platform" value={p.platform ?? ''} save={(platform) => save('Platform saved', { platform })} />
      </Part>
      <Part
        title="Keys"
        what="Who may send. A key stands in a DSN; a limit of its own keeps one noisy service from the others."
      >
        <Keys base={base} />
      </Part>
      <Part
        title="Limit"
        what="Of all keys of the project together; what is above it is refused and counted as limited."
      >
        <ProjectLimit limit={p.rateLimit} save={save} />
      </Part>
      <Part
        title="Who may send from a browser"
        what="One origin a line, * for all. Requests of pages elsewhere are refused."
      >
        <Lines
          label="Allowed origins"
          value={p.allowedDomains ?? ['*']}
          save={(allowedDomains) => save('Allowed origins saved', { allowedDomains })}
        />
      </Part>
      <Scrubbing p={p} save={save} />
      <Filters base={base} />
      <Part
        title="Grouping rules"
        what="In Sentry's grammar; checked when they are saved. They hold for events that come from then on."
      >
        <Rules project={p} save={save} />
      </Part>
      <Part title="Triage">
        <ResolveAge hours={p.resolveAge} save={save} />
      </Part>
      <Part title="Webhooks" what="Told by POST about new and regressed issues; one address a line.">
        <Lines label="Addresses" value={p.webhooks ?? []} save={(webhooks) => save('Webhooks saved', { webhooks })} />
      </Part>
      {mayManage() && (
        <Part title="Delete">
          <button type="button" class="button danger" onClick={remove}>
            Delete this project
          </button>
        </Part>
      )}
    </>
  );
}

function ProjectLimit({ limit, save }: { limit: Limit | null; save: Save }) {
  return (
    <p class="beside">
      {limit?.count ? `${limit.count} events per ${limit.window} s` : 'None'}{' '}
      {mayConfigure() && (
        <Ask
          label="Change"
          verb="Save"
          small
          fields={[
            {
              name: 'count',
              label: 'Events (0: no limit)',
              type: 'number',
              required: true,
              value: String(limit?.count ?? 0),
            },
            { name: 'window', label: 'in seconds', type: 'number', required: true, value: String(limit?.window ?? 60) },
          ]}
          done={(v) =>
            save('Limit saved', {
              rateLimit: Number(v.count) > 0 ? { count: Number(v.count), window: Number(v.window) } : null,
            })
          }
        />
      )}
    </p>
  );
}

function Scrubbing({ p, save }: { p: ProjectDetail; save: Save }) {
  return (
    <Part title="Scrubbing" what="What is removed before anything is grouped or stored.">
      <Check
        label="Filter secrets and personal data"
        value={p.dataScrubber}
        save={(dataScrubber) => save('Saved', { dataScrubber })}
      />
      <Check
        label="With the built-in rules (passwords, cards, keys …)"
        value={p.dataScrubberDefaults}
        save={(dataScrubberDefaults) => save('Saved', { dataScrubberDefaults })}
      />
      <Check
        label="Remove IP addresses"
        value={p.scrubIPAddresses}
        save={(scrubIPAddresses) => save('Saved', { scrubIPAddresses })}
      />
      <Lines
        label="Further sensitive fields"
        value={p.sensitiveFields ?? []}
        save={(sensitiveFields) => save('Sensitive fields saved', { sensitiveFields })}
      />
      <Lines
        label="Fields that are safe"
        value={p.safeFields ?? []}
        save={(safeFields) => save('Safe fields saved', { safeFields })}
      />
    </Part>
  );
}

function Filters({ base }: { base: string }) {
  const filters = useGet<{ id: string; active: boolean | string[] }[]>(`${base}/filters/`);
  if (!filters.data) return null;
  const set = (id: string, active: boolean) =>
    change('Filter saved', async () => {
      await api.send('PUT', `${base}/filters/${id}/`, { active });
      filters.reload();
    });
  return (
    <Part title="Inbound filters" what="Dropped at the door, and counted as filtered.">
      {filters.data
        .filter((f) => typeof f.active === 'boolean')
        .map((f) => (
          <Check
            key={f.id}
            label={filterWords[f.id] ?? f.id.replace(/-/g, ' ')}
            value={f.active as boolean}
            save={(active) => set(f.id, active)}
          />
        ))}
    </Part>
  );
}

function ResolveAge({ hours, save }: { hours: number; save: Save }) {
  const [value, setValue] = useState(String(hours));
  const choices: [string, string][] = [
    ['0', 'never'],
    ['168', 'after a week'],
    ['336', 'after two weeks'],
    ['720', 'after 30 days'],
    ['2160', 'after 90 days'],
  ];
  if (!choices.some(([v]) => v === String(hours))) choices.push([String(hours), `after ${hours} hours`]);
  return (
    <label class="row">
      Resolve what is not seen any more
      <select
        class="field"
        value={value}
        disabled={!mayConfigure()}
        onChange={(e) => {
          setValue(e.currentTarget.value);
          save('Saved', { resolveAge: Number(e.currentTarget.value) });
        }}
      >
        {choices.map(([v, label]) => (
          <option key={v} value={v}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}

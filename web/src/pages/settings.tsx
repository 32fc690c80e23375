// settings.tsx -- projects, their keys and rules; users; tokens. One small form a thing, saved at once.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { api, type Key, type Project } from '../api';
import { useGet } from '../data';
import { mayManage, mayWrite, me, org, projects } from '../state';
import { change } from '../ui/frame';
import { Dialog } from '../ui/dialog';
import { Age, Copy, Problem } from '../ui/small';
import { Rules } from './rules';

const tabs: [string, string][] = [['projects', 'Projects'], ['users', 'Users'], ['account', 'Account and tokens']];

export function Settings() {
  const [path] = useLocation();
  const [, , part = 'projects', slug] = path.split('/');
  return (
    <main class="content" style={{ maxWidth: 1000 }}>
      <div class="page-head"><h1>Settings</h1></div>
      <nav class="tabs" aria-label="Settings">{tabs.map(([key, label]) => <Link key={key} href={`/settings/${key}`} aria-current={part === key ? 'page' : undefined}>{label}</Link>)}</nav>
      {part === 'projects' && (slug ? <ProjectSettings slug={slug} /> : <Projects />)}
      {part === 'users' && <Users />}
      {part === 'account' && <Account />}
    </main>
  );
}

function Ask({ label, fields, done }: { label: string; fields: { name: string; label: string; type?: string; required?: boolean; options?: string[] }[]; done: (values: Record<string, string>) => Promise<boolean> }) {
  const [open, setOpen] = useState(false);
  const submit = async (e: Event) => {
    e.preventDefault();
    if (await done(Object.fromEntries(new FormData(e.currentTarget as HTMLFormElement)) as Record<string, string>)) setOpen(false);
  };
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>{label}</button>
      {open && (
        <Dialog title={label} close={() => setOpen(false)}>
          <form onSubmit={submit}>
            {fields.map((f) => (
              <label key={f.name} class="row">{f.label}
                {f.options ? <select class="field" name={f.name}>{f.options.map((o) => <option key={o}>{o}</option>)}</select>
                  : <input class="field" name={f.name} type={f.type ?? 'text'} required={f.required} autocomplete="off" />}
              </label>
            ))}
            <div class="actions"><button type="button" class="button" onClick={() => setOpen(false)}>Cancel</button><button class="button main">{label}</button></div>
          </form>
        </Dialog>
      )}
    </>
  );
}

const refresh = async () => { projects.value = await api.get<Project[]>('/projects/'); };

function Projects() {
  return (
    <>
      <table class="table">
        <thead><tr><th>Project</th><th>Platform</th><th>First event</th></tr></thead>
        <tbody>{projects.value.map((p) => <tr key={p.id}><td><Link href={`/settings/projects/${p.slug}`}>{p.slug}</Link> <span class="quiet">{p.name !== p.slug ? p.name : ''}</span></td><td>{p.platform ?? '–'}</td><td><Age at={p.firstEvent} ago /></td></tr>)}</tbody>
      </table>
      {mayWrite() && <p style={{ marginTop: 12 }}><Ask label="Add project" fields={[{ name: 'name', label: 'Name', required: true }, { name: 'platform', label: 'Platform (python, javascript …)' }]}
        done={(v) => change('Project added', async () => { await api.send('POST', `/organizations/${org}/projects/`, { name: v.name, platform: v.platform || undefined }); await refresh(); })} /></p>}
    </>
  );
}

interface ProjectDetail extends Project {
  allowedDomains: string[]; dataScrubber: boolean; dataScrubberDefaults: boolean; scrubIPAddresses: boolean; sensitiveFields: string[]; safeFields: string[];
  fingerprintingRules: string; groupingEnhancements: string; options?: Record<string, unknown>;
}

function ProjectSettings({ slug }: { slug: string }) {
  const base = `/projects/${org}/${slug}`;
  const [, go] = useLocation();
  const project = useGet<ProjectDetail>(`${base}/`);
  const filters = useGet<{ id: string; active: boolean | string[] }[]>(`${base}/filters/`);
  if (project.error) return <Problem error={project.error} retry={project.reload} />;
  const p = project.data;
  if (!p) return null;
  const save = (what: string, body: Partial<ProjectDetail>) => change(what, async () => { await api.send('PUT', `${base}/`, body); project.reload(); await refresh(); });
  return (
    <>
      <h2 style={{ fontSize: 16, margin: '4px 0 12px' }}>{p.slug}</h2>
      <Part title="Name">
        <Line label="Name" value={p.name} save={(name) => save('Name saved', { name })} />
      </Part>
      <Part title="Keys" what="Who may send. A key stands in a DSN; a limit of its own keeps one noisy service from the others.">
        <Keys base={base} />
      </Part>
      <Part title="Who may send from a browser" what="One origin a line, * for all. Requests of pages elsewhere are refused.">
        <Lines label="Allowed origins" value={p.allowedDomains ?? ['*']} save={(allowedDomains) => save('Allowed origins saved', { allowedDomains })} />
      </Part>
      <Part title="Scrubbing" what="What is removed before anything is grouped or stored.">
        <Check label="Filter secrets and personal data" value={p.dataScrubber} save={(dataScrubber) => save('Saved', { dataScrubber })} />
        <Check label="With the built-in rules (passwords, cards, keys …)" value={p.dataScrubberDefaults} save={(dataScrubberDefaults) => save('Saved', { dataScrubberDefaults })} />
        <Check label="Remove IP addresses" value={p.scrubIPAddresses} save={(scrubIPAddresses) => save('Saved', { scrubIPAddresses })} />
        <Lines label="Further sensitive fields" value={p.sensitiveFields ?? []} save={(sensitiveFields) => save('Saved', { sensitiveFields })} />
        <Lines label="Fields that are safe" value={p.safeFields ?? []} save={(safeFields) => save('Saved', { safeFields })} />
      </Part>
      {filters.data && <Part title="Inbound filters" what="Dropped at the door, counted as filtered.">
        {filters.data.filter((f) => typeof f.active === 'boolean').map((f) => <Check key={f.id} label={f.id.replace(/-/g, ' ')} value={f.active as boolean} save={(active) => change('Filter saved', async () => { await api.send('PUT', `${base}/filters/${f.id}/`, { active }); filters.reload(); })} />)}
      </Part>}
      <Part title="Grouping rules" what="In Sentry's grammar; checked when saved, and against the newest events before that.">
        <Rules base={base} fingerprint={p.fingerprintingRules ?? ''} stack={p.groupingEnhancements ?? ''} save={save} />
      </Part>
      {mayManage() && <Part title="Delete">
        <button type="button" class="button danger" onClick={async () => { if (confirm(`Delete project ${p.slug}? Its keys stop working at once.`) && await change('Project deleted', () => api.send('DELETE', `${base}/`))) { await refresh(); go('/settings/projects'); } }}>Delete this project</button>
      </Part>}
    </>
  );
}

function Part({ title, what, children }: { title: string; what?: string; children: ComponentChildren }) {
  return <section style={{ padding: '16px 0', borderTop: '1px solid var(--line)' }}><h2>{title}</h2>{what && <p class="quiet small" style={{ margin: '2px 0 10px' }}>{what}</p>}{children}</section>;
}

function Line({ label, value, save }: { label: string; value: string; save: (v: string) => void }) {
  const [text, setText] = useState(value);
  return <form onSubmit={(e) => { e.preventDefault(); save(text); }}><label class="row">{label}<span style={{ display: 'flex', gap: 8 }}><input class="field" value={text} onInput={(e) => setText(e.currentTarget.value)} disabled={!mayWrite()} style={{ flex: 1 }} /><button class="button" disabled={text === value || !mayWrite()}>Save</button></span></label></form>;
}
function Lines({ label, value, save }: { label: string; value: string[]; save: (v: string[]) => void }) {
  const before = value.join('\n');
  const [text, setText] = useState(before);
  return <form onSubmit={(e) => { e.preventDefault(); save(text.split('\n').map((l) => l.trim()).filter(Boolean)); }}><label class="row">{label}<span style={{ display: 'grid', gap: 6, justifyItems: 'start' }}><textarea class="field" rows={Math.max(2, Math.min(8, value.length + 1))} value={text} onInput={(e) => setText(e.currentTarget.value)} disabled={!mayWrite()} /><button class="button small" disabled={text === before || !mayWrite()}>Save</button></span></label></form>;
}
function Check({ label, value, save }: { label: string; value: boolean; save: (v: boolean) => void }) {
  return <p style={{ margin: '4px 0' }}><label><input type="checkbox" checked={value} disabled={!mayWrite()} onChange={(e) => save(e.currentTarget.checked)} /> {label}</label></p>;
}

function Keys({ base }: { base: string }) {
  const keys = useGet<Key[]>(`${base}/keys/`);
  const put = (k: Key, what: string, body: object) => change(what, async () => { await api.send('PUT', `${base}/keys/${k.id}/`, body); keys.reload(); });
  return (
    <>
      {keys.error && <Problem error={keys.error} retry={keys.reload} />}
      <table class="table">
        <thead><tr><th>Name</th><th>DSN</th><th>Limit</th><th>State</th><th /></tr></thead>
        <tbody>{(keys.data ?? []).map((k) => (
          <tr key={k.id}>
            <td>{k.name}</td>
            <td class="mono" style={{ overflowWrap: 'anywhere' }}>{k.dsn.public} <Copy text={k.dsn.public} /></td>
            <td>{k.rateLimit ? `${k.rateLimit.count} per ${k.rateLimit.window} s` : 'none'}</td>
            <td>{k.isActive ? 'active' : <span class="quiet">switched off</span>}</td>
            <td style={{ whiteSpace: 'nowrap' }}>{mayWrite() && <>
              <Ask label="Limit" fields={[{ name: 'count', label: 'Events (0: no limit)', type: 'number', required: true }, { name: 'window', label: 'per seconds', type: 'number', required: true }]}
                done={(v) => put(k, 'Limit saved', { rateLimit: Number(v.count) > 0 ? { count: Number(v.count), window: Number(v.window) } : null })} />{' '}
              <button type="button" class="button" onClick={() => put(k, k.isActive ? 'Key switched off' : 'Key switched on', { isActive: !k.isActive })}>{k.isActive ? 'Switch off' : 'Switch on'}</button></>}</td>
          </tr>
        ))}</tbody>
      </table>
      {mayWrite() && <p style={{ marginTop: 8 }}><Ask label="Add key" fields={[{ name: 'name', label: 'Name', required: true }]} done={(v) => change('Key added', async () => { await api.send('POST', `${base}/keys/`, { name: v.name }); keys.reload(); })} /></p>}
    </>
  );
}

interface Member { id: string; email: string; name: string; role: string; orgRole: string; dateCreated: string; user: { id: string; lastLogin?: string | null } | null }

function Users() {
  const members = useGet<Member[]>(`/organizations/${org}/members/`);
  const again = (what: string, run: () => Promise<unknown>) => change(what, async () => { await run(); members.reload(); });
  return (
    <>
      {members.error && <Problem error={members.error} retry={members.reload} />}
      <table class="table">
        <thead><tr><th>Name</th><th>E-mail</th><th>Role</th><th>Since</th><th /></tr></thead>
        <tbody>{(members.data ?? []).map((m) => (
          <tr key={m.id}><td>{m.name}</td><td>{m.email}</td>
            <td>{mayManage() ? <select class="field" aria-label={`Role of ${m.email}`} value={m.orgRole} onChange={(e) => again('Role saved', () => api.send('PUT', `/organizations/${org}/members/${m.id}/`, { orgRole: e.currentTarget.value }))}>{['owner', 'member', 'viewer', ...(['owner', 'member', 'viewer'].includes(m.orgRole) ? [] : [m.orgRole])].map((r) => <option key={r}>{r}</option>)}</select> : m.orgRole}</td>
            <td><Age at={m.dateCreated} ago /></td>
            <td>{mayManage() && m.user?.id !== me.value?.id && <button type="button" class="button small danger" onClick={() => { if (confirm(`Remove ${m.email}?`)) again('Removed', () => api.send('DELETE', `/organizations/${org}/members/${m.id}/`)); }}>Remove</button>}</td></tr>
        ))}</tbody>
      </table>
      {mayManage() && <p style={{ marginTop: 12 }}><Ask label="Add user" fields={[{ name: 'email', label: 'E-mail', type: 'email', required: true }, { name: 'name', label: 'Name' }, { name: 'password', label: 'Password', type: 'password', required: true }, { name: 'orgRole', label: 'Role', options: ['member', 'owner', 'viewer'] }]}
        done={(v) => again('User added', () => api.send('POST', `/organizations/${org}/members/`, v))} /></p>}
      <p class="quiet small">Owners do everything; members triage and configure projects; viewers look.</p>
    </>
  );
}

interface Token { id: string; name: string; scopes: string[]; tokenLastCharacters: string; dateCreated: string; token?: string }
const reading = ['org:read', 'project:read', 'team:read', 'member:read', 'event:read', 'alerts:read'];
const writing = [...reading, 'event:write', 'event:admin', 'project:write', 'project:releases', 'org:ci'];

function Account() {
  const tokens = useGet<Token[]>('/api-tokens/');
  const [made, setMade] = useState<string | null>(null);
  return (
    <>
      <p>You are <strong>{me.value?.name || me.value?.email}</strong>, {me.value?.email}{me.value?.role ? `, ${me.value.role}` : ''}.</p>
      <Part title="Password">
        <Ask label="Change password" fields={[{ name: 'currentPassword', label: 'Present password', type: 'password', required: true }, { name: 'password', label: 'New password', type: 'password', required: true }]}
          done={(v) => change('Password changed', () => api.send('PUT', '/users/me/', v))} />
      </Part>
      <Part title="API tokens" what="For sentry-cli, Grafana, scripts. A token is shown once, when it is made.">
        {tokens.error && <Problem error={tokens.error} retry={tokens.reload} />}
        {made && <p class="note">The new token: <code style={{ overflowWrap: 'anywhere' }}>{made}</code> <Copy text={made} /><br /><span class="small quiet">It cannot be shown again.</span></p>}
        <table class="table">
          <thead><tr><th>Name</th><th>Token</th><th>Scopes</th><th>Made</th><th /></tr></thead>
          <tbody>{(tokens.data ?? []).map((t) => (
            <tr key={t.id}><td>{t.name || '–'}</td><td class="mono">…{t.tokenLastCharacters}</td><td class="small">{t.scopes.join(' ')}</td><td><Age at={t.dateCreated} ago /></td>
              <td><button type="button" class="button small danger" onClick={() => { if (confirm('Delete this token? What uses it stops working.')) change('Token deleted', async () => { await api.send('DELETE', '/api-tokens/', { tokenId: t.id }); tokens.reload(); }); }}>Delete</button></td></tr>
          ))}</tbody>
        </table>
        <p style={{ marginTop: 12 }}><Ask label="Add token" fields={[{ name: 'name', label: 'Name', required: true }, { name: 'kind', label: 'May', options: ['read', 'read and write'] }]}
          done={(v) => change('Token made', async () => { const t = await api.send<Token>('POST', '/api-tokens/', { name: v.name, scopes: v.kind === 'read' ? reading : writing }); setMade(t!.token!); tokens.reload(); })} /></p>
      </Part>
    </>
  );
}

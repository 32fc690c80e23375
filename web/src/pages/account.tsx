// account.tsx -- oneself: password, and tokens for programs.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { useGet } from '../data';
import { me } from '../state';
import { change } from '../ui/change';
import { sure } from '../ui/dialog';
import { Ask, Part } from '../ui/form';
import { Age, Copy, Missing } from '../ui/small';
import { Table } from '../ui/table';

interface Token {
  id: string;
  name: string;
  scopes: string[];
  tokenLastCharacters: string;
  dateCreated: string;
  dateLastUsed?: string | null;
  token?: string;
}

/** What a token may at most, by its owner's role: nobody can grant what they do not have. */
const kinds: Record<string, string[]> = {
  read: ['org:read', 'project:read', 'team:read', 'member:read', 'event:read', 'alerts:read'],
  triage: ['org:read', 'project:read', 'team:read', 'member:read', 'event:admin'],
  releases: ['org:read', 'project:read', 'project:releases'],
  everything: [
    'org:admin',
    'project:admin',
    'team:admin',
    'member:admin',
    'event:admin',
    'alerts:write',
    'project:releases',
    'org:ci',
  ],
};
const kindsOf = (role: string | undefined) =>
  role === 'viewer' ? ['read'] : role === 'owner' ? Object.keys(kinds) : ['read', 'triage', 'releases'];

export function Account() {
  const user = me.value!;
  const password = (v: Record<string, string>) => change('Password changed', () => api.send('PUT', '/users/me/', v));
  return (
    <>
      <p>
        You are <strong>{user.name || user.email}</strong>, {user.email}
        {user.role ? `, ${user.role}` : ''}.
      </p>
      <Part title="Password">
        <Ask
          label="Change password"
          fields={[
            { name: 'currentPassword', label: 'Present password', type: 'password', required: true },
            { name: 'password', label: 'New password', type: 'password', required: true },
          ]}
          done={password}
        />
      </Part>
      <Part title="API tokens" what="For sentry-cli, Grafana, scripts. A token is shown once, when it is made.">
        <Tokens />
      </Part>
    </>
  );
}

function Tokens() {
  const tokens = useGet<Token[]>('/api-tokens/');
  const [made, setMade] = useState<string | null>(null);
  const add = (v: Record<string, string>) =>
    change('Token made', async () => {
      const t = await api.send<Token>('POST', '/api-tokens/', { name: v.name, scopes: kinds[v.kind] });
      setMade(t!.token!);
      tokens.reload();
    });
  const remove = async (t: Token) => {
    if (!(await sure('Delete', 'Delete this token? What uses it stops working.', 'Delete'))) return;
    await change('Token deleted', async () => {
      await api.send('DELETE', '/api-tokens/', { tokenId: t.id });
      tokens.reload();
    });
  };
  return (
    <>
      <Missing of={tokens} />
      {made && (
        <p class="note" role="status">
          The new token: <code>{made}</code> <Copy text={made} of="the token" />
          <br />
          <span class="small quiet">It cannot be shown again.</span>
        </p>
      )}
      {tokens.data && tokens.data.length > 0 && (
        <Table
          label="Tokens"
          columns={[
            { label: 'Name' },
            { label: 'Token' },
            { label: 'May', kind: 'cut' },
            { label: 'Made' },
            { label: 'Last used' },
            { label: '', kind: 'actions' },
          ]}
          rows={tokens.data.map((t) => ({
            key: t.id,
            cells: [
              t.name || '–',
              <code>…{t.tokenLastCharacters}</code>,
              <span class="small">{t.scopes.join(' ')}</span>,
              <Age at={t.dateCreated} ago />,
              <Age at={t.dateLastUsed} ago />,
              <button type="button" class="button small danger" onClick={() => remove(t)}>
                Delete
              </button>,
            ],
          }))}
        />
      )}
      <p style={{ marginTop: 12 }}>
        <Ask
          label="Add token"
          fields={[
            { name: 'name', label: 'Name', required: true },
            { name: 'kind', label: 'May', options: kindsOf(me.value?.role) },
          ]}
          done={add}
        />
      </p>
    </>
  );
}

// users.tsx -- who may log in, and as what.
import { api } from '../api';
import { useGet } from '../data';
import { mayManage, me, org } from '../state';
import { change } from '../ui/change';
import { sure } from '../ui/dialog';
import { Ask } from '../ui/form';
import { Age, Missing } from '../ui/small';
import { Table } from '../ui/table';

interface Member {
  id: string;
  email: string;
  name: string;
  orgRole: string;
  isActive: boolean;
  dateCreated: string;
  user: { id: string; lastLogin?: string | null } | null;
}
const roles = ['owner', 'manager', 'admin', 'member', 'viewer'];

export function Users() {
  const base = `/organizations/${org}/members/`;
  const members = useGet<Member[]>(base);
  const again = (what: string, run: () => Promise<unknown>) =>
    change(what, async () => {
      await run();
      members.reload();
    });
  const setRole = async (m: Member, select: HTMLSelectElement) => {
    const done = await again('Role saved', () => api.send('PUT', `${base}${m.id}/`, { orgRole: select.value }));
    if (!done) select.value = m.orgRole;
  };
  const remove = async (m: Member) => {
    if (await sure('Remove', `Remove ${m.email}? What they did stays in the history.`, 'Remove'))
      await again('Removed', () => api.send('DELETE', `${base}${m.id}/`));
  };
  const add = (v: Record<string, string>) => again('User added', () => api.send('POST', base, v));
  const self = (m: Member) => m.user?.id === me.value?.id;
  return (
    <>
      <Missing of={members} />
      <Table
        label="Users"
        columns={[
          { label: 'Name' },
          { label: 'E-mail', kind: 'wide' },
          { label: 'Role' },
          { label: 'Last login' },
          { label: '', kind: 'actions' },
        ]}
        rows={(members.data ?? []).map((m) => ({
          key: m.id,
          cells: [
            m.name || '–',
            m.email,
            mayManage() && !self(m) ? (
              <select
                class="field"
                aria-label={`Role of ${m.email}`}
                value={m.orgRole}
                onChange={(e) => setRole(m, e.currentTarget)}
              >
                {roles.map((r) => (
                  <option key={r}>{r}</option>
                ))}
              </select>
            ) : (
              m.orgRole
            ),
            <Age at={m.user?.lastLogin} ago />,
            mayManage() && !self(m) ? (
              <button type="button" class="button small danger" onClick={() => remove(m)}>
                Remove
              </button>
            ) : null,
          ],
        }))}
      />
      {mayManage() && (
        <p style={{ margin: '12px 0' }}>
          <Ask
            label="Add user"
            fields={[
              { name: 'email', label: 'E-mail', type: 'email', required: true },
              { name: 'name', label: 'Name' },
              { name: 'password', label: 'Password', type: 'password', required: true },
              { name: 'orgRole', label: 'Role', options: roles, value: 'member' },
            ]}
            done={add}
          />
        </p>
      )}
      <p class="quiet small">
        Viewers look; members triage issues; admins set up projects as well; managers users and tokens too; owners do
        everything.
      </p>
    </>
  );
}

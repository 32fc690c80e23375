// keys.tsx -- the keys of a project: their DSNs, their limits, on or off.
import { api, type Key } from '../api';
import { useGet } from '../data';
import { exact } from '../format';
import { mayConfigure, mayManage } from '../state';
import { change } from '../ui/change';
import { sure } from '../ui/dialog';
import { Ask } from '../ui/form';
import { Copy, Missing } from '../ui/small';
import { Table } from '../ui/table';

export function Keys({ base }: { base: string }) {
  const keys = useGet<Key[]>(`${base}/keys/`);
  const again = (what: string, run: () => Promise<unknown>) =>
    change(what, async () => {
      await run();
      keys.reload();
    });
  const add = (v: Record<string, string>) =>
    again('Key added', () => api.send('POST', `${base}/keys/`, { name: v.name }));
  return (
    <>
      <Missing of={keys} />
      <Table
        label="Keys"
        columns={[
          { label: 'Name' },
          { label: 'DSN', kind: 'cut' },
          { label: 'Limit' },
          { label: 'State' },
          { label: '', kind: 'actions' },
        ]}
        rows={(keys.data ?? []).map((k) => ({
          key: k.id,
          cells: [
            k.name,
            <>
              <code>{k.dsn.public}</code> <Copy text={k.dsn.public} of={`the DSN ${k.name}`} />
            </>,
            k.rateLimit ? `${exact(k.rateLimit.count)} per ${k.rateLimit.window} s` : 'none',
            k.isActive ? 'active' : <span class="quiet">switched off</span>,
            mayConfigure() ? <KeyActions k={k} base={base} again={again} /> : null,
          ],
        }))}
      />
      {mayConfigure() && (
        <p style={{ marginTop: 8 }}>
          <Ask label="Add key" fields={[{ name: 'name', label: 'Name', required: true }]} done={add} />
        </p>
      )}
    </>
  );
}

function KeyActions({
  k,
  base,
  again,
}: {
  k: Key;
  base: string;
  again: (what: string, run: () => Promise<unknown>) => Promise<boolean>;
}) {
  const put = (what: string, body: object) => again(what, () => api.send('PUT', `${base}/keys/${k.id}/`, body));
  const limit = (v: Record<string, string>) => {
    const [count, window] = [Number(v.count), Number(v.window)];
    return put('Limit saved', { rateLimit: count > 0 ? { count, window } : null });
  };
  const remove = async () => {
    if (await sure('Delete', `Delete the key ${k.name}? What uses it stops sending.`, 'Delete'))
      await again('Key deleted', () => api.send('DELETE', `${base}/keys/${k.id}/`));
  };
  return (
    <>
      <Ask
        label="Limit"
        verb="Save"
        small
        fields={[
          {
            name: 'count',
            label: 'Events (0: no limit)',
            type: 'number',
            required: true,
            value: String(k.rateLimit?.count ?? 0),
          },
          {
            name: 'window',
            label: 'in seconds',
            type: 'number',
            required: true,
            value: String(k.rateLimit?.window ?? 60),
          },
        ]}
        done={limit}
      />
      <button
        type="button"
        class="button small"
        onClick={() => put(k.isActive ? 'Key switched off' : 'Key switched on', { isActive: !k.isActive })}
      >
        {k.isActive ? 'Switch off' : 'Switch on'}
      </button>
      {mayManage() && !k.isActive && (
        <button type="button" class="button small danger" onClick={remove}>
          Delete
        </button>
      )}
    </>
  );
}

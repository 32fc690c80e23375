// pickers.tsx -- menus of services and of the operations of one, as the filters of lists want them.
import { useGet } from '../data';
import type { Params } from '../api';
import { org } from '../state';
import { Menu } from '../ui/menu';
import type { Operation, Service } from './shapes';

const MOST = 200; // names in a menu; typing finds among them

export function ServicePicker({
  context,
  value,
  pick,
  logs,
}: {
  context: Params;
  value: string | null;
  pick: (service: string | null) => void;
  logs?: boolean; // those that log, be there spans of them or not
}) {
  const calling = useGet<Service[]>(logs ? null : `/organizations/${org}/services/`, context);
  const logging = useGet<{ services?: { name: string }[] }>(
    logs ? `/organizations/${org}/logs/volume/` : null,
    context,
  );
  const list = (logs ? logging.data?.services : calling.data) ?? [];
  const names = [...new Set([...list.map((s) => s.name), ...(value ? [value] : [])])].sort();
  return (
    <Menu
      label={value ?? 'All services'}
      title="Service"
      choices={[
        { label: 'All services', checked: !value, pick: () => pick(null) },
        ...names.slice(0, MOST).map((name) => ({ label: name, checked: name === value, pick: () => pick(name) })),
      ]}
    />
  );
}

export function OperationPicker({
  context,
  service,
  value,
  pick,
}: {
  context: Params;
  service: string;
  value: string | null;
  pick: (operation: string | null) => void;
}) {
  const list = useGet<Operation[]>(`/organizations/${org}/services/${encodeURIComponent(service)}/operations/`, {
    ...context,
    sort: '-calls',
  });
  const names = [...new Set([...(list.data ?? []).map((o) => o.name), ...(value ? [value] : [])])];
  return (
    <Menu
      label={value ?? 'All operations'}
      title="Operation"
      choices={[
        { label: 'All operations', checked: !value, pick: () => pick(null) },
        ...names.slice(0, MOST).map((name) => ({ label: name, checked: name === value, pick: () => pick(name) })),
      ]}
    />
  );
}

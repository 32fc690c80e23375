// table.tsx -- a list of things with their figures; on a phone each row becomes two lines, in which the
// columns' names stand before the values.
import type { ComponentChildren } from 'preact';
import { useShown } from '../data';
import './table.css';

export interface Column {
  label: string;
  kind?: 'number' | 'wide' | 'actions' | 'cut';
  sort?: string; // the word for it in the URL
}
export interface Row {
  key: string | number;
  cells: ComponentChildren[];
}

/** Of so many rows those that fit the window are drawn first, and the others, which take as long again, once these are on
 * the screen; the window is as long as it will be. Again with other data; a list that is scrolled is drawn whole. */
export function useFirst(count: number, data?: unknown): [number, ComponentChildren] {
  const whole = useShown(data) || scrollY > 0;
  const first = whole ? count : Math.min(count, Math.ceil(innerHeight / LOW));
  return [first, first < count && <tr aria-hidden="true" style={{ height: `${(count - first) * LOW}px` }} />];
}
const LOW = 36; // px: no row is much lower

export function Table({
  label,
  columns,
  rows,
  slow,
  sorted,
  sort,
}: {
  label: string;
  columns: Column[];
  rows: Row[];
  slow?: boolean;
  sorted?: string;
  sort?: (by: string) => void;
}) {
  const [first, rest] = useFirst(rows.length);
  const head = (c: Column) =>
    c.sort && sort ? (
      <button type="button" class="sort" onClick={() => sort(c.sort!)}>
        {c.label}
        {sorted === c.sort ? ' ↓' : ''}
      </button>
    ) : (
      c.label || <span class="only-read">Actions</span>
    );
  return (
    <table class={`table ${slow ? 'slow' : ''}`} aria-label={label}>
      <thead>
        <tr>
          {columns.map((c) => (
            <th
              key={c.label}
              scope="col"
              class={c.kind === 'number' ? 'number' : ''}
              aria-sort={c.sort && sorted === c.sort ? 'descending' : undefined}
            >
              {head(c)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, first).map((r) => (
          <tr key={r.key}>
            {r.cells.map((cell, i) => (
              <td key={i} class={columns[i].kind} data-label={columns[i].label || undefined}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
        {rest}
      </tbody>
    </table>
  );
}

/** Back and forth in a list; nothing when it fits on one page. */
export function Pager({
  page,
  go,
  words = ['Previous', 'Next'],
}: {
  page: { next: string | null; previous: string | null } | null;
  go: (cursor: string | null) => void;
  words?: [string, string];
}) {
  if (!page || (!page.next && !page.previous)) return null;
  return (
    <nav class="pager" aria-label="Pages">
      <button type="button" class="button" disabled={!page.previous} onClick={() => go(page.previous)}>
        {words[0]}
      </button>
      <button type="button" class="button" disabled={!page.next} onClick={() => go(page.next)}>
        {words[1]}
      </button>
    </nav>
  );
}

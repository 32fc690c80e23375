// span-row.tsx -- one row of the waterfall: what it is on the left, when it ran on the right.
import { duration, exact, many, serviceColour } from '../format';
import type { Window } from './minimap';
import {
  childrenOf,
  CRITICAL,
  CUT,
  ERROR,
  errorsBelow,
  GUESSED,
  hasChildren,
  nameOf,
  nthOf,
  ORPHAN,
  serviceOf,
  type Table,
} from './table';
import { Link } from '../ui/link';

const DEEPEST = 24; // rows further down are not moved to the right any more

/** Room for the depth, with a guide for every level above. */
export const indent = (depth: number) => {
  const room = Math.min(depth, DEEPEST) * 12;
  return { paddingLeft: `${6 + room}px`, backgroundSize: `${room}px 100%` };
};

export interface RowState {
  here: boolean;
  open: boolean;
  found: boolean;
  folded: boolean;
  critical: boolean; // the critical path is shown
}

export function SpanRow({
  t,
  row,
  place,
  y,
  state,
  window,
  fold,
  toggle,
  issue,
}: {
  t: Table;
  row: number;
  place: number;
  y: number;
  state: RowState;
  window: Window;
  fold: (row: number, folded: boolean) => void;
  toggle: (row: number) => void;
  issue: (id: string, event: string) => string;
}) {
  const parent = hasChildren(t, row);
  const failed = (t.flags[row] & ERROR) !== 0;
  const service = serviceOf(t, row);
  const classes = ['span-row', ...(['here', 'open', 'found'] as const).filter((c) => state[c]), failed && 'failed'];
  return (
    <div
      id={`span-${row}`}
      class={classes.filter(Boolean).join(' ')}
      role="row"
      aria-level={t.depth[row] + 1}
      aria-rowindex={place + 1}
      aria-expanded={parent ? !state.folded : undefined}
      aria-selected={state.here}
      style={{ transform: `translateY(${y}px)` }}
      onClick={(e) => (e.target as HTMLElement).closest('a, button') || getSelection()?.toString() || toggle(row)}
    >
      <div class="span-name" role="gridcell" style={indent(t.depth[row])}>
        {parent ? (
          <button
            type="button"
            class="fold"
            tabIndex={-1}
            aria-label={state.folded ? 'Unfold' : 'Fold'}
            onClick={() => fold(row, !state.folded)}
          >
            {state.folded ? '▸' : '▾'}
          </button>
        ) : (
          <span class="fold" />
        )}
        <i class="dot" style={{ background: serviceColour(service) }} />
        {failed && (
          <b class="fault" title="Failed">
            !<span class="only-read"> failed</span>
          </b>
        )}
        <span class="text" title={`${service}: ${nameOf(t, row)}`}>
          <span class="quiet">{service}</span> {nameOf(t, row)}
        </span>
        <Badges t={t} row={row} folded={state.folded} issue={issue} />
      </div>
      <Bar t={t} row={row} window={window} colour={serviceColour(service)} critical={state.critical} />
    </div>
  );
}

/** What else is known of a span: what is folded in it, its errors and logs, what is odd about its place. */
function Badges({
  t,
  row,
  folded,
  issue,
}: {
  t: Table;
  row: number;
  folded: boolean;
  issue: (id: string, event: string) => string;
}) {
  const below = folded ? errorsBelow(t, row) : 0;
  const [error] = t.errors.get(row) ?? [];
  const odd =
    t.flags[row] & CUT
      ? 'its own ancestor'
      : t.flags[row] & ORPHAN
        ? 'parent not here'
        : t.flags[row] & GUESSED
          ? 'placed by its transaction'
          : '';
  return (
    <>
      {folded && <span class="count">{exact(t.end[row] - row - 1)} inside</span>}
      {below > 0 && <span class="count failed">{exact(below)} failed</span>}
      {error && (
        <Link class="count failed to-issue" href={issue(error.issue, error.eventId)} title={error.title} tabIndex={-1}>
          {error.title.split(':')[0]}
        </Link>
      )}
      {t.logs.has(row) && <span class="count log-count">{many(t.logs.get(row)!, 'log')}</span>}
      {t.shared.has(t.id[row]) && (
        <span class="count" title="Several spans of this trace have the same id">
          same id, {nthOf(t, row) + 1} of {t.shared.get(t.id[row])!.length}
        </span>
      )}
      {odd && <span class="count">{odd}</span>}
    </>
  );
}

/** Where it ran; while its children ran, paler; where it held up the end, a line along its top. */
function Bar({
  t,
  row,
  window: [from, to],
  colour,
  critical,
}: {
  t: Table;
  row: number;
  window: Window;
  colour: string;
  critical: boolean;
}) {
  const width = to - from;
  const start = t.from[row];
  const end = start + t.duration[row];
  const percent = (us: number) => (100 * (Math.min(Math.max(us, from), to) - from)) / width;
  const left = percent(start);
  const right = percent(end);
  const words = duration(t.duration[row] / 1000);
  const sections = critical && t.flags[row] & CRITICAL ? (t.critical.get(row) ?? []) : [];
  const inside = start <= to && end >= from;
  const label = `${words}, starts at ${duration(start / 1000)}${sections.length ? ', on the critical path' : ''}`;
  return (
    <div class="span-bar" role="gridcell" aria-label={label}>
      {inside && (
        <i
          class="bar"
          style={{
            left: `${left}%`,
            width: `${right - left}%`,
            background: fill(t, row, colour, percent, left, right),
          }}
        />
      )}
      {sections.map(([a, b]) =>
        b < from || a > to ? null : (
          <i key={a} class="critical" style={{ left: `${percent(a)}%`, width: `${percent(b) - percent(a)}%` }} />
        ),
      )}
      {inside && (
        <span
          class="length"
          style={right < 82 ? { left: `${right}%` } : left >= 14 ? { right: `${100 - left}%` } : { left: `${left}%` }}
          data-within={right >= 82 && left < 14 ? '' : undefined}
        >
          {words}
        </span>
      )}
    </div>
  );
}

/** One background for a bar, however many children it has. */
function fill(t: Table, row: number, colour: string, percent: (us: number) => number, left: number, right: number) {
  const pale = `color-mix(in srgb, ${colour} 48%, var(--surface))`;
  const at = (share: number) =>
    right > left ? (100 * (percent(t.from[row] + share * t.duration[row]) - left)) / (right - left) : 0;
  const stops = childrenOf(t, row)
    .map(([a, b]) => [at(a), at(b)])
    .filter(([a, b]) => b > a)
    .map(([a, b]) => `${colour} ${a}%,${pale} ${a}% ${b}%,${colour} ${b}%`);
  return stops.length ? `linear-gradient(90deg,${stops.join(',')})` : colour;
}

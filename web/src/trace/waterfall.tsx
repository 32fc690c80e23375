// waterfall.tsx -- the rows of a trace: the tree on the left, bars on the right. Only the rows that can be
// seen are in the page, whatever there is of them.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { duration, exact, serviceColour } from '../format';
import { mark, stepOf, ticks } from './axis';
import type { Window } from './minimap';
import {
  childrenOf,
  CRITICAL,
  ERROR,
  errorsBelow,
  GUESSED,
  hasChildren,
  nameOf,
  ORPHAN,
  placeOf,
  serviceOf,
  type Table,
} from './table';

const ROW = 28;
const MORE = 12; // rows above and below, so that scrolling shows no gaps

export interface Shown {
  rows: Int32Array; // in order, without those inside of folded ones
  folded: Set<number>;
  at: number; // the row under the cursor; -1: none
  open: number; // the row whose details are shown; -1: none
  found: Set<number>;
  critical: boolean;
}

export function Waterfall({
  t,
  shown,
  window: [from, to],
  fold,
  move,
  toggle,
  detail,
}: {
  t: Table;
  shown: Shown;
  window: Window;
  fold: (row: number, folded: boolean) => void;
  move: (row: number) => void;
  toggle: (row: number) => void;
  detail: (row: number) => ComponentChildren;
}) {
  const box = useRef<HTMLDivElement>(null);
  const under = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [extra, setExtra] = useState(0); // height of the details
  const { rows, at, open } = shown;
  const opened = open < 0 ? -1 : placeOf(rows, open);
  const visible = opened >= 0 && rows[opened] === open;

  useLayoutEffect(() => {
    const watch = new ResizeObserver(() => setHeight(box.current!.clientHeight));
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (!visible || !under.current) return void setExtra(0);
    const watch = new ResizeObserver(() => setExtra(under.current?.offsetHeight ?? 0));
    watch.observe(under.current);
    return () => watch.disconnect();
  }, [open, visible]);

  const yOf = (place: number) => place * ROW + (visible && place > opened ? extra : 0);
  const placeAt = (y: number) => {
    if (!visible || y <= (opened + 1) * ROW) return Math.floor(y / ROW);
    return Math.max(opened, Math.floor((y - extra) / ROW));
  };
  const first = Math.max(0, placeAt(top) - MORE);
  const last = Math.min(rows.length, placeAt(top + height) + MORE);

  // the cursor stays in sight
  useEffect(() => {
    if (at < 0) return;
    const place = placeOf(rows, at);
    const y = yOf(place);
    const b = box.current!;
    if (y < b.scrollTop) b.scrollTop = y - ROW;
    else if (y + ROW > b.scrollTop + b.clientHeight) b.scrollTop = y - b.clientHeight + 3 * ROW;
  }, [at, rows]);

  const keys = (e: KeyboardEvent) => {
    if (e.metaKey || e.ctrlKey || e.altKey) return;
    const place = at < 0 ? -1 : placeOf(rows, at);
    const page = Math.max(1, Math.floor(height / ROW) - 1);
    const goto = (p: number) => move(rows[Math.max(0, Math.min(rows.length - 1, p))]);
    if (e.key === 'ArrowDown' || e.key === 'j') goto(place + 1);
    else if (e.key === 'ArrowUp' || e.key === 'k') goto(place - 1);
    else if (e.key === 'PageDown') goto(place + page);
    else if (e.key === 'PageUp') goto(place - page);
    else if (e.key === 'Home') goto(0);
    else if (e.key === 'End') goto(rows.length - 1);
    else if (at < 0) return;
    else if (e.key === 'ArrowRight' && shown.folded.has(at)) fold(at, false);
    else if (e.key === 'ArrowRight' && hasChildren(t, at)) goto(place + 1);
    else if (e.key === 'ArrowLeft' && hasChildren(t, at) && !shown.folded.has(at)) fold(at, true);
    else if (e.key === 'ArrowLeft' && t.parent[at] >= 0) move(t.parent[at]);
    else if (e.key === 'Enter' && e.target === box.current) toggle(at);
    else return;
    e.preventDefault();
    e.stopPropagation();
  };

  const marks = useMemo(() => ticks(from, to, 6), [from, to]);
  const step = stepOf(to - from, 6);
  const percent = (us: number) => (100 * (us - from)) / (to - from);
  const list: number[] = [];
  for (let place = first; place < last; place++) list.push(place);
  return (
    <div class="waterfall">
      <div class="waterfall-head" aria-hidden="true">
        <span>
          {exact(rows.length)} of {exact(t.count)} spans
        </span>
        <span class="axis">
          {marks.map((us) => (
            <i key={us} style={{ left: `${percent(us)}%` }}>
              {mark(us, step)}
            </i>
          ))}
        </span>
      </div>
      <div
        ref={box}
        class="waterfall-box"
        role="treegrid"
        aria-label="Spans"
        aria-rowcount={rows.length}
        aria-activedescendant={at >= 0 ? `span-${at}` : undefined}
        tabIndex={0}
        onKeyDown={keys}
        onScroll={(e) => setTop(e.currentTarget.scrollTop)}
      >
        <div style={{ height: `${rows.length * ROW + (visible ? extra : 0)}px`, position: 'relative' }}>
          {list.map((place) => (
            <SpanRow
              key={rows[place]}
              t={t}
              row={rows[place]}
              place={place}
              y={yOf(place)}
              shown={shown}
              from={from}
              to={to}
              fold={fold}
              toggle={toggle}
            />
          ))}
          {visible && opened >= first - 50 && opened < last + 50 && (
            <div ref={under} class="span-detail" role="row" style={{ top: `${(opened + 1) * ROW}px` }}>
              <div role="gridcell">{detail(open)}</div>
            </div>
          )}
        </div>
      </div>
    </div>
  );
}

function SpanRow({
  t,
  row,
  place,
  y,
  shown,
  from,
  to,
  fold,
  toggle,
}: {
  t: Table;
  row: number;
  place: number;
  y: number;
  shown: Shown;
  from: number;
  to: number;
  fold: (row: number, folded: boolean) => void;
  toggle: (row: number) => void;
}) {
  const folded = shown.folded.has(row);
  const parent = hasChildren(t, row);
  const failed = (t.flags[row] & ERROR) !== 0;
  const hidden = folded ? errorsBelow(t, row) : 0;
  const service = serviceOf(t, row);
  const name = nameOf(t, row);
  const stray =
    t.flags[row] & ORPHAN ? 'its parent is not here' : t.flags[row] & GUESSED ? 'placed by its transaction' : '';
  const classes = [
    'span-row',
    shown.at === row && 'here',
    shown.open === row && 'open',
    shown.found.has(row) && 'found',
    failed && 'failed',
  ];
  return (
    <div
      id={`span-${row}`}
      class={classes.filter(Boolean).join(' ')}
      role="row"
      aria-level={t.depth[row] + 1}
      aria-rowindex={place + 1}
      aria-expanded={parent ? !folded : undefined}
      aria-selected={shown.at === row}
      style={{ transform: `translateY(${y}px)` }}
      onClick={() => toggle(row)}
    >
      <div class="span-name" role="gridcell" style={{ paddingLeft: `${6 + Math.min(t.depth[row], 24) * 12}px` }}>
        {parent ? (
          <button
            type="button"
            class="fold"
            tabIndex={-1}
            aria-label={folded ? 'Unfold' : 'Fold'}
            onClick={(e) => {
              e.stopPropagation();
              fold(row, !folded);
            }}
          >
            {folded ? '▸' : '▾'}
          </button>
        ) : (
          <span class="fold" />
        )}
        <i class="dot" style={{ background: serviceColour(service) }} />
        <span class="text" title={`${service}: ${name}`}>
          <span class="quiet">{service}</span> {name}
        </span>
        {folded && <span class="count">{exact(t.end[row] - row - 1)}</span>}
        {hidden > 0 && <span class="count failed">{exact(hidden)} failed</span>}
        {t.errors.has(row) && <span class="count failed">issue</span>}
        {t.logs.has(row) && <span class="count">{exact(t.logs.get(row)!)} logs</span>}
        {stray && <span class="count">{stray}</span>}
      </div>
      <Bar t={t} row={row} from={from} to={to} colour={serviceColour(service)} critical={shown.critical} />
    </div>
  );
}

/** Where it ran; where it was itself at work, darker; where it held up the end, a line along its top. */
function Bar({
  t,
  row,
  from,
  to,
  colour,
  critical,
}: {
  t: Table;
  row: number;
  from: number;
  to: number;
  colour: string;
  critical: boolean;
}) {
  const width = to - from;
  const start = t.from[row];
  const end = start + t.duration[row];
  const left = (100 * (Math.max(start, from) - from)) / width;
  const right = (100 * (Math.min(end, to) - from)) / width;
  const inside = start <= to && end >= from;
  // a share of the span as a place in the part of it that is shown
  const place = (share: number) => {
    const us = start + share * t.duration[row];
    return right > left
      ? (100 * (Math.min(Math.max((100 * (us - from)) / width, left), right) - left)) / (right - left)
      : 0;
  };
  const sections = critical && t.flags[row] & CRITICAL ? (t.critical.get(row) ?? []) : [];
  const words = duration(t.duration[row] / 1000);
  return (
    <div class="span-bar" role="gridcell" aria-label={words}>
      {inside && (
        <i class="bar" style={{ left: `${left}%`, width: `${Math.max(0, right - left)}%`, background: colour }}>
          {childrenOf(t, row).map(([a, b]) => (
            <i key={a} class="rest" style={{ left: `${place(a)}%`, width: `${place(b) - place(a)}%` }} />
          ))}
        </i>
      )}
      {sections.map(([a, b]) =>
        b < from || a > to ? null : (
          <i
            key={a}
            class="critical"
            style={{
              left: `${(100 * (Math.max(a, from) - from)) / width}%`,
              width: `${(100 * (Math.min(b, to) - Math.max(a, from))) / width}%`,
            }}
          />
        ),
      )}
      {inside && (
        <span
          class="length"
          style={right < 82 ? { left: `${right}%` } : { right: `${100 - left}%` }}
          data-before={right >= 82 && left < 14 ? '' : undefined}
        >
          {words}
        </span>
      )}
    </div>
  );
}

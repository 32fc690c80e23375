// waterfall.tsx -- the rows of a trace: the tree on the left, bars on the right. Only the rows that can be
// seen are in the page, whatever there is of them.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { usePreference } from '../data';
import { exact, many } from '../format';
import { useNarrow } from '../ui/narrow';
import { mark, stepOf, ticks } from './axis';
import type { Window } from './minimap';
import { useRows } from './rows';
import { SpanRow } from './span-row';
import { hasChildren, placeOf, type Table } from './table';

const ROW = { narrow: 46, wide: 28 };
const FRAME = 26; // the head and the border

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
  window,
  fold,
  move,
  toggle,
  detail,
  issue,
}: {
  t: Table;
  shown: Shown;
  window: Window;
  fold: (row: number, folded: boolean) => void;
  move: (row: number) => void;
  toggle: (row: number) => void;
  detail: (row: number) => ComponentChildren;
  issue: (id: string, event: string) => string;
}) {
  const under = useRef<HTMLDivElement>(null);
  const rowHeight = useNarrow() ? ROW.narrow : ROW.wide;
  const [extra, setExtra] = useState(0); // height of the details
  const [split, setSplit] = usePreference('trace.split', 42); // per cent of the width for the tree
  const { rows, at, open } = shown;
  const opened = open < 0 ? -1 : placeOf(rows, open);
  const visible = opened >= 0 && rows[opened] === open;
  const list = useRows(rows.length, rowHeight, { place: visible ? opened : -1, height: extra });
  const { box, places, yOf } = list;
  const cursor = at < 0 ? -1 : placeOf(rows, at);

  useLayoutEffect(() => {
    if (!visible || !under.current) return void setExtra(0);
    const watch = new ResizeObserver(() => setExtra(under.current?.offsetHeight ?? 0));
    watch.observe(under.current);
    return () => watch.disconnect();
  }, [open, visible]);
  useEffect(() => {
    if (open >= 0) box.current!.parentElement!.scrollIntoView({ block: 'nearest' }); // on a phone it is further down
  }, []);
  // the cursor stays in sight, and so do the details when they appear
  useEffect(() => {
    if (cursor >= 0) list.reveal(cursor);
  }, [at, rows]);
  useEffect(() => {
    if (visible && extra && at === open) list.reveal(opened, extra);
  }, [open, visible, extra > 0]);

  const keys = (e: KeyboardEvent) => {
    if (e.metaKey || e.ctrlKey || e.altKey || e.target !== box.current) return;
    const goto = (p: number) => move(rows[Math.max(0, Math.min(rows.length - 1, p))]);
    if (e.key === 'ArrowDown' || e.key === 'j') goto(cursor + 1);
    else if (e.key === 'ArrowUp' || e.key === 'k') goto(cursor - 1);
    else if (e.key === 'PageDown') goto(cursor + list.page);
    else if (e.key === 'PageUp') goto(cursor - list.page);
    else if (e.key === 'Home') goto(0);
    else if (e.key === 'End') goto(rows.length - 1);
    else if (at < 0) return;
    else if (e.key === 'ArrowRight' && shown.folded.has(at)) fold(at, false);
    else if (e.key === 'ArrowRight' && hasChildren(t, at)) goto(cursor + 1);
    else if (e.key === 'ArrowLeft' && hasChildren(t, at) && !shown.folded.has(at)) fold(at, true);
    else if (e.key === 'ArrowLeft' && t.parent[at] >= 0) move(t.parent[at]);
    else if (e.key === 'Enter') toggle(at);
    else return;
    e.preventDefault();
    e.stopPropagation();
  };

  const grid = gridOf(window);
  const look = { '--split': `${split}%`, '--grid': linesAt(grid.marks), maxHeight: `${list.total + FRAME}px` };
  return (
    <div class="waterfall" style={look}>
      <Head t={t} rows={rows.length} grid={grid} split={split} setSplit={setSplit} />
      <div
        ref={box}
        class="waterfall-box"
        role="treegrid"
        aria-label="Spans"
        aria-rowcount={rows.length}
        aria-activedescendant={cursor >= 0 && places.includes(cursor) ? `span-${at}` : undefined}
        tabIndex={0}
        onKeyDown={keys}
        onScroll={list.onScroll}
      >
        <div style={{ height: `${list.total}px`, position: 'relative' }}>
          {places.map((place) => {
            const row = rows[place];
            return (
              <SpanRow
                key={row}
                t={t}
                row={row}
                place={place}
                y={yOf(place)}
                state={{
                  here: row === at,
                  open: row === open,
                  found: shown.found.has(row),
                  folded: shown.folded.has(row),
                  critical: shown.critical,
                }}
                window={window}
                fold={fold}
                toggle={toggle}
                issue={issue}
              />
            );
          })}
          {visible && (
            <div ref={under} class="span-detail" role="row" style={{ top: `${(opened + 1) * rowHeight}px` }}>
              <div role="gridcell">{detail(open)}</div>
            </div>
          )}
        </div>
      </div>
    </div>
  );
}

interface Grid {
  marks: [number, string][]; // per cent of the width, label
}

function gridOf([from, to]: Window): Grid {
  const most = Math.max(3, Math.round(innerWidth / 160));
  const step = stepOf(to - from, most);
  return { marks: ticks(from, to, most).map((us) => [(100 * (us - from)) / (to - from), mark(us, step)]) };
}

/** Hairlines through all rows, as one background. */
const linesAt = (marks: Grid['marks']) =>
  `linear-gradient(90deg,${marks
    .map(([at]) => `transparent ${at}%,var(--line) ${at}% calc(${at}% + 1px),transparent calc(${at}% + 1px)`)
    .join(',')})`;

/** How many rows there are, the axis of the bars, and the edge between, which can be moved. */
function Head({
  t,
  rows,
  grid,
  split,
  setSplit,
}: {
  t: Table;
  rows: number;
  grid: Grid;
  split: number;
  setSplit: (percent: number) => void;
}) {
  const limited = (percent: number) => Math.round(Math.max(15, Math.min(80, percent)));
  const drag = (e: PointerEvent) => {
    const grip = e.currentTarget as HTMLElement;
    const { left, width } = grip.parentElement!.getBoundingClientRect();
    const move = (now: PointerEvent) => setSplit(limited((100 * (now.clientX - left)) / width));
    grip.setPointerCapture(e.pointerId);
    grip.addEventListener('pointermove', move);
    grip.addEventListener('lostpointercapture', () => grip.removeEventListener('pointermove', move), { once: true });
    e.preventDefault();
  };
  const nudge = (e: KeyboardEvent) => {
    const by = { ArrowLeft: -2, ArrowRight: 2 }[e.key];
    if (!by) return;
    e.preventDefault();
    setSplit(limited(split + by));
  };
  return (
    <div class="waterfall-head">
      <span>{rows === t.count ? many(rows, 'row') : `${exact(rows)} of ${exact(t.count)} rows`}</span>
      <span class="axis" aria-hidden="true">
        {grid.marks.map(([at, label]) => (
          <i key={label} style={{ left: `${at}%` }}>
            {label}
          </i>
        ))}
      </span>
      <i
        class="split"
        role="separator"
        tabIndex={0}
        aria-orientation="vertical"
        aria-label="Width of the names"
        aria-valuemin={15}
        aria-valuemax={80}
        aria-valuenow={split}
        title="Drag to make the names wider or narrower"
        onPointerDown={drag}
        onKeyDown={nudge}
        onDblClick={() => setSplit(42)}
      />
    </div>
  );
}

// compare.tsx -- two traces side by side: spans that stand at the same place (the same services and names
// from the root down) are one row, with how often and how long on either side, and the difference.
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useGet, usePreference, useTitle } from '../data';
import { dateTime, duration, exact, serviceColour } from '../format';
import { org, useHref } from '../state';
import { changesOf, difference, type Change, type Comparison, type Measure, type Side } from '../trace/changes';
import '../trace/compare.css';
import { useRows } from '../trace/rows';
import { indent } from '../trace/span-row';
import type { Summary } from '../trace/summary';
import { Help, type Shortcuts } from '../ui/help';
import { useKeys } from '../ui/keys';
import { Link } from '../ui/link';
import { useNarrow } from '../ui/narrow';
import { Empty, Problem } from '../ui/small';
import { TopBar } from '../ui/topbar';

const shortcuts: Shortcuts = [
  ['j k', 'next and previous row, as the arrows do'],
  ['← →', 'fold and unfold'],
  ['n N', 'next and previous row that differs'],
  ['d', 'only what differs'],
  ['s', 'swap the two'],
];

export function Compare({ left, right }: { left: string; right: string }) {
  const href = useHref();
  const loaded = useGet<Comparison>(`/organizations/${org}/traces/compare/`, { left, right });
  const d = loaded.data;
  useTitle(d ? `${d.left.rootName}, two traces` : 'Two traces');
  return (
    <>
      <TopBar
        timeless
        list="/traces"
        extra={
          <>
            <Link class="button" href={href(`/traces/${right}`, { compare: left })}>
              Swap
            </Link>
            <Link class="button" href={href(`/traces/${left}`)}>
              Open left
            </Link>
            <Link class="button" href={href(`/traces/${right}`)}>
              Open right
            </Link>
          </>
        }
      />
      <main class={`content ${d ? 'trace' : ''}`}>
        {loaded.error?.status === 404 && (
          <Empty title="One of the two traces is not stored">
            <p>{loaded.error.message}</p>
            <Link class="button" href={href('/traces')}>
              All traces
            </Link>
          </Empty>
        )}
        {loaded.error && loaded.error.status !== 404 && <Problem error={loaded.error} retry={loaded.reload} />}
        {!d && !loaded.error && (
          <p class="quiet" role="status" aria-busy="true">
            {loaded.slow && 'Comparing …'}
          </p>
        )}
        {d && !loaded.error && <Both key={`${left} ${right}`} d={d} />}
      </main>
    </>
  );
}

function Both({ d }: { d: Comparison }) {
  const same = d.left.rootService === d.right.rootService && d.left.rootName === d.right.rootName;
  return (
    <>
      <div class="page-head">
        <h1>
          <span class="quiet">{d.left.rootService}</span> {d.left.rootName}
          {!same && (
            <>
              {' '}
              <span class="quiet">and {d.right.rootService}</span> {d.right.rootName}
            </>
          )}
        </h1>
        {!same && <span class="quiet">Their roots differ, so little of them stands at the same place.</span>}
        {(d.left.cut || d.right.cut) && (
          <span class="quiet">There are too many spans to compare them all: these are the first of them.</span>
        )}
      </div>
      <Sides left={d.left} right={d.right} />
      <Rows d={d} />
    </>
  );
}

function Sides({ left, right }: { left: Summary; right: Summary }) {
  const href = useHref();
  const row = (name: string, of: (s: Summary) => ComponentChildren, by: ComponentChildren = '') => (
    <tr>
      <th scope="row">{name}</th>
      <td>{of(left)}</td>
      <td>{of(right)}</td>
      <td>{by}</td>
    </tr>
  );
  const link = (s: Summary) => (
    <Link class="mono" href={href(`/traces/${s.traceId}`)} title={s.traceId}>
      {s.traceId.slice(0, 8)}
    </Link>
  );
  return (
    <table class="sides" aria-label="The two traces">
      <thead>
        <tr>
          <td />
          <th scope="col">Left {link(left)}</th>
          <th scope="col">Right {link(right)}</th>
          <th scope="col">Difference</th>
        </tr>
      </thead>
      <tbody>
        {row(
          'Duration',
          (s) => duration(s.durationUs / 1000),
          <Time us={right.durationUs - left.durationUs} of={left.durationUs} />,
        )}
        {row('Spans', (s) => exact(s.spans), <Number n={right.spans - left.spans} />)}
        {row('Failed', (s) => exact(s.errors), <Number n={right.errors - left.errors} bad />)}
        {row('Services', (s) => exact(s.services.length), <Services left={left} right={right} />)}
        {row('Start', (s) => dateTime(s.start))}
        {(left.release || right.release) && row('Release', (s) => <span class="mono">{s.release ?? '–'}</span>)}
      </tbody>
    </table>
  );
}

function Services({ left, right }: { left: Summary; right: Summary }) {
  const only = (a: Summary, b: Summary) =>
    a.services.filter((s) => !b.services.some((o) => o.name === s.name)).map((s) => s.name);
  const gone = only(left, right);
  const added = only(right, left);
  return (
    <span class="small">
      {added.length > 0 && `also ${added.join(', ')}`}
      {added.length > 0 && gone.length > 0 && '; '}
      {gone.length > 0 && `without ${gone.join(', ')}`}
    </span>
  );
}

/** More time is worse, less is better; the words say which, too. */
function Time({ us, of }: { us: number; of: number }) {
  if (us === 0) return <span class="quiet">same</span>;
  const share = of ? ` (${Math.abs((100 * us) / of).toFixed(0)} %)` : '';
  return (
    <span class={us > 0 ? 'worse' : 'better'}>
      {us > 0 ? '+' : '−'}
      {duration(Math.abs(us) / 1000)}
      <span class="by-share">{share}</span>
    </span>
  );
}
const Number = ({ n, bad }: { n: number; bad?: boolean }) =>
  n === 0 ? (
    <span class="quiet">same</span>
  ) : (
    <span class={bad ? (n > 0 ? 'worse' : 'better') : ''}>
      {n > 0 ? '+' : '−'}
      {exact(Math.abs(n))}
    </span>
  );

function Rows({ d }: { d: Comparison }) {
  const all = useMemo(() => changesOf(d.rows), [d]);
  const [measure, setMeasure] = usePreference<Measure>('compare.measure', 'totalUs');
  const [only, setOnly] = useState(false);
  const [folded, setFolded] = useState<Set<number>>(() => new Set());
  const [at, setAt] = useState(-1);
  const [help, setHelp] = useState(false);
  const narrow = useNarrow();
  const href = useHref();
  const kept = useMemo(() => all.keep(only ? measure : null), [all, only, measure]);
  const rows = useMemo(() => {
    const out: number[] = [];
    for (let i = 0; i < all.count; i = folded.has(i) ? all.end[i] : i + 1) if (kept[i]) out.push(i);
    return out;
  }, [all, folded, kept]);
  const most = useMemo(() => d.rows.reduce((m, c) => Math.max(m, Math.abs(difference(c, measure))), 1), [d, measure]);
  const height = narrow ? 50 : 30;
  const list = useRows(rows.length, height, { place: -1, height: 0 });
  const cursor = rows.indexOf(at);

  useEffect(() => {
    if (cursor >= 0) list.reveal(cursor);
  }, [cursor]);
  const goto = (place: number) => setAt(rows[Math.max(0, Math.min(rows.length - 1, place))] ?? -1);
  const fold = (row: number, yes: boolean) => {
    const next = new Set(folded);
    if (yes) next.add(row);
    else next.delete(row);
    setFolded(next);
    setAt(row);
  };
  const differing = (by: 1 | -1) => {
    for (let p = cursor + by; p >= 0 && p < rows.length; p += by) if (all.differs(rows[p], measure)) return goto(p);
  };
  const keys: Record<string, () => unknown> = {
    j: () => goto(cursor + 1),
    ArrowDown: () => goto(cursor + 1),
    k: () => goto(cursor - 1),
    ArrowUp: () => goto(cursor - 1),
    PageDown: () => goto(cursor + list.page),
    PageUp: () => goto(cursor - list.page),
    Home: () => goto(0),
    End: () => goto(rows.length - 1),
    ArrowLeft: () => {
      if (at < 0) return;
      if (all.end[at] > at + 1 && !folded.has(at)) fold(at, true);
      else if ((d.rows[at].parent ?? -1) >= 0) setAt(d.rows[at].parent!);
    },
    ArrowRight: () => at >= 0 && (folded.has(at) ? fold(at, false) : goto(cursor + 1)),
    n: () => differing(1),
    N: () => differing(-1),
  };
  useKeys({
    j: keys.j,
    k: keys.k,
    n: keys.n,
    N: keys.N,
    d: () => setOnly(!only),
    s: () => document.querySelector<HTMLAnchorElement>('.topbar a.button')?.click(),
    '?': () => setHelp(true),
  });
  const press = (e: KeyboardEvent) => {
    if (e.metaKey || e.ctrlKey || e.altKey || e.target !== list.box.current || !keys[e.key]) return;
    e.preventDefault();
    e.stopPropagation();
    keys[e.key]();
  };
  return (
    <>
      <div class="trace-tools">
        <span class="steps" role="group" aria-label="Which time">
          {(
            [
              ['totalUs', 'With children'],
              ['selfUs', 'Their own'],
            ] as [Measure, string][]
          ).map(([m, label]) => (
            <button
              key={m}
              type="button"
              class="button small"
              aria-pressed={measure === m}
              onClick={() => setMeasure(m)}
            >
              {label}
            </button>
          ))}
        </span>
        <button type="button" class="button small" aria-pressed={only} onClick={() => setOnly(!only)}>
          Only what differs
        </button>
        <button type="button" class="button small" disabled={!rows.length} onClick={() => differing(1)}>
          Next difference
        </button>
        <button
          type="button"
          class="button small"
          onClick={() => setFolded(folded.size ? new Set() : all.deeperThan(1))}
        >
          {folded.size ? 'Unfold all' : 'Fold'}
        </button>
        <button type="button" class="button small plain" onClick={() => setHelp(true)}>
          Keys
        </button>
        <span class="gap" />
        {d.cut && <span class="small quiet">The first {exact(d.rows.length)} rows are shown.</span>}
      </div>
      <div class="compare" style={{ maxHeight: `${Math.max(list.total, 80) + 26}px` }}>
        <div class="compare-head" aria-hidden="true">
          <span>{exact(rows.length)} rows</span>
          <span>Spans</span>
          <span>Left</span>
          <span>Right</span>
          <span class="by">Faster, slower</span>
        </div>
        <div
          ref={list.box}
          class="waterfall-box"
          role="treegrid"
          aria-label="Differences"
          aria-rowcount={rows.length}
          aria-activedescendant={list.places.includes(cursor) ? `change-${at}` : undefined}
          tabIndex={0}
          onKeyDown={press}
          onScroll={list.onScroll}
        >
          <div style={{ height: `${list.total}px`, position: 'relative' }}>
            {rows.length === 0 && (
              <div role="row">
                <div role="gridcell" class="compare-none">
                  Nothing differs: the same spans, as often, as long and as successful.
                </div>
              </div>
            )}
            {list.places.map((place) => (
              <ChangeRow
                key={rows[place]}
                c={d.rows[rows[place]]}
                row={rows[place]}
                place={place}
                y={list.yOf(place)}
                here={rows[place] === at}
                parent={all.end[rows[place]] > rows[place] + 1}
                folded={folded.has(rows[place])}
                measure={measure}
                most={most}
                fold={fold}
                pick={setAt}
                find={(id, name) => href(`/traces/${id}`, { find: name })}
                ids={[d.left.traceId, d.right.traceId]}
              />
            ))}
          </div>
        </div>
      </div>
      {help && <Help shortcuts={shortcuts} close={() => setHelp(false)} />}
    </>
  );
}

function ChangeRow({
  c,
  row,
  place,
  y,
  here,
  parent,
  folded,
  measure,
  most,
  fold,
  pick,
  find,
  ids,
}: {
  c: Change;
  row: number;
  place: number;
  y: number;
  here: boolean;
  parent: boolean;
  folded: boolean;
  measure: Measure;
  most: number;
  fold: (row: number, yes: boolean) => void;
  pick: (row: number) => void;
  find: (id: string, name: string) => string;
  ids: [string, string];
}) {
  const by = difference(c, measure);
  const width = Math.min(50, (50 * Math.abs(by)) / most);
  const side = (s: Side | null, id: string, which: string) => (
    <div class="number" role="gridcell" data-label={which}>
      {s ? (
        <Link href={find(id, c.name)} tabIndex={-1} title={`Find these in the ${which.toLowerCase()} trace`}>
          {duration(s[measure] / 1000)}
        </Link>
      ) : (
        <span class="quiet">–</span>
      )}
    </div>
  );
  return (
    <div
      id={`change-${row}`}
      class={`change-row ${here ? 'here' : ''} ${!c.left ? 'added' : !c.right ? 'gone' : ''}`}
      role="row"
      aria-level={c.depth + 1}
      aria-rowindex={place + 1}
      aria-expanded={parent ? !folded : undefined}
      aria-selected={here}
      style={{ transform: `translateY(${y}px)` }}
      onClick={() => pick(row)}
    >
      <div class="span-name" role="gridcell" style={indent(c.depth)}>
        {parent ? (
          <button
            type="button"
            class="fold"
            tabIndex={-1}
            aria-label={folded ? 'Unfold' : 'Fold'}
            onClick={() => fold(row, !folded)}
          >
            {folded ? '▸' : '▾'}
          </button>
        ) : (
          <span class="fold" />
        )}
        <i class="dot" style={{ background: serviceColour(c.service) }} />
        <span class="text" title={`${c.service}: ${c.name}`}>
          <span class="quiet">{c.service}</span> {c.name}
        </span>
        {!c.left && <span class="count">only right</span>}
        {!c.right && <span class="count">only left</span>}
      </div>
      <div class="number counts" role="gridcell" data-label="Spans">
        <Counts left={c.left} right={c.right} />
      </div>
      {side(c.left, ids[0], 'Left')}
      {side(c.right, ids[1], 'Right')}
      <div class="by" role="gridcell">
        <i class="axis" />
        {by !== 0 && (
          <i
            class={`bar ${by > 0 ? 'slower' : 'faster'}`}
            style={by > 0 ? { left: '50%', width: `${width}%` } : { right: '50%', width: `${width}%` }}
          />
        )}
        <span class={`words ${by > 0 ? 'before' : 'after'}`}>
          <Time us={by} of={c.left && c.right ? c.left[measure] : 0} />
        </span>
      </div>
    </div>
  );
}

function Counts({ left, right }: { left: Side | null; right: Side | null }) {
  const [a, b] = [left?.spans ?? 0, right?.spans ?? 0];
  const [x, z] = [left?.errors ?? 0, right?.errors ?? 0];
  return (
    <>
      {a === b ? exact(a) : <strong>{`${exact(a)} → ${exact(b)}`}</strong>}
      <span class="times"> ×</span>
      {(x > 0 || z > 0) && (
        <span class={z > x ? 'worse' : z < x ? 'better' : 'quiet'}>
          {', '}
          {x === z ? `${exact(x)} failed` : `${exact(x)} → ${exact(z)} failed`}
        </span>
      )}
    </>
  );
}

// trace.tsx -- one trace: what it was, how long it took and what went wrong, in small, then span by span.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { useGet, useGetLater, usePreference, useTitle } from '../data';
import { dateTime, duration, exact, many, serviceColour, zone } from '../format';
import { around, useHref, useQuery } from '../state';
import { addressOf, firstRows } from '../trace/ask';
import { useFind } from '../trace/find';
import { Minimap, type Window } from '../trace/minimap';
import { Errors, Notes } from '../trace/notes';
import { PickOther } from '../trace/pick';
import { SpanDetail } from '../trace/span';
import {
  carried,
  ERROR,
  errorsBelow,
  flagged,
  nameOf,
  nthOf,
  placeOf,
  rootOf,
  rowOf,
  serviceOf,
  tableOf,
  unfolded,
  type Table,
  type TraceDocument,
} from '../trace/table';
import { Waterfall } from '../trace/waterfall';
import '../trace/waterfall.css';
import { Help, type Shortcuts } from '../ui/help';
import { useKeys } from '../ui/keys';
import { later } from '../ui/later';
import { Link } from '../ui/link';
import { copied, Copy, Empty, Problem } from '../ui/small';
import { TopBar } from '../ui/topbar';

const Compare = later(() => import('./compare').then((m) => m.Compare));

const YOUNG = 120_000; // spans of a trace that ended so lately may still be on their way
const AGAIN = 3000;
const WHOLE = 5000; // spans that Jaeger's API surely gives with all they have

const shortcuts: Shortcuts = [
  ['j k', 'next and previous span, as the arrows do'],
  ['← →', 'fold and unfold, or go to the parent and to the first child'],
  ['Enter', 'details of the span'],
  ['Esc', 'close them'],
  ['/', 'find'],
  ['n N', 'next and previous span found; failed, when nothing is looked for'],
  ['e', 'next failed span'],
  ['c', 'critical path'],
  ['z 0', 'look closer at the span; at all of it again'],
  ['u', 'all traces'],
];

export function Trace({ trace }: { trace: string }) {
  const { query } = useQuery();
  const other = query.get('compare');
  return other ? <Compare left={trace} right={other} /> : <One trace={trace} />;
}

/** Of a large trace the first rows, and the way to the span that is looked for, are here before the rest. */
function useTrace(trace: string) {
  const { query } = useQuery();
  const [span] = useState(query.get('span'));
  const path = addressOf(trace);
  const first = useGet<TraceDocument>(path, firstRows(span));
  const part = first.data !== null && (first.data.rowCount ?? 0) > first.data.rows.length;
  const rest = useGetLater<TraceDocument>(part ? path : null);
  const reload = () => {
    first.reload();
    if (part) rest.reload();
  };
  const data = (part && rest.data) || first.data;
  return { data, error: first.error ?? rest.error, slow: first.slow, reload };
}

function One({ trace }: { trace: string }) {
  const loaded = useTrace(trace);
  const t = useMemo(() => loaded.data && tableOf(loaded.data), [loaded.data]);
  useTitle(t?.count ? nameOf(t, rootOf(t)) : `Trace ${trace.slice(0, 8)}`);
  const none = loaded.error?.status === 404 || t?.count === 0;
  useEffect(() => {
    if (!none) return;
    const timer = setInterval(() => document.hidden || loaded.reload(), AGAIN);
    return () => clearInterval(timer);
  }, [none]);
  return (
    <>
      <TopBar timeless list="/traces" extra={t && t.count > 0 && <Actions t={t} />} />
      <main class={`content ${t?.count ? 'trace' : ''}`}>
        {none && <None trace={trace} t={t} />}
        {loaded.error && !none && <Problem error={loaded.error} retry={loaded.reload} />}
        {!t && !loaded.error && (
          <p class="quiet" role="status" aria-busy="true">
            {loaded.slow && 'Reading the trace …'}
          </p>
        )}
        {t && !none && <Spans t={t} reload={loaded.reload} />}
      </main>
    </>
  );
}

function None({ trace, t }: { trace: string; t: Table | null }) {
  const href = useHref();
  return (
    <>
      <div class="page-head">
        <h1>Trace</h1>
        <code>{trace}</code>
      </div>
      {t && <Errors t={t} step={() => {}} />}
      <Empty title="No spans of this trace are stored">
        <p>
          It may have been sampled away by its SDK, be older than the retention allows, or still be on its way: this
          page shows it when it comes.
        </p>
        <Link class="button" href={href('/traces')}>
          All traces
        </Link>{' '}
        <Link class="button" href={href('/logs', { query: `trace:${trace}`, statsPeriod: '90d' })}>
          Its logs
        </Link>
      </Empty>
    </>
  );
}

function Actions({ t }: { t: Table }) {
  const [picking, pick] = useState(false);
  const large = t.spans > WHOLE;
  return (
    <>
      <button type="button" class="button" onClick={() => pick(true)}>
        Compare …
      </button>
      <a
        class="button"
        href={large ? `/api/0${addressOf(t.traceId)}` : `/jaeger/api/traces/${t.traceId}`}
        download={`trace-${t.traceId}.json`}
        title={
          large
            ? 'All spans, without their attributes: there are too many'
            : "All spans with their attributes and events, in Jaeger's JSON, which Jaeger and Grafana read"
        }
      >
        Download
      </a>
      <button type="button" class="button" onClick={() => copied(location.href)}>
        Copy link
      </button>
      {picking && <PickOther t={t} close={() => pick(false)} />}
    </>
  );
}

/** What a person has done to the rows; carried over when a newer table comes. */
interface View {
  t: Table;
  at: number;
  folded: Set<number>;
}
const moved = (v: View, t: Table): View => ({
  t,
  at: carried(v.t, t, v.at < 0 ? [] : [v.at])[0] ?? -1,
  folded: new Set(carried(v.t, t, v.folded)),
});

function useView(t: Table, open: number): [View, (changes: Partial<View>) => void] {
  const [held, hold] = useState<View>(() => ({ t, at: open, folded: new Set() }));
  const view = useMemo(() => (held.t === t ? held : moved(held, t)), [held, t]);
  return [view, (changes) => hold({ ...view, ...changes })];
}

function Spans({ t, reload }: { t: Table; reload: () => void }) {
  const { query, set } = useQuery();
  const href = useHref();
  const [, leave] = useLocation();
  const wanted = query.get('span');
  const nth = Number(query.get('n') ?? 0);
  const open = useMemo(() => rowOf(t, wanted, nth), [t, wanted, nth]);
  const [{ at, folded }, change] = useView(t, open);
  const [window, setWindow] = useState<Window>([0, t.durationUs || 1]);
  const [critical, setCritical] = usePreference('trace.critical', true);
  const [text, setText] = useState(query.get('find') ?? '');
  const [help, setHelp] = useState(false);
  const rows = useMemo(() => unfolded(t, folded), [t, folded]);
  const { rows: found, more, problem } = useFind(t, text);
  const foundSet = useMemo(() => new Set(found), [found]);
  const failed = useMemo(() => flagged(t, ERROR), [t]);

  /** Go to a row, and unfold what it is in. */
  const go = (row: number) => {
    const next = new Set(folded);
    for (let p = t.parent[row]; p >= 0; p = t.parent[p]) next.delete(p);
    change(next.size === folded.size ? { at: row } : { at: row, folded: next });
  };
  const step = (list: number[], by: 1 | -1 = 1) => {
    if (list.length === 0) return;
    const place = placeOf(list, at); // the cursor's, or where it would be
    const next = by < 0 ? place - 1 : list[place] === at ? place + 1 : place;
    go(list[(next + list.length) % list.length]);
  };
  const fold = (row: number, yes: boolean) => {
    const next = new Set(folded);
    if (yes) next.add(row);
    else next.delete(row);
    change({ folded: next, at: row });
  };
  const address = (row: number) => {
    const n = row < 0 ? 0 : nthOf(t, row);
    set({ span: row < 0 ? null : t.id[row], n: n ? String(n) : null }, true);
  };
  const toggle = (row: number) => {
    change({ at: row });
    address(open === row ? -1 : row);
  };
  const show = (row: number) => {
    go(row);
    address(row);
  };
  const zoom = (row: number) => {
    if (row < 0) return;
    const room = Math.max(1, t.duration[row] * 0.05);
    setWindow([Math.max(0, t.from[row] - room), Math.min(t.durationUs, t.from[row] + t.duration[row] + room)]);
  };
  const total = exact(found.length) + (more ? ' or more' : foundSet.has(at) ? '' : ' found');
  const whole: Window = [0, t.durationUs || 1];

  useEffect(() => {
    if (open >= 0 && open !== at) go(open); // the address changed: a link within the trace, back, forward
  }, [open]);
  useEffect(() => setWindow([0, t.durationUs || 1]), [t.durationUs]);
  useEffect(() => {
    if (text && found.length && !foundSet.has(at)) go(found.find((r) => r >= at) ?? found[0]);
  }, [found]);
  useKeys({
    j: () => go(rows[Math.min(rows.length - 1, at < 0 ? 0 : placeOf(rows, at) + 1)]),
    k: () => go(rows[Math.max(0, placeOf(rows, at) - 1)]),
    Enter: () => at >= 0 && toggle(at),
    n: () => step(text ? found : failed),
    N: () => step(text ? found : failed, -1),
    e: () => step(failed),
    c: () => setCritical(!critical),
    z: () => zoom(at),
    0: () => setWindow(whole),
    u: () => leave(href('/traces')),
    Escape: () => address(-1),
    '?': () => setHelp(true),
    '/': () => document.querySelector<HTMLInputElement>('.trace-tools .find')?.focus(),
  });

  return (
    <>
      <Head t={t} />
      <Errors t={t} step={(list) => step(list)} />
      <Notes t={t} missing={wanted && open < 0 ? wanted : null} step={(list) => step(list)}>
        {t.whole ? <Arriving t={t} reload={reload} /> : <li role="status">Reading the rest …</li>}
      </Notes>
      <Minimap t={t} window={window} set={setWindow} />
      <div class="trace-tools">
        <input
          class="field find"
          type="search"
          aria-label="Find in this trace"
          placeholder="Find a name, error, id or key:value"
          value={text}
          onInput={(e) => setText(e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key === 'Enter') step(found, e.shiftKey ? -1 : 1);
            if (e.key === 'Escape') e.currentTarget.blur();
          }}
        />
        {text && (
          <span class={`small ${problem ? 'worse' : 'quiet'}`} role="status">
            {problem ?? (foundSet.has(at) ? `${exact(found.indexOf(at) + 1)} of ` : '') + total}
          </span>
        )}
        {text && (
          <span class="steps">
            <button type="button" class="button small" disabled={!found.length} onClick={() => step(found, -1)}>
              Previous
            </button>
            <button type="button" class="button small" disabled={!found.length} onClick={() => step(found)}>
              Next
            </button>
          </span>
        )}
        <button type="button" class="button small" aria-pressed={critical} onClick={() => setCritical(!critical)}>
          Critical path
        </button>
        <button type="button" class="button small" disabled={failed.length === 0} onClick={() => step(failed)}>
          Next failed
        </button>
        <button
          type="button"
          class="button small"
          onClick={() => change({ folded: folded.size ? new Set() : deep(t), at: -1 })}
        >
          {folded.size ? 'Unfold all' : 'Fold'}
        </button>
        {(window[0] > 0 || window[1] < whole[1]) && (
          <button type="button" class="button small" onClick={() => setWindow(whole)}>
            Whole trace
          </button>
        )}
        <button type="button" class="button small plain" onClick={() => setHelp(true)}>
          Keys
        </button>
        <span class="gap" />
        <Legend t={t} />
      </div>
      <Waterfall
        t={t}
        shown={{ rows, folded, at, open, found: foundSet, critical }}
        window={window}
        fold={fold}
        move={(row) => change({ at: row })}
        toggle={toggle}
        issue={(id, event) => href(`/issues/${id}/events/${event}`)}
        detail={(row) => <SpanDetail key={row} t={t} row={row} show={show} />}
      />
      {help && <Help shortcuts={shortcuts} close={() => setHelp(false)} />}
    </>
  );
}

/** What is three levels down or deeper, and failed nowhere, is folded. */
function deep(t: Table): Set<number> {
  const out = new Set<number>();
  for (let i = 0; i < t.count; i++) if (t.depth[i] >= 2 && t.end[i] > i + 1 && errorsBelow(t, i) === 0) out.add(i);
  return out;
}

/** While a trace is young more of it may come; it is shown when one asks for it, so that nothing jumps. */
function Arriving({ t, reload }: { t: Table; reload: () => void }) {
  const [young, setYoung] = useState(() => Date.now() - (t.start + t.durationUs / 1000) < YOUNG);
  const path = young ? addressOf(t.traceId) : null;
  const now = useGetLater<TraceDocument>(path, { limit: 1 }, AGAIN);
  useEffect(() => {
    if (!young) return;
    const timer = setTimeout(() => setYoung(false), YOUNG);
    return () => clearTimeout(timer);
  }, [young]);
  const known = [...t.errors.values()].reduce((n, list) => n + list.length, 0);
  const spans = Math.max(0, (now.data?.spans ?? 0) - t.spans);
  const errors = Math.max(0, (now.data?.errors.length ?? 0) - known);
  if (!spans && !errors) return null;
  const more = (n: number, what: string) => (n ? [many(n, `more ${what}`)] : []);
  const words = [...more(spans, 'span'), ...more(errors, 'error')];
  return (
    <li role="status">
      {words.join(' and ')} arrived.{' '}
      <button type="button" class="button small" onClick={reload}>
        Show
      </button>
    </li>
  );
}

function Head({ t }: { t: Table }) {
  const href = useHref();
  const failed = t.errorsBefore[t.count];
  const logs = t.logCount ?? [...t.logs.values()].reduce((sum, n) => sum + n, 0);
  return (
    <div class="page-head">
      <h1>
        <span class="quiet">{serviceOf(t, rootOf(t))}</span> {nameOf(t, rootOf(t))}
      </h1>
      <span class="quiet">
        <strong>{duration(t.durationUs / 1000)}</strong>, <span title={zone}>{dateTime(t.start)}</span>,{' '}
        {many(t.spans, 'span')}
        {t.whole && ` in ${many(t.services.length, 'service')}`}
        {t.whole && failed > 0 && <span class="worse">, {exact(failed)} failed</span>}
        {logs > 0 && (
          <>
            , <Link href={href('/logs', { query: `trace:${t.traceId}`, ...around(t) })}>{many(logs, 'log')}</Link>
          </>
        )}
      </span>
      <span class="small">
        <code>{t.traceId}</code> <Copy text={t.traceId} of="the trace's id" />
      </span>
    </div>
  );
}

const Legend = ({ t }: { t: Table }) => (
  <span class="legend small quiet">
    {t.services.slice(0, 8).map((s) => (
      <span key={s} class="chart-key">
        <i style={{ background: serviceColour(s) }} />
        {s}
      </span>
    ))}
    {t.services.length > 8 && <span>and {t.services.length - 8} more</span>}
  </span>
);

// trace.tsx -- one trace: what it was and how long it took, in small, then span by span.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { useGet, useTitle } from '../data';
import { dateTime, duration, exact, serviceColour } from '../format';
import { org, useHref, useQuery } from '../state';
import { Minimap, type Window } from '../trace/minimap';
import { SpanDetail } from '../trace/span';
import {
  errorsBelow,
  ERROR,
  find,
  nameOf,
  serviceOf,
  tableOf,
  unfolded,
  type Table,
  type TraceDocument,
} from '../trace/table';
import { Waterfall } from '../trace/waterfall';
import '../trace/waterfall.css';
import { useKeys } from '../ui/keys';
import { Copy, Empty, Problem } from '../ui/small';
import { TopBar } from '../ui/topbar';

export function Trace({ trace }: { trace: string }) {
  const loaded = useGet<TraceDocument>(`/organizations/${org}/trace/${trace}/table/`);
  const href = useHref();
  const t = useMemo(() => loaded.data && tableOf(loaded.data), [loaded.data]);
  useTitle(t && t.count ? nameOf(t, 0) : `Trace ${trace.slice(0, 8)}`);
  if (loaded.error?.status === 404 || t?.count === 0)
    return (
      <main>
        <Empty title="No spans of this trace are stored">
          <p>It may have been sampled away by its SDK, be older than the retention allows, or still be on its way.</p>
          <Link class="button" href={href('/traces')}>
            All traces
          </Link>
        </Empty>
      </main>
    );
  return (
    <>
      <TopBar timeless />
      <main class="content trace">
        {loaded.error && <Problem error={loaded.error} retry={loaded.reload} />}
        {t && <Spans key={trace} t={t} />}
      </main>
    </>
  );
}

function Spans({ t }: { t: Table }) {
  const { query, set } = useQuery();
  const wanted = query.get('span');
  const start = useMemo(() => (wanted ? t.id.indexOf(wanted) : -1), [t]);
  const [at, setAt] = useState(start);
  const [open, setOpen] = useState(start);
  const [folded, setFolded] = useState<Set<number>>(() => new Set());
  const [window, setWindow] = useState<Window>([0, t.durationUs || 1]);
  const [critical, setCritical] = useState(false);
  const [text, setText] = useState('');
  const rows = useMemo(() => unfolded(t, folded), [t, folded]);
  const found = useMemo(() => find(t, text), [t, text]);
  const foundSet = useMemo(() => new Set(found), [found]);
  const failed = useMemo(() => [...t.id.keys()].filter((i) => t.flags[i] & ERROR), [t]);

  /** Go to a row, and unfold what it is in. */
  const show = (row: number) => {
    const next = new Set(folded);
    for (let p = t.parent[row]; p >= 0; p = t.parent[p]) next.delete(p);
    if (next.size !== folded.size) setFolded(next);
    setAt(row);
  };
  const step = (list: number[], by: 1 | -1) => {
    if (list.length === 0) return;
    const next = by > 0 ? list.find((r) => r > at) : [...list].reverse().find((r) => r < at);
    show(next ?? (by > 0 ? list[0] : list[list.length - 1]));
  };
  const fold = (row: number, yes: boolean) => {
    const next = new Set(folded);
    if (yes) next.add(row);
    else next.delete(row);
    setFolded(next);
    setAt(row);
  };
  const toggle = (row: number) => {
    setAt(row);
    setOpen(open === row ? -1 : row);
    set({ span: open === row ? null : t.id[row] }, true);
  };
  useEffect(() => {
    if (text && found.length) show(found.find((r) => r >= at) ?? found[0]);
  }, [found]);
  useKeys({
    n: () => step(text ? found : failed, 1),
    N: () => step(text ? found : failed, -1),
    e: () => step(failed, 1),
    c: () => setCritical(!critical),
    '/': () => document.querySelector<HTMLInputElement>('.find')?.focus(),
  });

  return (
    <>
      <Head t={t} />
      <Minimap t={t} window={window} set={setWindow} />
      <div class="trace-tools">
        <input
          class="field find"
          type="search"
          aria-label="Find in this trace"
          placeholder="Find a name, a service, a span id"
          value={text}
          onInput={(e) => setText(e.currentTarget.value)}
          onKeyDown={(e) => e.key === 'Enter' && step(found, e.shiftKey ? -1 : 1)}
        />
        {text && <span class="quiet small">{exact(found.length)} found</span>}
        <button type="button" class="button small" aria-pressed={critical} onClick={() => setCritical(!critical)}>
          Critical path
        </button>
        <button type="button" class="button small" disabled={failed.length === 0} onClick={() => step(failed, 1)}>
          Next error
        </button>
        <button type="button" class="button small" onClick={() => setFolded(folded.size ? new Set() : deep(t))}>
          {folded.size ? 'Unfold all' : 'Fold'}
        </button>
        <span class="gap" />
        <Legend t={t} />
      </div>
      <Waterfall
        t={t}
        shown={{ rows, folded, at, open, found: foundSet, critical }}
        window={window}
        fold={fold}
        move={setAt}
        toggle={toggle}
        detail={(row) => <SpanDetail t={t} row={row} show={show} />}
      />
    </>
  );
}

/** What is three levels down or deeper, and failed nowhere, is folded. */
function deep(t: Table): Set<number> {
  const out = new Set<number>();
  for (let i = 0; i < t.count; i++) if (t.depth[i] >= 2 && t.end[i] > i + 1 && errorsBelow(t, i) === 0) out.add(i);
  return out;
}

function Head({ t }: { t: Table }) {
  const errors = t.errorsBefore[t.count];
  return (
    <div class="page-head">
      <h1>
        <span class="quiet">{serviceOf(t, 0)}</span> {nameOf(t, 0)}
      </h1>
      <span class="quiet">
        {duration(t.durationUs / 1000)}, {dateTime(t.start)}, {exact(t.spans)} spans in {t.services.length}{' '}
        {t.services.length === 1 ? 'service' : 'services'}
        {errors > 0 && <span class="worse">, {exact(errors)} failed</span>}
        {t.cut && `, of which the first ${exact(t.count)} are shown`}
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

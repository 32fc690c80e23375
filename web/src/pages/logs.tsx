// logs.tsx -- log records of all services: searched by level, service, text, attributes and trace, as they
// come or as they came.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Params } from '../api';
import { useGet, useTitle } from '../data';
import { brief, exact } from '../format';
import { contextParams, org, useQuery } from '../state';
import { useLogs, type LogRecord } from '../trace/loglist';
import { LogDetail, LogRow } from '../trace/logrow';
import { ServicePicker } from '../trace/pickers';
import { useRows } from '../trace/rows';
import { suggestItems } from '../trace/suggest';
import { Chart, type Line } from '../ui/chart';
import { Nothing } from '../ui/connect';
import { Filter } from '../ui/filter';
import { useKeys } from '../ui/keys';
import { Menu } from '../ui/menu';
import { Empty, Missing, Problem } from '../ui/small';
import { TopBar } from '../ui/topbar';
import './logs.css';
import './services.css';

const PERIOD = '24h';
const firstLogs = {
  title: 'No logs yet',
  what: 'Log records come from OpenTelemetry or from Sentry SDKs, and stand beside their traces and errors:',
  sentry: 'sentry_sdk.init(dsn="DSN", enable_logs=True)  # enableLogs elsewhere',
};
/** What the menu offers: in the address, in words, and which levels that are. */
const levels: [string, string, string[]][] = [
  ['fatal', 'Fatal', ['fatal']],
  ['error', 'Error', ['error']],
  ['error+', 'Errors and worse', ['error', 'fatal']],
  ['warn', 'Warn', ['warn']],
  ['warn+', 'Warnings and worse', ['warn', 'error', 'fatal']],
  ['info', 'Info', ['info']],
  ['debug', 'Debug', ['debug']],
  ['trace', 'Trace', ['trace']],
  ['none', 'Without a level', ['none']],
];

export function Logs() {
  const { query, set } = useQuery();
  const text = (query.get('query') ?? '').trim();
  const level = levels.find(([name]) => name === query.get('level'));
  const service = query.get('service');
  const live = query.get('live') === '1';
  const context = contextParams(query, PERIOD);
  const filter = {
    query: text || null,
    level: level?.[2] ?? null,
    service,
  };
  const logs = useLogs({ ...context, ...filter, sort: '-timestamp' }, live);
  const filtered = Boolean(text || level || service);
  const toggleLive = () => set({ live: live ? null : '1', ...(live ? {} : { start: null, end: null }) }, true);
  useTitle('Logs');
  useKeys({ l: toggleLive });
  return (
    <>
      <TopBar
        period={PERIOD}
        filter={
          <Filter
            value={text}
            change={(q) => set({ query: q })}
            suggest={suggestItems('logs', context)}
            placeholder="words in the message, http.route:/checkout, trace:…"
          />
        }
        extra={
          <div class="row-of-menus">
            <Menu
              label={level?.[1] ?? 'All levels'}
              title="Level"
              choices={[
                { label: 'All levels', checked: !level, pick: () => set({ level: null }) },
                ...levels.map(([name, label]) => ({
                  label,
                  checked: level?.[0] === name,
                  pick: () => set({ level: name }),
                })),
              ]}
            />
            <ServicePicker context={context} value={service} pick={(s) => set({ service: s })} logs />
            <button type="button" class="button" aria-pressed={live} onClick={toggleLive}>
              {live && <i class="live-dot" aria-hidden="true" />}
              {live ? 'Pause' : 'Live'}
            </button>
          </div>
        }
      />
      <main class="content logs">
        <div class="page-head">
          <h1>Logs</h1>
          {logs.loaded && logs.rows.length > 0 && (
            <span class="quiet">
              {exact(logs.rows.length)}
              {logs.next ? ' loaded, more below' : ''}
            </span>
          )}
        </div>
        <Missing of={{ ...logs, data: logs.loaded || null }} />
        {!logs.error && logs.loaded && logs.rows.length === 0 && !live && (
          <Nothing
            of="logs"
            params={{ per_page: 1 }}
            one="line"
            many="log lines"
            quiet="Nothing was logged in this time"
            first={firstLogs}
            filtered={filtered}
            clear={() =>
              set({
                query: null,
                level: null,
                service: null,
                project: null,
                environment: null,
                statsPeriod: '90d',
                start: null,
                end: null,
              })
            }
          />
        )}
        {live && logs.rows.length === 0 && logs.loaded && (
          <Empty title="Listening">
            <p>Nothing that matches has come yet; new lines appear here by themselves.</p>
          </Empty>
        )}
        {logs.rows.length > 0 && (
          <>
            <Volume params={{ ...context, level: filter.level, service }} searched={text !== ''} live={live} />
            <List
              logs={logs}
              live={live}
              filter={(term) => set({ query: text.includes(term) ? text : `${text} ${term}`.trim() })}
            />
          </>
        )}
      </main>
    </>
  );
}

/* ---- how many, by level ---- */

interface VolumeDocument {
  interval: number; // seconds
  start: number; // milliseconds since 1970
  levels: Record<string, number[]>;
}
/** From the bottom of a bar to its top. */
const order: [string, string][] = [
  ['fatal', 'fatal'],
  ['error', 'error'],
  ['warn', 'warning'],
  ['info', 'service-0'],
  ['debug', 'service-11'],
  ['trace', 'text-faint'],
  ['none', 'line-strong'],
];

/** Counted as they come in, not by what stands in them: the words of the filter change nothing here. */
function Volume({ params, searched, live }: { params: Params; searched: boolean; live: boolean }) {
  const { set } = useQuery();
  const volume = useGet<VolumeDocument>(`/organizations/${org}/logs/volume/`, params, live ? 5000 : 0);
  const v = volume.data;
  const [times, lines] = useMemo((): [number[], Line[]] => {
    if (!v) return [[], []];
    const count = Math.max(0, ...Object.values(v.levels).map((n) => n.length));
    const below = new Array<number>(count).fill(0);
    const stacked: Line[] = [];
    for (const [name, colour] of order) {
      const values = v.levels[name];
      if (!values?.some((n) => n > 0)) continue;
      values.forEach((n, i) => (below[i] += n));
      // the sum of those below is drawn last, over the longer bars of those above
      stacked.unshift({ label: name, colour: `var(--${colour})`, values: [...below], told: values, bars: true });
    }
    return [Array.from({ length: count }, (_, i) => v.start / 1000 + i * v.interval), stacked];
  }, [v]);
  if (volume.error) return <Problem error={volume.error} retry={volume.reload} />;
  if (lines.length === 0) return null;
  return (
    <Chart
      title={searched ? 'Lines by level, with and without what is searched for' : 'Lines by level'}
      times={times}
      lines={lines}
      height={110}
      show={brief}
      zoom={(from, to) =>
        set({
          start: new Date(from * 1000).toISOString(),
          end: new Date(to * 1000).toISOString(),
          statsPeriod: null,
          live: null,
        })
      }
    />
  );
}

/* ---- the lines ---- */

const narrow = matchMedia('(max-width: 720px)');

function useRowHeight(): number {
  const [small, setSmall] = useState(narrow.matches);
  useEffect(() => {
    const change = () => setSmall(narrow.matches);
    narrow.addEventListener('change', change);
    return () => narrow.removeEventListener('change', change);
  }, []);
  return small ? 48 : 26;
}

function List({
  logs,
  live,
  filter,
}: {
  logs: ReturnType<typeof useLogs>;
  live: boolean;
  filter: (term: string) => void;
}) {
  const height = useRowHeight();
  const under = useRef<HTMLDivElement>(null);
  const [extra, setExtra] = useState(0);
  const [at, setAt] = useState<string | null>(null); // by id: rows move while new ones come
  const [open, setOpen] = useState<string | null>(null);
  const rows = useHeld(logs.rows, () => (list.box.current?.scrollTop ?? 0) > 4 || open !== null, logs.loaded);
  const placeOf = (id: string | null) => (id === null ? -1 : rows.shown.findIndex((r) => r.id === id));
  const opened = placeOf(open);
  const cursor = placeOf(at);
  const list = useRows(rows.shown.length, height, { place: opened, height: extra });
  const { box, places, yOf } = list;
  const dated = useMemo(() => {
    const today = new Date().toDateString();
    return rows.shown.some((r) => new Date(r.timestamp).toDateString() !== today);
  }, [rows.shown]);

  useLayoutEffect(() => {
    if (opened < 0 || !under.current) return void setExtra(0);
    const watch = new ResizeObserver(() => setExtra(under.current?.offsetHeight ?? 0));
    watch.observe(under.current);
    return () => watch.disconnect();
  }, [open, opened >= 0]);
  useEffect(() => {
    if (cursor >= 0) list.reveal(cursor);
  }, [at]);
  useEffect(() => {
    if (opened >= 0 && extra) list.reveal(opened, extra);
  }, [open, extra > 0]);
  // older ones come before one is at the end
  const last = places[places.length - 1] ?? 0;
  useEffect(() => {
    if (last >= rows.shown.length - 20 && logs.next) void logs.more();
  }, [last, rows.shown.length, logs.next]);

  const go = (place: number) => setAt(rows.shown[Math.max(0, Math.min(rows.shown.length - 1, place))]?.id ?? null);
  const toggle = (id: string) => {
    setAt(id);
    setOpen(open === id ? null : id);
  };
  useKeys({
    j: () => go(cursor + 1),
    k: () => go(cursor - 1),
    Enter: () => at !== null && toggle(at),
    Escape: () => setOpen(null),
    g: () => {
      rows.release();
      if (box.current) box.current.scrollTop = 0;
    },
  });
  const keys = (e: KeyboardEvent) => {
    if (e.target !== box.current || e.metaKey || e.ctrlKey || e.altKey) return;
    if (e.key === 'ArrowDown') go(cursor + 1);
    else if (e.key === 'ArrowUp') go(cursor - 1);
    else if (e.key === 'PageDown') go(cursor + list.page);
    else if (e.key === 'PageUp') go(cursor - list.page);
    else if (e.key === 'Home') go(0);
    else if (e.key === 'End') go(rows.shown.length - 1);
    else return;
    e.preventDefault();
  };
  return (
    <>
      <div role="status" class="fresh">
        {rows.waiting > 0 && (
          <button
            type="button"
            class="button small main"
            onClick={() => {
              setOpen(null);
              rows.release();
              if (box.current) box.current.scrollTop = 0;
            }}
          >
            {exact(rows.waiting)} new, show {rows.waiting === 1 ? 'it' : 'them'}
          </button>
        )}
      </div>
      <div
        ref={box}
        class={`log-box ${logs.slow ? 'slow' : ''}`}
        role="treegrid"
        aria-label="Log lines"
        aria-rowcount={rows.shown.length}
        aria-activedescendant={cursor >= 0 && places.includes(cursor) ? `log-${at}` : undefined}
        tabIndex={0}
        onKeyDown={keys}
        onScroll={list.onScroll}
        style={{ '--when': dated ? '150px' : '100px' }}
      >
        <div style={{ height: `${list.total + 30}px`, position: 'relative' }}>
          {places.map((place) => {
            const l = rows.shown[place];
            return (
              <LogRow
                key={l.id}
                l={l}
                y={yOf(place)}
                here={l.id === at}
                open={l.id === open}
                toggle={() => toggle(l.id)}
                dated={dated}
              />
            );
          })}
          {opened >= 0 && (
            <div ref={under} class="log-detail" role="row" style={{ top: `${(opened + 1) * height}px` }}>
              <div role="gridcell">
                <LogDetail l={rows.shown[opened]} filter={filter} />
              </div>
            </div>
          )}
        </div>
      </div>
      <p class="quiet small keys-help">
        <kbd>j</kbd> <kbd>k</kbd> move, <kbd>Enter</kbd> opens, <kbd>l</kbd> {live ? 'pauses' : 'listens for new ones'},{' '}
        <kbd>g</kbd> to the newest, <kbd>/</kbd> filter{logs.next ? '' : '; these are all'}
      </p>
    </>
  );
}

/** New rows wait at the door while one reads further down: nothing jumps. */
function useHeld(rows: LogRecord[], reading: () => boolean, loaded: boolean) {
  const [first, setFirst] = useState<string | null>(null); // the newest that may be seen; null: all
  const before = useRef(rows);
  const held =
    first === null
      ? 0
      : Math.max(
          0,
          rows.findIndex((r) => r.id === first),
        );
  useLayoutEffect(() => {
    const was = before.current;
    before.current = rows;
    if (was === rows || was.length === 0) return;
    const grew = rows.length > 0 && rows[0].id !== was[0].id && rows.some((r) => r.id === was[0].id);
    if (!grew) {
      if (rows[0]?.id !== was[0].id) setFirst(null); // another question
    } else if (first === null && reading()) setFirst(was[0].id);
  }, [rows, loaded]);
  const shown = useMemo(() => (held > 0 ? rows.slice(held) : rows), [rows, held]);
  return { shown, waiting: held, release: () => setFirst(null) };
}

// traces.tsx -- finding traces: by service, operation, attributes, time and errors; two of them go beside
// each other.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { usePage, useTitle } from '../data';
import { duration, exact, many } from '../format';
import { contextParams, org, useHref, useQuery } from '../state';
import { prefetchTrace } from '../trace/ask';
import { OperationPicker, ServicePicker } from '../trace/pickers';
import { Scatter } from '../trace/scatter';
import { ServiceChip } from '../trace/service';
import { suggestItems } from '../trace/suggest';
import type { Summary } from '../trace/summary';
import { Nothing, sentryTraces } from '../ui/connect';
import { Filter } from '../ui/filter';
import { useKeys, useRest, useRowAt } from '../ui/keys';
import { Link } from '../ui/link';
import { Age, Empty, Missing } from '../ui/small';
import { Pager } from '../ui/table';
import { TopBar } from '../ui/topbar';
import './services.css';
import './traces.css';

const PERIOD = '24h';
const firstTraces = {
  title: 'No traces yet',
  what: 'Traces come from OpenTelemetry or from Sentry SDKs, side by side:',
  sentry: sentryTraces,
};
const PER_PAGE = 50;
const columns: [string, string][] = [
  ['-duration', 'Took'],
  ['-spans', 'Spans'],
  ['-timestamp', 'Began'],
];

/** A range that is chosen by hand, or a period that ends now. */
function rangeOf(query: URLSearchParams): [number, number] {
  const start = query.get('start');
  const end = query.get('end');
  if (start && end) return [Date.parse(start), Date.parse(end)];
  const [, n, unit] = (query.get('statsPeriod') ?? PERIOD).match(/^(\d+)([mhdw])$/) ?? ['', '24', 'h'];
  const ms = { m: 60e3, h: 3600e3, d: 86_400e3, w: 604_800e3 }[unit as 'm' | 'h' | 'd' | 'w'];
  return [Date.now() - Number(n) * ms, Date.now()];
}

export function Traces() {
  const { query, set } = useQuery();
  const [, go] = useLocation();
  const href = useHref();
  const text = (query.get('query') ?? '').trim();
  const service = query.get('service');
  const operation = service ? query.get('operation') : null;
  const onlyErrors = query.get('errors') === '1';
  const sort = query.get('sort') ?? '-timestamp';
  const cursor = query.get('cursor');
  const beside = query.get('compare');
  const context = contextParams(query, PERIOD);
  const list = usePage<Summary[]>(`/organizations/${org}/traces/`, {
    ...context,
    query: asked(text, onlyErrors) || null,
    service,
    operation,
    sort,
    per_page: PER_PAGE,
    cursor,
  });
  const rows = useMemo(() => inOrder(list.data?.rows ?? [], sort), [list.data, sort]);
  const [from, to] = useMemo(() => spread(rows, rangeOf(query)), [list.data]);
  const [picked, setPicked] = useState<string[]>([]);
  useTitle('Traces');
  const place = JSON.stringify([text, service, operation, sort, cursor, onlyErrors]);
  const { at, setAt, leave } = useRowAt(
    rows.map((t) => t.traceId),
    place,
  );
  useEffect(() => setPicked((before) => (before.length ? [] : before)), [place]);

  const address = (t: Summary) =>
    beside && beside !== t.traceId ? href(`/traces/${beside}`, { compare: t.traceId }) : href(`/traces/${t.traceId}`);
  const open = (t: Summary) => go(address(t));
  const toggle = (id: string) =>
    setPicked(picked.includes(id) ? picked.filter((p) => p !== id) : [...picked.slice(-1), id]);
  const compare = () => picked.length === 2 && go(href(`/traces/${picked[0]}`, { compare: picked[1] }));
  useKeys({
    j: () => setAt(at + 1),
    k: () => setAt(at - 1),
    Enter: () => {
      if (!rows[at]) return;
      leave();
      open(rows[at]);
    },
    x: () => rows[at] && !beside && toggle(rows[at].traceId),
    c: compare,
    e: () => set({ errors: onlyErrors ? null : '1' }),
    Escape: () => setPicked([]),
  });
  const longest = Math.max(1, ...rows.map((t) => t.durationUs));
  const filtered = Boolean(text || service || operation || onlyErrors);

  return (
    <>
      <TopBar
        period={PERIOD}
        filter={
          <Filter
            value={text}
            change={(q) => set({ query: q })}
            suggest={suggestItems('spans', context)}
            placeholder="span.duration:>1s http.route:/checkout, or TraceQL in { }"
          />
        }
        extra={
          <div class="row-of-menus">
            <ServicePicker context={context} value={service} pick={(s) => set({ service: s, operation: null })} />
            {service && (
              <OperationPicker
                context={context}
                service={service}
                value={operation}
                pick={(o) => set({ operation: o })}
              />
            )}
            <button
              type="button"
              class="button"
              aria-pressed={onlyErrors}
              onClick={() => set({ errors: onlyErrors ? null : '1' })}
            >
              With errors
            </button>
          </div>
        }
      />
      <main class="content traces">
        <div class="page-head">
          <h1>Traces</h1>
          {list.data && rows.length > 0 && (
            <span class="quiet">
              {list.data.next || cursor ? `${exact(rows.length)} on this page` : exact(rows.length)}
            </span>
          )}
          <span class="gap" />
          {picked.length > 0 && (
            <div class="bulk" role="toolbar" aria-label="Compare">
              <span class="quiet">{picked.length === 1 ? 'Select another one to compare' : '2 selected'}</span>
              <button type="button" class="button small main" disabled={picked.length !== 2} onClick={compare}>
                Compare
              </button>
            </div>
          )}
        </div>
        {beside && (
          <div class="comparing" role="status">
            <span>
              Choose the trace to put beside <code>{beside.slice(0, 8)}</code>
            </span>
            <Link class="button small" href={href(`/traces/${beside}`)}>
              Back to it
            </Link>
            <button type="button" class="button small plain" onClick={() => set({ compare: null })}>
              Cancel
            </button>
          </div>
        )}
        <Missing of={list} />
        {list.data && rows.length === 0 && !list.error && list.data.next && (
          <Empty title="Nothing so far">
            <p>Many spans were looked at and none fits; there are older ones.</p>
            <button type="button" class="button" onClick={() => set({ cursor: list.data!.next })}>
              Search on
            </button>
          </Empty>
        )}
        {list.data && rows.length === 0 && !list.error && !list.data.next && (
          <Nothing
            of="services"
            one="trace"
            many="traces"
            quiet="No traces in this time"
            first={firstTraces}
            filtered={filtered}
            clear={() =>
              set({
                query: null,
                service: null,
                operation: null,
                errors: null,
                project: null,
                environment: null,
                statsPeriod: '90d',
                start: null,
                end: null,
              })
            }
          />
        )}
        {rows.length > 0 && (
          <>
            <Scatter
              traces={rows}
              from={from}
              to={to}
              open={open}
              zoom={(a, b) =>
                set({ start: new Date(a).toISOString(), end: new Date(b).toISOString(), statsPeriod: null })
              }
            />
            <table class={`table trace-table ${list.slow ? 'slow' : ''}`} aria-label="Traces">
              <thead>
                <tr>
                  {!beside && (
                    <th class="pick">
                      <span class="only-read">Compare</span>
                    </th>
                  )}
                  <th scope="col">Trace</th>
                  {columns.map(([by, label]) => (
                    <th
                      key={by}
                      scope="col"
                      class="number"
                      aria-sort={sort === by ? 'descending' : sort === by.slice(1) ? 'ascending' : undefined}
                    >
                      <button type="button" class="sort" onClick={() => set({ sort: next(by, sort) })}>
                        {label}
                        {sort === by ? ' ↓' : sort === by.slice(1) ? ' ↑' : ''}
                      </button>
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((t, i) => (
                  <Row
                    key={t.traceId}
                    t={t}
                    here={i === at}
                    picked={picked.includes(t.traceId)}
                    toggle={beside ? null : () => toggle(t.traceId)}
                    open={() => open(t)}
                    href={address(t)}
                    part={t.durationUs / longest}
                  />
                ))}
              </tbody>
            </table>
            <Pager page={list.data} go={(c) => set({ cursor: c })} words={['First', 'Next']} />
            <p class="quiet small keys-help">
              <kbd>j</kbd> <kbd>k</kbd> move, <kbd>Enter</kbd> opens, <kbd>x</kbd> selects for comparing, <kbd>c</kbd>{' '}
              compares, <kbd>e</kbd> only with errors, <kbd>/</kbd> filter
            </p>
          </>
        )}
      </main>
    </>
  );
}

/** TraceQL stands in braces; the errors' switch is a condition like others. */
function asked(text: string, onlyErrors: boolean): string {
  if (!onlyErrors) return text;
  if (text.startsWith('{')) return `{ status = error } && ${text}`;
  return `${text} error:true`.trim();
}

/** The server goes through its blocks, and by the time that the entry took: close to what is shown, not exactly it. */
function inOrder(rows: Summary[], sort: string): Summary[] {
  const of = (t: Summary) => (sort.endsWith('duration') ? t.durationUs : sort.endsWith('spans') ? t.spans : t.start);
  return [...rows].sort((a, b) => (sort.startsWith('-') ? of(b) - of(a) : of(a) - of(b)));
}

/** Down, then up where it makes sense, then the usual order. */
function next(by: string, sort: string): string | null {
  if (by === '-timestamp') return null;
  if (by === '-duration' && sort === '-duration') return 'duration';
  return sort === by || sort === by.slice(1) ? null : by;
}

/** The whole range when the rows fill some of it; else the time that they take, with a little room. */
function spread(rows: Summary[], [from, to]: [number, number]): [number, number] {
  if (rows.length === 0) return [from, to];
  const starts = rows.map((t) => t.start);
  const first = Math.min(...starts);
  const last = Math.max(...starts);
  if (last - first > (to - from) / 8) return [from, to];
  const room = Math.max(500, (last - first) * 0.04);
  return [first - room, last + room];
}

function Row({
  t,
  here,
  picked,
  toggle,
  open,
  href,
  part,
}: {
  t: Summary;
  here: boolean;
  picked: boolean;
  toggle: (() => void) | null;
  open: () => void;
  href: string;
  part: number;
}) {
  const to = useHref();
  const name = t.rootName || '(root not here)';
  const ahead = () => toggle && prefetchTrace(t.traceId); // else it is opened beside another, which asks for both
  useRest(here, ahead);
  const click = (e: MouseEvent) => {
    if ((e.target as HTMLElement).closest('a, input, button') || getSelection()?.toString()) return;
    if (e.ctrlKey || e.metaKey) return void window.open(href);
    ahead();
    open();
  };
  return (
    <tr class={`${t.errors ? 'failed' : ''} ${here ? 'here' : ''} ${picked ? 'picked' : ''}`} onClick={click}>
      {toggle && (
        <td class="pick">
          <input
            type="checkbox"
            aria-label={`Compare ${name} ${t.traceId.slice(0, 8)}`}
            checked={picked}
            onChange={toggle}
          />
        </td>
      )}
      <td class="what">
        <div class="one-line">
          <Link class="trace-name" href={href} title={t.traceId} ahead={ahead}>
            {name}
          </Link>
          {t.errors > 0 && <span class="word worse">{many(t.errors, 'span')} failed</span>}
          {t.orphans > 0 && <span class="word">parts are missing</span>}
          {t.issues.slice(0, 2).map((i) => (
            <Link key={i.id} class="small" href={to(`/issues/${i.id}`)} title={i.title}>
              {i.shortId}
            </Link>
          ))}
        </div>
        <div class="one-line parts">
          {t.services.slice(0, 6).map((s) => (
            <ServiceChip key={s.name} name={s.name}>
              <span class={s.errors ? 'worse' : ''}>{s.spans}</span>
            </ServiceChip>
          ))}
          {t.services.length > 6 && <span>and {t.services.length - 6} more</span>}
          {t.release && <span class="mono place">{t.release}</span>}
          {t.environment && <span>{t.environment}</span>}
        </div>
      </td>
      <td class="number took" data-label="took">
        {duration(t.durationUs / 1000)}
        <i style={{ width: `${Math.max(2, 76 * part)}px` }} />
      </td>
      <td class="number" data-label="spans">
        {exact(t.spans)}
      </td>
      <td class="number" data-label="began">
        <Age at={t.start} ago />
      </td>
    </tr>
  );
}

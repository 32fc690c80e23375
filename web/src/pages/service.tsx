// service.tsx -- one service, or one operation of it: rate, errors and duration over time with its releases,
// its operations, and who it talks to.
import { useMemo } from 'preact/hooks';
import { useGet, useTitle } from '../data';
import { exact, percent, serviceColour } from '../format';
import { contextParams, org, useHref, useQuery } from '../state';
import { Failed, micros, ServiceLink } from '../trace/service';
import { rate, type Graph, type GraphEdge, type Operation, type Red } from '../trace/shapes';
import { Chart, type Line, type Marker } from '../ui/chart';
import { Link } from '../ui/link';
import { Menu } from '../ui/menu';
import { Empty, Missing, Problem } from '../ui/small';
import { Table } from '../ui/table';
import { TopBar } from '../ui/topbar';
import './services.css';

const PERIOD = '24h';

export function Service({ service }: { service: string }) {
  const { query, set } = useQuery();
  const href = useHref();
  const context = contextParams(query, PERIOD);
  const operation = query.get('operation');
  const kind = query.get('kind');
  const release = query.get('release');
  const red = useGet<Red>(`/organizations/${org}/red/`, { ...context, service, operation, kind, release }, 30_000);
  useTitle(operation ? `${operation} – ${service}` : service);
  const releases = red.data?.releases ?? [];
  const about = { service, ...(operation ? { operation } : {}) };
  return (
    <>
      <TopBar
        period={PERIOD}
        extra={
          <Menu
            label={release ?? 'All releases'}
            title="Release"
            right
            choices={[
              { label: 'All releases', checked: !release, pick: () => set({ release: null }) },
              ...[...new Set([...releases.map((r) => r.version), ...(release ? [release] : [])])].map((version) => ({
                label: version,
                checked: version === release,
                pick: () => set({ release: version }),
              })),
            ]}
          />
        }
      />
      <main class="content service">
        <div class="page-head">
          <h1>
            <span class="service-name" style={{ '--service': serviceColour(service) }}>
              {service}
            </span>
            {operation && <span> {operation}</span>}
          </h1>
          {operation && (
            <button type="button" class="button small plain" onClick={() => set({ operation: null, kind: null })}>
              The whole service
            </button>
          )}
          <span class="gap" />
          <Link class="button small" href={href('/traces', about)}>
            Traces
          </Link>
          <Link class="button small" href={href('/traces', { ...about, errors: '1' })}>
            Failed traces
          </Link>
          <Link class="button small" href={href('/logs', { service })}>
            Logs
          </Link>
        </div>
        <Missing of={red} />
        {red.data && <Charts red={red.data} what={operation ?? service} />}
        <Operations service={service} picked={operation} kind={kind} />
        <Neighbours service={service} />
      </main>
    </>
  );
}

function Charts({ red, what }: { red: Red; what: string }) {
  const { set } = useQuery();
  const [times, lines, markers] = useMemo((): [number[], Record<'calls' | 'errors' | 'latency', Line[]>, Marker[]] => {
    const line = (label: string, colour: string, values: (number | null)[]): Line => ({
      label,
      colour: `var(--${colour})`,
      values,
      join: true,
    });
    const ms = (values: (number | null)[]) => values.map((n) => (n === null ? null : n / 1000));
    return [
      red.calls.map((_, i) => red.start / 1000 + i * red.interval),
      {
        calls: [
          line(
            'calls',
            'service-0',
            red.calls.map((n) => (n * unitOf(red)[1]) / red.interval),
          ),
        ],
        errors: [
          line(
            'failed',
            'error',
            red.errors.map((n, i) => (red.calls[i] ? (100 * n) / red.calls[i] : null)),
          ),
        ],
        latency: [
          line('p50', 'service-0', ms(red.p50Us)),
          line('p95', 'service-1', ms(red.p95Us)),
          line('p99', 'service-3', ms(red.p99Us)),
        ],
      },
      markersOf(red),
    ];
  }, [red]);
  const [unit] = unitOf(red);
  const total = red.calls.reduce((a, b) => a + b, 0);
  if (total === 0)
    return (
      <Empty title="No calls in this time">
        <p>{what} was not called in this project, environment and time range.</p>
      </Empty>
    );
  const zoom = (from: number, to: number) =>
    set({ start: new Date(from * 1000).toISOString(), end: new Date(to * 1000).toISOString(), statsPeriod: null });
  const shared = { times, markers, zoom, height: 170 };
  return (
    <>
      <div class="service-charts">
        <Chart title={`Calls per ${unit}`} lines={lines.calls} show={digits} {...shared} />
        <Chart title="Failed calls, per cent" lines={lines.errors} show={(n) => `${digits(n)} %`} {...shared} />
        <Chart title="Time a call takes" lines={lines.latency} show={(n) => micros(n * 1000)} {...shared} />
      </div>
      {markers.length > 0 && (
        <p class="quiet small">
          Dashed lines: first calls of {markers.map((m) => m.label).join(', ')}. Drag over a chart to look closer.
        </p>
      )}
    </>
  );
}

/** Releases that began in this time; one that several projects have began where it came first. */
function markersOf(red: Red): Marker[] {
  const first = new Map<string, number>();
  for (const r of red.releases) first.set(r.version, Math.min(r.first, first.get(r.version) ?? Infinity));
  return [...first].filter(([, at]) => at >= red.start).map(([label, at]) => ({ at: at / 1000, label }));
}

/** The unit in which the busiest moment has a digit before the point, and its seconds. */
function unitOf(red: Red): [string, number] {
  const most = Math.max(...red.calls) / red.interval;
  return most >= 1 ? ['second', 1] : most >= 1 / 60 ? ['minute', 60] : ['hour', 3600];
}

const digits = (n: number) => String(Number(n.toPrecision(n < 100 ? 2 : 3)));

/* ---- operations ---- */

const sorts: Record<string, (a: Operation, b: Operation) => number> = {
  calls: (a, b) => b.calls - a.calls,
  errors: (a, b) => b.errors / Math.max(1, b.calls) - a.errors / Math.max(1, a.calls),
  p95: (a, b) => b.p95Us - a.p95Us,
  total: (a, b) => b.totalUs - a.totalUs,
};

function Operations({ service, picked, kind }: { service: string; picked: string | null; kind: string | null }) {
  const { query, set } = useQuery();
  const href = useHref();
  const all = query.get('all') === '1';
  const sort = query.get('sort') ?? 'total';
  const list = useGet<Operation[]>(`/organizations/${org}/services/${encodeURIComponent(service)}/operations/`, {
    ...contextParams(query, PERIOD),
    entry: all ? null : 1,
    sort: `-${sort}`,
  });
  const rows = useMemo(() => [...(list.data ?? [])].sort(sorts[sort] ?? sorts.total), [list.data, sort]);
  const most = Math.max(1, ...rows.map((o) => o.totalUs));
  const several = new Set(rows.map((o) => o.project)).size > 1; // services of one name in several projects
  return (
    <section aria-label="Operations">
      <h2>
        Operations
        <label class="check small">
          <input type="checkbox" checked={all} onChange={() => set({ all: all ? null : '1' })} /> with those inside of
          others
        </label>
      </h2>
      {list.error && <Problem error={list.error} retry={list.reload} />}
      {list.data && rows.length === 0 && <p class="quiet small">None in this project, environment and time range.</p>}
      {rows.length > 0 && (
        <Table
          label="Operations"
          slow={list.slow}
          sorted={sort}
          sort={(by) => set({ sort: by === 'total' ? null : by })}
          columns={[
            { label: 'Operation', kind: 'wide' },
            { label: 'Kind' },
            { label: 'Calls', kind: 'number', sort: 'calls' },
            { label: 'Rate', kind: 'number' },
            { label: 'Failed', kind: 'number', sort: 'errors' },
            { label: 'p50', kind: 'number' },
            { label: 'p95', kind: 'number', sort: 'p95' },
            { label: 'p99', kind: 'number' },
            { label: 'Time in all', kind: 'number', sort: 'total' },
            { label: '', kind: 'actions' },
          ]}
          rows={rows.map((o) => ({
            key: `${o.name} ${o.kind} ${o.project}`,
            cells: [
              <button
                type="button"
                class="operation"
                aria-pressed={picked === o.name && (!kind || kind === o.kind)}
                onClick={() => set({ operation: o.name, kind: o.kind })}
              >
                {o.name}
              </button>,
              <span class="quiet">
                {o.kind}
                {several && `, ${o.project}`}
              </span>,
              exact(o.calls),
              rate(o.perSecond),
              <Failed errors={o.errors} calls={o.calls} />,
              micros(o.p50Us),
              micros(o.p95Us),
              micros(o.p99Us),
              <>
                {micros(o.totalUs)}
                <span class="share" aria-hidden="true">
                  <i style={{ width: `${(100 * o.totalUs) / most}%` }} />
                </span>
              </>,
              <Link class="small" href={href('/traces', { service, operation: o.name })}>
                traces
              </Link>,
            ],
          }))}
        />
      )}
    </section>
  );
}

/* ---- who it talks to ---- */

function Neighbours({ service }: { service: string }) {
  const { query } = useQuery();
  const graph = useGet<Graph>(`/organizations/${org}/service-graph/`, contextParams(query, PERIOD));
  const edges = graph.data?.edges ?? [];
  const isService = new Set((graph.data?.nodes ?? []).filter((n) => n.kind === 'service').map((n) => n.name));
  const into = edges.filter((e) => e.to === service && e.kind !== 'user');
  const out = edges.filter((e) => e.from === service);
  if (graph.error) return <Problem error={graph.error} retry={graph.reload} />;
  if (into.length + out.length === 0) return null;
  return (
    <div class="two-lists">
      <Edges title="Called by" rows={into} name={(e) => e.from} isService={isService} />
      <Edges title="Calls" rows={out} name={(e) => e.to} isService={isService} />
    </div>
  );
}

function Edges({
  title,
  rows,
  name,
  isService,
}: {
  title: string;
  rows: GraphEdge[];
  name: (e: GraphEdge) => string;
  isService: Set<string>;
}) {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      {rows.length === 0 && <p class="quiet small">Nobody that sends spans.</p>}
      {rows.length > 0 && (
        <Table
          label={title}
          columns={[
            { label: title === 'Calls' ? 'Called' : 'Caller' },
            { label: 'By' },
            { label: 'Calls', kind: 'number' },
            { label: 'Failed', kind: 'number' },
            { label: 'Mean time', kind: 'number' },
          ]}
          rows={[...rows]
            .sort((a, b) => b.calls - a.calls)
            .map((e) => ({
              key: `${name(e)} ${e.kind}`,
              cells: [
                isService.has(name(e)) ? <ServiceLink name={name(e)} /> : name(e),
                <span class="quiet">{e.kind}</span>,
                exact(e.calls),
                <span class={e.errors / Math.max(1, e.calls) > 0.01 ? 'worse' : 'quiet'}>
                  {e.errors ? percent(e.errors, e.calls) : '0 %'}
                </span>,
                micros(e.totalUs / Math.max(1, e.calls)),
              ],
            }))}
        />
      )}
    </section>
  );
}

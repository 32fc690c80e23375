// services.tsx -- every service that sends spans: how much it is called, how much of it fails, how long it
// takes; and as a map, who calls whom.
import { useMemo } from 'preact/hooks';
import { useGet, useTitle } from '../data';
import { exact, percent } from '../format';
import { contextParams, org, useHref, useQuery } from '../state';
import { ServiceMap } from '../trace/map';
import { Failed, micros, ServiceChip, ServiceLink } from '../trace/service';
import { rate, type Graph, type GraphEdge, type Service } from '../trace/shapes';
import { Nothing, sentryTraces } from '../ui/connect';
import { Filter } from '../ui/filter';
import { Link } from '../ui/link';
import { Age, Empty, Missing } from '../ui/small';
import { Spark } from '../ui/spark';
import { Table } from '../ui/table';
import { TopBar } from '../ui/topbar';
import './services.css';

const PERIOD = '24h';
const firstSpans = {
  title: 'No traces yet',
  what: 'A service appears here with its first span. Send traces from OpenTelemetry or from a Sentry SDK:',
  sentry: sentryTraces,
};
const sorts: Record<string, (a: Service, b: Service) => number> = {
  name: (a, b) => a.name.localeCompare(b.name),
  calls: (a, b) => b.calls - a.calls,
  errors: (a, b) => b.errors / Math.max(1, b.calls) - a.errors / Math.max(1, a.calls),
  p50: (a, b) => b.p50Us - a.p50Us,
  p95: (a, b) => b.p95Us - a.p95Us,
  p99: (a, b) => b.p99Us - a.p99Us,
  seen: (a, b) => (b.lastSeen ?? 0) - (a.lastSeen ?? 0),
};

export function Services() {
  const { query, set } = useQuery();
  const text = (query.get('query') ?? '').trim();
  const asMap = query.get('view') === 'map';
  const context = contextParams(query, PERIOD);
  const list = useGet<Service[]>(`/organizations/${org}/services/`, context, 30_000);
  const graph = useGet<Graph>(asMap ? `/organizations/${org}/service-graph/` : null, context, 30_000);
  useTitle(asMap ? 'Service map' : 'Services');
  const sort = query.get('sort') ?? 'calls';
  const shown = useMemo(
    () =>
      (list.data ?? [])
        .filter((s) => s.name.toLowerCase().includes(text.toLowerCase()))
        .sort(sorts[sort] ?? sorts.calls),
    [list.data, text, sort],
  );
  const failed = list.error ?? (asMap ? graph.error : null);
  const tab = (label: string, view: string | null, here: boolean) => (
    <button type="button" aria-current={here ? 'page' : undefined} onClick={() => set({ view })}>
      {label}
    </button>
  );
  return (
    <>
      <TopBar
        period={PERIOD}
        filter={<Filter value={text} change={(q) => set({ query: q })} placeholder="part of a service's name" />}
      />
      <main class="content services">
        <div class="page-head">
          <h1>Services</h1>
          {list.data && <span class="quiet">{exact(shown.length)}</span>}
        </div>
        <nav class="tabs view-tabs" aria-label="View">
          {tab('List', null, !asMap)}
          {tab('Map', 'map', asMap)}
        </nav>
        <Missing of={asMap && !list.error ? graph : list} />
        {list.data && shown.length === 0 && !failed && (
          <Nothing
            of="services"
            one="service"
            many="services"
            quiet="No service sent spans in this time"
            first={firstSpans}
            filtered={text !== ''}
            clear={() =>
              set({ query: null, project: null, environment: null, statsPeriod: '90d', start: null, end: null })
            }
          />
        )}
        {shown.length > 0 && !asMap && (
          <Table
            label="Services"
            slow={list.slow}
            sorted={sort}
            sort={(by) => set({ sort: by === 'calls' ? null : by })}
            columns={[
              { label: 'Service', sort: 'name' },
              { label: 'Project' },
              { label: 'Calls over time' },
              { label: 'Calls', kind: 'number', sort: 'calls' },
              { label: 'Rate', kind: 'number' },
              { label: 'Failed', kind: 'number', sort: 'errors' },
              { label: 'p50', kind: 'number', sort: 'p50' },
              { label: 'p95', kind: 'number', sort: 'p95' },
              { label: 'p99', kind: 'number', sort: 'p99' },
              { label: 'Last seen', sort: 'seen' },
            ]}
            rows={shown.map((s) => ({
              key: `${s.project} ${s.name}`,
              cells: [
                <ServiceLink name={s.name} />,
                <span class="quiet">{s.project ?? '–'}</span>,
                <Spark of={s.series.map((n, i) => [i, n])} width={140} what="calls" />,
                exact(s.calls),
                rate(s.perSecond),
                <Failed errors={s.errors} calls={s.calls} />,
                micros(s.p50Us),
                micros(s.p95Us),
                micros(s.p99Us),
                <Age at={s.lastSeen} ago />,
              ],
            }))}
          />
        )}
        {shown.length > 0 && asMap && graph.data && <AsMap graph={graph.data} text={text} list={list.data ?? []} />}
      </main>
    </>
  );
}

/** The length of what is looked at, from a rate and a number. */
const secondsOf = (list: Service[]) => {
  const some = list.find((s) => s.perSecond > 0);
  return some ? some.calls / some.perSecond : 86_400;
};

function AsMap({ graph, text, list }: { graph: Graph; text: string; list: Service[] }) {
  const { query, set } = useQuery();
  const href = useHref();
  const picked = query.get('service');
  const seconds = secondsOf(list);
  const matches = (e: GraphEdge) => !text || [e.from, e.to].some((n) => n.toLowerCase().includes(text.toLowerCase()));
  const edges = useMemo(() => graph.edges.filter(matches), [graph, text]);
  const kinds = new Map(graph.nodes.map((n) => [n.name, n.kind]));
  const near = picked ? edges.filter((e) => e.from === picked || e.to === picked) : edges;
  const name = (n: string) => (kinds.get(n) === 'service' ? <ServiceChip name={n} /> : n);
  if (edges.length === 0)
    return (
      <Empty title="No service calls another">
        <p>
          A line is drawn where a span of one service has a child in another. If services should be joined here, see
          that they hand on the trace: <code>traceparent</code> or <code>sentry-trace</code> in the headers of calls.
        </p>
      </Empty>
    );
  return (
    <>
      <ServiceMap
        calls={edges}
        kinds={kinds}
        seconds={seconds}
        picked={picked}
        pick={(service) => set({ service }, true)}
      />
      {picked && (
        <div class="picked-service">
          <ServiceLink name={picked} />{' '}
          <Link class="small" href={href('/traces', { service: picked })}>
            its traces
          </Link>{' '}
          <button type="button" class="button small plain" onClick={() => set({ service: null }, true)}>
            Show all calls
          </button>
        </div>
      )}
      <Table
        label="Calls between services"
        columns={[
          { label: 'From' },
          { label: 'To' },
          { label: 'By' },
          { label: 'Calls', kind: 'number' },
          { label: 'Rate', kind: 'number' },
          { label: 'Failed', kind: 'number' },
          { label: 'Mean time', kind: 'number' },
        ]}
        rows={[...near]
          .sort((a, b) => b.calls - a.calls)
          .map((e) => ({
            key: `${e.from} ${e.to} ${e.kind}`,
            cells: [
              name(e.from),
              name(e.to),
              <span class="quiet">{e.kind}</span>,
              exact(e.calls),
              rate(e.calls / seconds),
              <span class={e.errors / Math.max(1, e.calls) > 0.01 ? 'worse' : 'quiet'}>
                {e.errors ? percent(e.errors, e.calls) : '0 %'}
              </span>,
              micros(e.totalUs / Math.max(1, e.calls)),
            ],
          }))}
      />
    </>
  );
}

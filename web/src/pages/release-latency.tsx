// release-latency.tsx -- how long calls took in a release and in the one before it, by service; one of them
// over time.
import { useMemo, useState } from 'preact/hooks';
import { useGet } from '../data';
import { exact } from '../format';
import { contextParams, org, useQuery } from '../state';
import { Failed, micros, ServiceLink } from '../trace/service';
import type { Red, Service } from '../trace/shapes';
import { Chart, type Line, type Marker } from '../ui/chart';
import { Problem } from '../ui/small';
import { Table } from '../ui/table';
import './services.css';

const SHOWN = 10; // of the services, unless one asks for all

/** `before`: the release to compare with; from and to: seconds since 1970. */
export function Latency({
  version,
  before,
  from,
  to,
  markers,
}: {
  version: string;
  before: string | null;
  from: number;
  to: number;
  markers: Marker[];
}) {
  const { query, set } = useQuery();
  const [all, setAll] = useState(false);
  const { project, environment } = contextParams(query);
  const range = useMemo(
    () => ({
      project,
      environment,
      start: new Date(from * 1000).toISOString(),
      end: new Date(to * 1000).toISOString(),
    }),
    [project, environment, from, to],
  );
  const path = `/organizations/${org}/services/`;
  const now = useGet<Service[]>(path, { ...range, release: version });
  const then = useGet<Service[]>(before ? path : null, { ...range, release: before });
  const rows = useMemo(() => [...(now.data ?? [])].sort((a, b) => b.calls - a.calls), [now.data]);
  const error = now.error ?? then.error;
  if (error) return <Problem error={error} retry={now.error ? now.reload : then.reload} />;
  if (!now.data) return null;
  const picked = rows.find((s) => s.name === query.get('service')) ?? rows[0];
  const was = (s: Service) => then.data?.find((o) => o.name === s.name && o.project === s.project);
  const several = (s: Service) => rows.some((o) => o.name === s.name && o !== s); // projects with a service of this name
  return (
    <section aria-label="How long calls took">
      <h2>
        How long calls took <span class="quiet">{rows.length}</span>
      </h2>
      {rows.length === 0 && (
        <p class="quiet small">No service sent spans of this release (service.version, or release in a Sentry SDK).</p>
      )}
      {picked && <Trend service={picked.name} version={version} before={before} range={range} markers={markers} />}
      {rows.length > 0 && (
        <Table
          label="How long calls took"
          columns={[
            { label: 'Service', kind: 'wide' },
            { label: 'Calls', kind: 'number' },
            { label: 'Failed', kind: 'number' },
            { label: 'Failed before', kind: 'number' },
            { label: 'p50', kind: 'number' },
            { label: 'p95', kind: 'number' },
            { label: 'p95 before', kind: 'number' },
            { label: 'Change', kind: 'number' },
            { label: '', kind: 'actions' },
          ]}
          rows={(all ? rows : rows.slice(0, SHOWN)).map((s) => {
            const old = was(s);
            return {
              key: `${s.project} ${s.name}`,
              cells: [
                <>
                  <ServiceLink name={s.name} /> {several(s) && <span class="quiet small">{s.project}</span>}
                </>,
                exact(s.calls),
                <Failed errors={s.errors} calls={s.calls} />,
                old ? <Failed errors={old.errors} calls={old.calls} /> : '–',
                micros(s.p50Us),
                micros(s.p95Us),
                micros(old?.p95Us),
                <Slower now={s.p95Us} then={old?.p95Us} />,
                <button
                  type="button"
                  class="button small plain"
                  aria-pressed={s === picked}
                  aria-label={`show ${s.name}`}
                  onClick={() => set({ service: s.name }, true)}
                >
                  show
                </button>,
              ],
            };
          })}
        />
      )}
      {!all && rows.length > SHOWN && (
        <button type="button" class="button small plain" onClick={() => setAll(true)}>
          Show all {rows.length} services
        </button>
      )}
    </section>
  );
}

/** A fifth more or less is where it begins to matter. */
function Slower({ now, then }: { now: number; then: number | undefined }) {
  if (!then) return <span class="quiet">new</span>;
  const percent = Math.round((now / then - 1) * 100);
  const kind = percent >= 20 ? 'worse' : percent <= -20 ? 'better' : 'quiet';
  return (
    <span class={kind}>
      {percent < 0 ? '−' : '+'}
      {Math.abs(percent)} %
    </span>
  );
}

function Trend({
  service,
  version,
  before,
  range,
  markers,
}: {
  service: string;
  version: string;
  before: string | null;
  range: Record<string, unknown>;
  markers: Marker[];
}) {
  const path = `/organizations/${org}/red/`;
  const asked = range as Record<string, string>;
  const now = useGet<Red>(path, { ...asked, service, release: version });
  const then = useGet<Red>(before ? path : null, { ...asked, service, release: before });
  const [times, lines] = useMemo((): [number[], Line[]] => {
    if (!now.data) return [[], []];
    const at = now.data.p95Us.map((_, i) => now.data!.start / 1000 + i * now.data!.interval);
    const ms = (of: Red | null) => (of?.p95Us ?? []).map((n) => (n === null ? null : n / 1000));
    const line = (label: string, colour: string, values: (number | null)[]): Line => ({
      label,
      colour: `var(--${colour})`,
      values,
      join: true,
    });
    return [
      at,
      [line(version, 'service-0', ms(now.data)), ...(before ? [line(before, 'service-1', ms(then.data))] : [])],
    ];
  }, [now.data, then.data, version, before]);
  const error = now.error ?? then.error;
  if (error) return <Problem error={error} retry={now.error ? now.reload : then.reload} />;
  if (times.length === 0) return null;
  return (
    <Chart
      title={`p95 of the calls of ${service}`}
      times={times}
      lines={lines}
      markers={markers}
      show={(n) => micros(n * 1000)}
      height={150}
    />
  );
}

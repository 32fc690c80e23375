// minitrace.tsx -- the trace of an event in small: the span it happened in, marked, what that is in and what
// is around it; each line leads to its span. And what was logged up to then.
import type { Event } from '../api';
import { useGetLater, usePage } from '../data';
import { duration, many, serviceColour } from '../format';
import { around, org, useHref } from '../state';
import { addressOf } from '../trace/ask';
import type { TraceDocument } from '../trace/table';
import { Link } from './link';
import { LogLines, type LogLine } from './loglines';
import './minitrace.css';
import { Problem } from './small';

const LINES = 10;
const LOGS = 20;
const FAILED = 1; // as in trace/table.ts, which is not loaded here

interface Place {
  traceId: string | null;
  spanId: string | null;
}
function placeOf(event: Event): Place {
  const trace = event.contexts?.trace as { trace_id?: string; span_id?: string } | undefined;
  return { traceId: trace?.trace_id ?? null, spanId: trace?.span_id ?? null };
}

/** The rows to show: what the span is in, itself, and the nearest others, in order. */
function near(rows: TraceDocument['rows'], own: number): number[] {
  const kept = new Set<number>();
  for (let at = own; at >= 0 && kept.size < LINES - 3; at = rows[at][1]) kept.add(at);
  for (let by = 1; kept.size < Math.min(LINES, rows.length); by++) {
    if (own + by < rows.length) kept.add(own + by);
    if (kept.size < LINES && own - by >= 0) kept.add(own - by);
  }
  return [...kept].filter((row) => row >= 0).sort((a, b) => a - b);
}

function depthOf(rows: TraceDocument['rows'], row: number): number {
  let depth = 0;
  for (let at = rows[row][1]; at >= 0 && depth < 10; at = rows[at][1]) depth++;
  return depth;
}

/** The spans around an event. `to`: where its own span is shown, once they are known to be stored. */
export function useTraceOf(event: Event) {
  const { traceId, spanId } = placeOf(event);
  const asked = { limit: 200, ...(spanId ? { span: spanId } : {}) };
  const trace = useGetLater<TraceDocument>(traceId && addressOf(traceId), asked);
  const href = useHref();
  const d = trace.data?.traceId === traceId ? trace.data : null;
  const none = trace.error?.status === 404 || d?.rows.length === 0;
  const own = d && spanId ? d.rows.findIndex((r) => r[0] === spanId) : -1;
  const to = d && !none ? href(`/traces/${traceId}`, own >= 0 ? { span: spanId! } : {}) : null;
  return { traceId, trace, d, none, own, to };
}

export function TraceOfEvent({ of: { traceId, trace, d, none, own, to } }: { of: ReturnType<typeof useTraceOf> }) {
  if (!traceId) return null;
  return (
    <section aria-label="Trace" aria-busy={!d && !trace.error}>
      <h2>
        Trace{' '}
        {d && to && (
          <Link class="small" href={to}>
            {many(d.spans, 'span')}, {duration(d.durationUs / 1000)}
          </Link>
        )}
      </h2>
      {none && (
        <p class="quiet small">
          No spans of <code>{traceId}</code> are stored: sampled away by the SDK, past the retention, or still on their
          way.
        </p>
      )}
      {trace.error && !none && <Problem error={trace.error} retry={trace.reload} />}
      {d && !none && own < 0 && <p class="quiet small">The span of this event is not stored; the trace begins so:</p>}
      {d && !none && <Lines d={d} own={own} />}
    </section>
  );
}

function Lines({ d, own }: { d: TraceDocument; own: number }) {
  const href = useHref();
  const all = d.durationUs || 1;
  return (
    <ol class="minitrace">
      {near(d.rows, Math.max(0, own)).map((row) => {
        const [id, , service, name, from, length, , flags] = d.rows[row];
        const failed = (flags & FAILED) !== 0;
        return (
          <li key={row} class={row === own ? 'own' : ''}>
            <Link
              href={href(`/traces/${d.traceId}`, { span: id })}
              style={{ paddingLeft: `${8 + Math.min(depthOf(d.rows, row), 10) * 10}px` }}
              title={`${d.services[service]}: ${d.names[name]}`}
            >
              <span class="quiet">{d.services[service]}</span> {d.names[name]}
              {row === own && <span class="only-read">, where this event happened</span>}
            </Link>
            <span class="track">
              <i
                style={{
                  left: `${Math.min(99.5, (100 * from) / all)}%`,
                  width: `${Math.max(0.5, (100 * length) / all)}%`,
                  background: serviceColour(d.services[service]),
                }}
              />
            </span>
            <span class={`number small ${failed ? 'worse' : ''}`} title={failed ? 'failed' : undefined}>
              {duration(length / 1000)}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

/** The last things its trace logged before an event, and the first after it. */
export function LogsOfEvent({ event }: { event: Event }) {
  const { traceId, spanId } = placeOf(event);
  const at = Date.parse(event.dateCreated);
  const logs = usePage<LogLine[]>(traceId && `/organizations/${org}/logs/`, {
    trace: traceId,
    sort: '-timestamp',
    per_page: LOGS,
    ...around({ start: at, durationUs: 0 }),
    end: new Date(at + 2_000).toISOString(),
  });
  const href = useHref();
  if (!traceId || !logs.data?.rows.length) return null;
  return (
    <section aria-label="Logs">
      <h2>
        Logs{' '}
        <Link
          class="small"
          href={href('/logs', { query: `trace:${traceId}`, ...around({ start: at, durationUs: 0 }) })}
        >
          all of this trace
        </Link>
      </h2>
      <LogLines lines={[...logs.data.rows].reverse()} own={spanId ?? undefined} spans />
    </section>
  );
}

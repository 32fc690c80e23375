// minitrace.tsx -- the trace of an event in small: the spans around its own, which is marked.
import { Link } from 'wouter-preact';
import type { Event } from '../api';
import { useGet } from '../data';
import { duration, serviceColour } from '../format';
import { org, useHref } from '../state';
import './minitrace.css';

export interface TraceNode {
  event_id: string;
  event_type: 'span' | 'error';
  project_slug: string;
  parent_span_id: string | null;
  start_timestamp: number;
  end_timestamp: number;
  duration: number;
  op: string;
  description: string | null;
  name: string | null;
  transaction: string | null;
  is_transaction: boolean;
  children: TraceNode[];
  errors: { event_id: string; issue_id: number; title: string; short_id?: string }[];
  status?: string;
  service?: string;
  additional_attributes?: Record<string, unknown>;
}

interface Row {
  node: TraceNode;
  depth: number;
  path: Set<string>;
}
const service = (n: TraceNode) => n.service ?? n.project_slug;

function flatten(nodes: TraceNode[]): Row[] {
  const out: Row[] = [],
    stack: Row[] = nodes.map((node) => ({ node, depth: 0, path: new Set([node.event_id]) })).reverse();
  while (stack.length && out.length < 2000) {
    const row = stack.pop()!;
    if (row.node.event_type !== 'span') continue;
    out.push(row);
    for (const child of [...row.node.children].reverse())
      stack.push({ node: child, depth: row.depth + 1, path: new Set([...row.path, child.event_id]) });
  }
  return out;
}

export function TraceOfEvent({ event }: { event: Event }) {
  const trace = event.contexts?.trace as { trace_id?: string; span_id?: string } | undefined;
  const nodes = useGet<TraceNode[]>(trace?.trace_id ? `/organizations/${org}/trace/${trace.trace_id}/` : null, {
    limit: 2000,
  });
  const href = useHref();
  if (!trace?.trace_id) return null;
  const rows = flatten(nodes.data ?? []);
  if (rows.length === 0) {
    return (
      <section aria-label="Trace">
        <h2>Trace</h2>
        <p class="quiet small">
          <code>{trace.trace_id}</code>: no spans of it are stored{nodes.slow ? ' yet' : ''}.
        </p>
      </section>
    );
  }
  const start = Math.min(...rows.map((r) => r.node.start_timestamp)),
    end = Math.max(...rows.map((r) => r.node.end_timestamp));
  const own = rows.findIndex((r) => r.node.event_id === trace.span_id);
  const from = Math.max(0, Math.min(own - 4, rows.length - 9));
  const near = own < 0 ? rows.slice(0, 9) : rows.slice(from, from + 9);
  return (
    <section aria-label="Trace">
      <h2>
        Trace{' '}
        <Link class="small" href={href(`/traces/${trace.trace_id}`, trace.span_id ? { span: trace.span_id } : {})}>
          {rows.length} spans, {duration((end - start) * 1000)} — open
        </Link>
      </h2>
      <ol class="minitrace">
        {near.map(({ node, depth }) => (
          <li key={node.event_id} class={node.event_id === trace.span_id ? 'own' : ''}>
            <Link
              href={href(`/traces/${trace.trace_id}`, { span: node.event_id })}
              style={{ paddingLeft: `${8 + Math.min(depth, 8) * 12}px` }}
              title={node.description ?? node.name ?? node.op}
            >
              <span class="quiet">{service(node)}</span> {node.description || node.name || node.transaction || node.op}
            </Link>
            <span class="track">
              <i
                style={{
                  left: `${(100 * (node.start_timestamp - start)) / (end - start || 1)}%`,
                  width: `${Math.max(0.5, (100 * (node.end_timestamp - node.start_timestamp)) / (end - start || 1))}%`,
                  background: serviceColour(service(node)),
                }}
              />
            </span>
            <span class="number small">{duration(node.duration)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

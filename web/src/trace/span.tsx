// span.tsx -- the details of one span: what it says of itself, what happened in it, what it points to.
import { Link } from 'wouter-preact';
import { useGet } from '../data';
import { duration } from '../format';
import { org, useHref } from '../state';
import { term } from '../pages/triage';
import { Copy, LevelDot, Problem, shown } from '../ui/small';
import { nameOf, serviceOf, type Table } from './table';

interface SpanDocument {
  spanId: string;
  parentSpanId: string | null;
  kind: string;
  status: string;
  statusMessage: string | null;
  scope: string | null;
  attributes: [string, unknown][];
  resource: [string, unknown][];
  events: { name: string; offsetUs: number; attributes: [string, unknown][] }[];
  links: { traceId: string; spanId: string; attributes: [string, unknown][] }[];
}

export function SpanDetail({ t, row, show }: { t: Table; row: number; show: (row: number) => void }) {
  const href = useHref();
  const span = useGet<SpanDocument>(`/organizations/${org}/trace/${t.traceId}/spans/${t.id[row]}/`);
  const errors = t.errors.get(row) ?? [];
  const parent = t.parent[row];
  const d = span.data?.spanId === t.id[row] ? span.data : null;
  return (
    <div class="span-facts">
      <p class="span-line">
        <strong>{nameOf(t, row)}</strong>
        <span class="quiet">{serviceOf(t, row)}</span>
        {d && <span class="quiet">{d.kind}</span>}
        <span>
          {duration(t.duration[row] / 1000)}, {duration(t.self[row] / 1000)} of it itself, starts at{' '}
          {duration(t.from[row] / 1000)}
        </span>
        {d && d.status !== 'unset' && (
          <span class={d.status === 'ok' ? 'better' : 'worse'}>
            {d.status} {d.statusMessage}
          </span>
        )}
        <span class="small">
          <code>{t.id[row]}</code> <Copy text={t.id[row]} of="the span's id" />
        </span>
        {parent >= 0 && (
          <button type="button" class="button small plain" onClick={() => show(parent)}>
            Parent
          </button>
        )}
        {t.logs.has(row) && (
          <Link class="small" href={href('/logs', { query: term('trace', t.traceId) })}>
            {t.logs.get(row)} logs
          </Link>
        )}
      </p>
      {errors.map((e) => (
        <p key={e.eventId}>
          <LevelDot level={e.level} bare /> <Link href={href(`/issues/${e.issue}/events/${e.eventId}`)}>{e.title}</Link>
        </p>
      ))}
      {span.error && <Problem error={span.error} retry={span.reload} />}
      {d && (
        <>
          <Attributes title="Attributes" of={d.attributes} filter />
          {d.events.length > 0 && <Events of={d.events} />}
          {d.links.length > 0 && (
            <section>
              <h2>Links</h2>
              {d.links.map((l) => (
                <p key={l.spanId} class="mono">
                  <Link href={href(`/traces/${l.traceId}`, { span: l.spanId })}>
                    {l.traceId} / {l.spanId}
                  </Link>
                </p>
              ))}
            </section>
          )}
          <Attributes title="Resource" of={d.resource} />
        </>
      )}
    </div>
  );
}

function Attributes({ title, of, filter }: { title: string; of: [string, unknown][]; filter?: boolean }) {
  const href = useHref();
  if (of.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <dl class="pairs">
        {of.map(([key, value]) => [
          <dt key={key}>{key}</dt>,
          <dd key={`${key}=`}>
            {shown(value)}{' '}
            <span class="pair-tools">
              <Copy text={shown(value)} of={key} />
              {filter && typeof value !== 'object' && (
                <Link class="button small plain" href={href('/traces', { query: term(key, String(value)) })}>
                  Find others
                </Link>
              )}
            </span>
          </dd>,
        ])}
      </dl>
    </section>
  );
}

function Events({ of }: { of: SpanDocument['events'] }) {
  return (
    <section>
      <h2>Events</h2>
      <ol class="span-events">
        {of.map((e, i) => (
          <li key={i}>
            <span class="mono quiet">+{duration(e.offsetUs / 1000)}</span>
            <span>
              <strong>{e.name}</strong>
              {e.attributes.map(([key, value]) => (
                <span key={key} class="event-pair">
                  <span class="quiet">{key}</span> <span class="mono">{shown(value)}</span>
                </span>
              ))}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

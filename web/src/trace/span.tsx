// span.tsx -- the details of one span: what it says of itself, what happened in it, what it points to.
import { usePage, useGet } from '../data';
import { duration, exact } from '../format';
import { term } from '../pages/triage';
import { around, org, useHref } from '../state';
import { Link } from '../ui/link';
import { LogLines, type LogLine } from '../ui/loglines';
import { Copy, LevelDot, Problem, shown, Value } from '../ui/small';
import { nameOf, nthOf, serviceOf, type Table } from './table';

type Attribute = [string, unknown];

interface SpanDocument {
  spanId: string;
  parentSpanId: string | null;
  kind: string;
  status: string;
  statusMessage: string | null;
  scope: string | null;
  scopeVersion?: string | null;
  description?: string | null;
  notes?: string[]; // what was wrong with it when it came
  op?: string | null;
  project?: string | null;
  environment?: string | null;
  release?: string | null;
  traceState?: string | null;
  attributes: Attribute[];
  resource: Attribute[];
  events: { name: string; offsetUs: number; attributes: Attribute[] }[];
  links: { traceId: string; spanId: string; attributes: Attribute[] }[];
  droppedAttributes?: number;
  droppedEvents?: number;
  droppedLinks?: number;
}

const LOGS = 50;

export function SpanDetail({ t, row, show }: { t: Table; row: number; show: (row: number) => void }) {
  const nth = nthOf(t, row);
  const span = useGet<SpanDocument>(
    `/organizations/${org}/trace/${t.traceId}/spans/${t.id[row]}/`,
    nth ? { n: nth } : {},
  );
  const d = span.data?.spanId === t.id[row] ? span.data : null;
  return (
    <div class="span-facts" aria-busy={!d && !span.error}>
      <Line t={t} row={row} d={d} show={show} />
      {d?.description && d.description !== nameOf(t, row) && (
        <div class="described">
          <Value of={d.description} />
        </div>
      )}
      {d?.statusMessage && (
        <div class={d.status === 'error' ? 'worse' : ''}>
          <Value of={d.statusMessage} />
        </div>
      )}
      <Errors t={t} row={row} />
      {span.error && <Problem error={span.error} retry={span.reload} />}
      {d && (
        <>
          <Attributes title="Attributes" of={d.attributes} dropped={d.droppedAttributes} />
          <Events of={d.events} length={t.duration[row]} dropped={d.droppedEvents} />
          <Links of={d.links} own={t.traceId} dropped={d.droppedLinks} />
        </>
      )}
      {t.logs.has(row) && <Logs t={t} row={row} />}
      {d && <Attributes title="Resource" of={resource(d)} />}
    </div>
  );
}

/** What a span says of where it comes from, with what Sentry's protocol says apart from attributes. */
const resource = (d: SpanDocument): Attribute[] =>
  [
    ...d.resource,
    ['project', d.project],
    ['instrumentation scope', [d.scope, d.scopeVersion].filter(Boolean).join(' ')],
    ['trace state', d.traceState],
  ].filter((pair): pair is Attribute => pair[1] !== null && pair[1] !== undefined && pair[1] !== '');

function Line({ t, row, d, show }: { t: Table; row: number; d: SpanDocument | null; show: (row: number) => void }) {
  const href = useHref();
  const parent = t.parent[row];
  const same = t.shared.get(t.id[row]);
  const nth = nthOf(t, row);
  const early = parent >= 0 ? t.from[parent] - t.from[row] : 0;
  return (
    <>
      <div class="span-line">
        <strong>
          <Value of={nameOf(t, row)} />
        </strong>
        <span class="quiet">
          <Link href={href(`/services/${encodeURIComponent(serviceOf(t, row))}`)}>{serviceOf(t, row)}</Link>
          {[d?.op, d?.kind].filter(Boolean).map((word) => `, ${word}`)}
        </span>
        <span>
          {duration(t.duration[row] / 1000)}
          {t.self[row] < t.duration[row] && `, ${duration(t.self[row] / 1000)} of it its own`}, starts at{' '}
          {duration(t.from[row] / 1000)}
        </span>
        {d && d.status !== 'unset' && <span class={d.status === 'ok' ? 'better' : 'worse'}>{d.status}</span>}
        <span class="quiet">{[d?.release, d?.environment].filter(Boolean).join(', ')}</span>
        <span class="small">
          <code>{t.id[row]}</code> <Copy text={t.id[row]} of="the span's id" />
          {parent >= 0 && (
            <button type="button" class="button small plain" onClick={() => show(parent)}>
              Go to parent
            </button>
          )}
        </span>
      </div>
      {parent < 0 && d?.parentSpanId && (
        <p class="small quiet">
          Its parent <code>{d.parentSpanId}</code> is not stored.
        </p>
      )}
      {early > 0 && (
        <p class="small quiet">
          It starts {duration(early / 1000)} before its parent: the clocks of the two may differ, or it was handed over
          later.
        </p>
      )}
      {d?.notes && d.notes.length > 0 && <p class="small quiet">As it came, {d.notes.join('; ')}.</p>}
      {same && (
        <p class="small">
          {same.length} spans of this trace have this id; this is number {nth + 1}.{' '}
          <button type="button" class="button small" onClick={() => show(same[(nth + 1) % same.length])}>
            Show the next of them
          </button>
        </p>
      )}
    </>
  );
}

function Errors({ t, row }: { t: Table; row: number }) {
  const href = useHref();
  return (
    <>
      {(t.errors.get(row) ?? []).map((e) => (
        <p key={e.eventId}>
          <LevelDot level={e.level} bare />{' '}
          <Link href={href(`/issues/${e.issue}/events/${e.eventId}`)}>
            {e.shortId} {e.title}
          </Link>
        </p>
      ))}
    </>
  );
}

const Dropped = ({ n = 0 }: { n?: number }) =>
  n > 0 ? <p class="small quiet">{exact(n)} more were dropped by the program that sent the span.</p> : null;

function Attributes({ title, of, dropped }: { title: string; of: Attribute[]; dropped?: number }) {
  const href = useHref();
  if (of.length === 0 && !dropped) return null;
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <dl class="pairs">
        {of.map(([key, value], i) => [
          <dt key={i}>{key}</dt>,
          <dd key={`${i}=`}>
            <Value of={value} />{' '}
            <span class="pair-tools">
              <Copy text={shown(value)} of={key} />
              {typeof value !== 'object' && String(value).length < 200 && (
                <Link
                  class="button small plain"
                  href={href('/traces', { query: term(key, String(value)) })}
                  aria-label={`Find others with this ${key}`}
                >
                  Find others
                </Link>
              )}
            </span>
          </dd>,
        ])}
      </dl>
      <Dropped n={dropped} />
    </section>
  );
}

/** What happened while it ran, each at its time along the span. */
function Events({ of, length, dropped }: { of: SpanDocument['events']; length: number; dropped?: number }) {
  if (of.length === 0 && !dropped) return null;
  const share = (us: number) => Math.max(0, Math.min(100, (100 * us) / (length || 1)));
  return (
    <section aria-label="Events">
      <h2>Events</h2>
      <ol class="span-events">
        {of.map((e, i) => (
          <li key={i}>
            <span class="mono quiet">
              {e.offsetUs < 0 ? '−' : '+'}
              {duration(Math.abs(e.offsetUs) / 1000)}
            </span>
            <span class="track" aria-hidden="true">
              <i style={{ left: `${share(e.offsetUs)}%` }} />
            </span>
            <div>
              <strong>{e.name}</strong>
              {e.attributes.map(([key, value]) => (
                <div key={key} class="event-pair">
                  <span class="quiet">{key}</span>{' '}
                  <span class="mono">
                    <Value of={value} />
                  </span>
                </div>
              ))}
            </div>
          </li>
        ))}
      </ol>
      <Dropped n={dropped} />
    </section>
  );
}

function Links({ of, own, dropped }: { of: SpanDocument['links']; own: string; dropped?: number }) {
  const href = useHref();
  if (of.length === 0 && !dropped) return null;
  return (
    <section aria-label="Links">
      <h2>Links</h2>
      {of.map((l, i) => (
        <p key={i}>
          <Link href={href(`/traces/${l.traceId}`, { span: l.spanId })}>
            {l.traceId === own ? 'Span ' : 'Trace '}
            <code>{l.traceId === own ? l.spanId : l.traceId}</code>
          </Link>{' '}
          <span class="quiet small">
            {l.traceId === own ? 'in this trace' : ''} {l.attributes.map(([k, v]) => `${k} ${shown(v)}`).join(', ')}
          </span>
        </p>
      ))}
      <Dropped n={dropped} />
    </section>
  );
}

function Logs({ t, row }: { t: Table; row: number }) {
  const href = useHref();
  const count = t.logs.get(row)!;
  const asked = { trace: t.traceId, span: t.id[row], sort: 'timestamp', per_page: LOGS, ...around(t) };
  const logs = usePage<LogLine[]>(`/organizations/${org}/logs/`, asked);
  return (
    <section aria-label="Logs">
      <h2>
        Logs{' '}
        <Link class="small" href={href('/logs', { query: `trace:${t.traceId} span:${t.id[row]}`, ...around(t) })}>
          {count > LOGS ? `all ${exact(count)}` : 'in the list of logs'}
        </Link>
      </h2>
      {logs.error && <Problem error={logs.error} retry={logs.reload} />}
      {logs.data && <LogLines lines={logs.data.rows} since={t.start + t.from[row] / 1000} />}
    </section>
  );
}

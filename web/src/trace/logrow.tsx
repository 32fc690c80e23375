// logrow.tsx -- one log record in the list, and all that is known of it when it is open.
import { clock, dateTime, day, many, zone } from '../format';
import { term } from '../pages/triage';
import { useHref } from '../state';
import { Link } from '../ui/link';
import { said } from '../ui/loglines';
import { Copy, LevelDot, shown } from '../ui/small';
import type { LogRecord } from './loglist';
import { ServiceChip } from './service';

export function LogRow({
  l,
  y,
  here,
  open,
  toggle,
  dated,
}: {
  l: LogRecord;
  y: number;
  here: boolean;
  open: boolean;
  toggle: () => void;
  dated: boolean; // not all of them are of today
}) {
  const href = useHref();
  const [first, ...more] = said(l).trimEnd().split('\n');
  const click = (e: MouseEvent) => {
    if (!(e.target as HTMLElement).closest('a')) toggle();
  };
  return (
    <div
      id={`log-${l.id}`}
      class={`log-row ${here ? 'here' : ''}`}
      role="row"
      data-level={l.level}
      style={{ top: `${y}px` }}
      aria-expanded={open}
      onClick={click}
    >
      <time class="when" role="gridcell" dateTime={new Date(l.timestamp).toISOString()} title={dateTime(l.timestamp)}>
        {dated ? `${day(l.timestamp)} ` : ''}
        {clock(l.timestamp)}
      </time>
      <span role="gridcell">
        <LevelDot level={l.level} />
      </span>
      <span role="gridcell">{l.service && <ServiceChip name={l.service} />}</span>
      <span class="said" role="gridcell">
        {first || l.eventName || '(empty)'}
        {more.length > 0 && <span class="quiet"> … {many(more.length + 1, 'line')}</span>}
      </span>
      <span class="ways" role="gridcell">
        {l.issue && (
          <Link href={href(`/issues/${l.issue.id}/events/${l.issue.eventId}`)} tabIndex={-1}>
            {l.issue.shortId}
          </Link>
        )}
        {l.traceId && (
          <Link href={href(`/traces/${l.traceId}`, l.spanId ? { span: l.spanId } : {})} tabIndex={-1}>
            trace
          </Link>
        )}
      </span>
    </div>
  );
}

const AROUND_MS = 60_000;

export function LogDetail({ l, filter }: { l: LogRecord; filter: (term: string) => void }) {
  const href = useHref();
  const around = {
    start: new Date(l.timestamp - AROUND_MS).toISOString(),
    end: new Date(l.timestamp + AROUND_MS).toISOString(),
    ...(l.service ? { service: l.service } : {}),
  };
  const facts: [string, unknown][] = (
    [
      ['time', `${dateTime(l.timestamp)} ${zone}`],
      ['severity', l.severityNumber ? `${l.severity} (${l.severityNumber})` : l.severity || null],
      ['project', l.project],
      ['release', l.release],
      ['environment', l.environment],
      ['scope', l.scope],
      ['event', l.eventName],
      ['trace', l.traceId],
      ['span', l.spanId],
    ] as [string, unknown][]
  ).filter(([, v]) => v !== null && v !== '');
  return (
    <>
      <pre class="verbatim" tabIndex={0} aria-label="Message">
        {said(l) || '(empty)'}
      </pre>
      <div class="ways small">
        {l.issue && <Link href={href(`/issues/${l.issue.id}/events/${l.issue.eventId}`)}>Issue {l.issue.shortId}</Link>}
        {l.traceId && (
          <Link href={href(`/traces/${l.traceId}`, l.spanId ? { span: l.spanId } : {})}>
            {l.spanId ? 'Span in its trace' : 'Trace'}
          </Link>
        )}
        {l.traceId && <Link href={href('/logs', { query: term('trace', l.traceId) })}>Logs of the trace</Link>}
        <Link href={href('/logs', around)}>What was logged around it</Link>
        <Copy text={said(l)} label="Copy message" />
        <Copy text={JSON.stringify(l, null, 2)} label="Copy as JSON" />
      </div>
      <div class="log-facts">
        <Facts
          title="Record"
          of={facts}
          filter={filter}
          keys={['project', 'release', 'environment', 'trace', 'span']}
        />
        {l.attributes.length > 0 && <Facts title="Attributes" of={l.attributes} filter={filter} />}
        {l.resource.length > 0 && <Facts title="Resource" of={l.resource} filter={filter} />}
      </div>
    </>
  );
}

/** `keys`: those that the filter knows; all when it is not said. */
function Facts({
  title,
  of,
  filter,
  keys,
}: {
  title: string;
  of: [string, unknown][];
  filter: (term: string) => void;
  keys?: string[];
}) {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <dl class="pairs">
        {of.map(([key, value]) => [
          <dt key={key + ':k'}>{key}</dt>,
          <dd key={key + ':v'}>
            <span>{shown(value)}</span>
            {typeof value !== 'object' && (!keys || keys.includes(key)) && (
              <button
                type="button"
                class="button small plain"
                aria-label={`Filter by ${key}`}
                onClick={() => filter(term(key, String(value)))}
              >
                filter
              </button>
            )}
          </dd>,
        ])}
      </dl>
    </section>
  );
}

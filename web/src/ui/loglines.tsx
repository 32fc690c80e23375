// loglines.tsx -- a few log records, as they stand beside an error or a span.
import { clock, dateTime, duration } from '../format';
import { useHref } from '../state';
import { Link } from './link';
import './loglines.css';
import { LevelDot } from './small';

export interface LogLine {
  id: string;
  timestamp: number; // milliseconds since 1970, with a fraction
  level: string;
  message: string | null; // null: it came without a body
  service: string | null;
  traceId: string | null;
  spanId: string | null;
  issue: { id: string; shortId: string; eventId: string } | null;
}

const COLOURS = /\x1b\[[\d;]*[A-Za-z]/g;

/** What a line says, without the colours that it had on a terminal. */
export const said = (l: LogLine): string => (l.message ?? '').replace(COLOURS, '');

/** `since`: times are told as distances from then. `own`: lines of this span are marked, the others lead to theirs. */
export function LogLines({
  lines,
  since,
  own,
  spans,
}: {
  lines: LogLine[];
  since?: number;
  own?: string;
  spans?: boolean;
}) {
  const href = useHref();
  const when = (at: number) =>
    since === undefined ? clock(at) : `${at < since ? '−' : '+'}${duration(Math.abs(at - since))}`;
  return (
    <ol class="log-lines">
      {lines.map((l) => (
        <li key={l.id} data-level={l.level} class={own && l.spanId === own ? 'own' : ''}>
          <time class="when" dateTime={new Date(l.timestamp).toISOString()} title={dateTime(l.timestamp)}>
            {when(l.timestamp)}
          </time>
          <LevelDot level={l.level} />
          <div>
            <div class="said">{said(l) || '(empty)'}</div>
            <div class="whence">
              {l.service && <span class="quiet">{l.service}</span>}
              {l.issue && <Link href={href(`/issues/${l.issue.id}/events/${l.issue.eventId}`)}>{l.issue.shortId}</Link>}
              {spans && l.traceId && l.spanId && (
                <Link href={href(`/traces/${l.traceId}`, { span: l.spanId })}>Span</Link>
              )}
            </div>
          </div>
        </li>
      ))}
    </ol>
  );
}

// event.tsx -- one event: the stack trace first, then what led to it, then everything else that came along.
import type { ComponentChildren } from 'preact';
import type { Entry, Event, IssueDetail } from '../api';
import { useShown } from '../data';
import { bytes, dateTime, zone } from '../format';
import { org, useHref } from '../state';
import { Link } from '../ui/link';
import { LogsOfEvent, TraceOfEvent, useTraceOf } from '../ui/minitrace';
import { Copy, Pairs, shown } from '../ui/small';
import { Exceptions, Stack } from '../ui/stacktrace';
import './event.css';
import { Attachments, Breadcrumbs, Request } from './event-parts';
import { term } from './triage';

const entryOf = <T extends Entry['type']>(event: Event, type: T) =>
  event.entries.find((e) => e.type === type)?.data as Extract<Entry, { type: T }>['data'] | undefined;

export function EventView({
  event,
  issue,
  at,
  slow,
}: {
  event: Event;
  issue: IssueDetail;
  at: (e: string) => string;
  slow: boolean;
}) {
  const exceptions = entryOf(event, 'exception')?.values;
  const plain = entryOf(event, 'stacktrace');
  const message = entryOf(event, 'message');
  const trace = useTraceOf(event);
  const below = useShown();
  const own = at(event.eventID);
  const silent = event.entries.every((e) => ['breadcrumbs', 'request', 'debugmeta', 'spans'].includes(e.type));
  return (
    <div class={slow ? 'slow' : ''}>
      <EventBar event={event} project={issue.project.slug} at={at} trace={trace.to} />
      {silent && (
        <p class="quiet">This event came with neither an exception nor a message; what else it has is below.</p>
      )}
      {message?.formatted && (
        <section aria-label="Message">
          <h2>Message</h2>
          <pre class="verbatim" tabIndex={0} aria-label="Message">
            {message.formatted}
          </pre>
        </section>
      )}
      {exceptions && <Exceptions values={exceptions} platform={event.platform} at={own} />}
      {!exceptions && plain && (
        <section aria-label="Stack trace" class="stack">
          <h2>Stack trace</h2>
          <Stack trace={plain} newest id="s" at={own} />
        </section>
      )}
      <Threads event={event} only={!exceptions?.some((e) => e.stacktrace)} at={own} />
      <Report of={event} />
      {below && <Below event={event} issue={issue} trace={trace} />}
    </div>
  );
}

/** What is below the stack trace: nobody sees it before that. */
function Below({ event, issue, trace }: { event: Event; issue: IssueDetail; trace: ReturnType<typeof useTraceOf> }) {
  const crumbs = entryOf(event, 'breadcrumbs')?.values;
  const request = entryOf(event, 'request');
  return (
    <>
      <TraceOfEvent of={trace} />
      <LogsOfEvent event={event} />
      {crumbs && crumbs.length > 0 && <Breadcrumbs crumbs={crumbs} end={event.dateCreated} />}
      {request && <Request request={request} />}
      <Facts title="User" of={event.user} />
      <EventTags event={event} />
      {Object.entries(event.contexts ?? {}).map(([name, values]) => (
        <Facts key={name} title={names[name] ?? name} of={values} />
      ))}
      <Facts title="Additional data" of={event.context} />
      <Unknown event={event} />
      <Attachments key={event.eventID} event={event} project={issue.project.slug} />
      <Folded title="Packages" of={Object.entries(event.packages ?? {})} />
      <Folded
        title="Fields that could not be read as sent"
        of={(event.errors ?? []).map((e) => [
          String(e.data?.name ?? e.type),
          e.data?.value === undefined ? e.type : `${e.type}: ${shown(e.data.value)}`,
        ])}
      />
      {event.sdk && (
        <p class="quiet small">
          Sent by {event.sdk.name} {event.sdk.version}, received {dateTime(event.dateReceived)}
        </p>
      )}
    </>
  );
}

const names: Record<string, string> = {
  os: 'Operating system',
  client_os: 'Operating system of the client',
  runtime: 'Runtime',
  browser: 'Browser',
  device: 'Device',
  app: 'App',
  gpu: 'GPU',
  culture: 'Culture',
  trace: 'Trace context',
  otel: 'OpenTelemetry',
  response: 'Response',
  state: 'State',
};

function EventBar({
  event,
  project,
  at,
  trace,
}: {
  event: Event;
  project: string;
  at: (e: string) => string;
  trace: string | null;
}) {
  const json = `/api/0/projects/${org}/${project}/events/${event.eventID}/json/`;
  return (
    <div class="event-bar">
      <span class="mono small" title={`Event ${event.eventID}`}>
        {event.eventID.slice(0, 8)}
      </span>
      <Copy text={event.eventID} of="the event's id" />
      <time class="quiet small" dateTime={event.dateCreated} title={zone}>
        {dateTime(event.dateCreated)}
      </time>
      <a class="small" href={json} target="_blank" rel="noopener">
        JSON, {bytes(event.size)}
      </a>
      {trace && (
        <Link class="small" href={trace}>
          Span in its trace
        </Link>
      )}
      <span class="gap" />
      <span class="steps" role="group" aria-label="Events of this issue">
        <Step to={at('recommended')}>Recommended</Step>
        <Step to={at('oldest')}>Oldest</Step>
        <Step to={event.previousEventID && at(event.previousEventID)}>Older</Step>
        <Step to={event.nextEventID && at(event.nextEventID)}>Newer</Step>
        <Step to={at('latest')}>Latest</Step>
      </span>
    </div>
  );
}

const Step = ({ to, children }: { to: string | null; children: ComponentChildren }) =>
  to ? (
    <Link class="button small" href={to}>
      {children}
    </Link>
  ) : (
    <button type="button" class="button small" disabled>
      {children}
    </button>
  );

function Threads({ event, only, at }: { event: Event; only: boolean; at: string }) {
  const threads = entryOf(event, 'threads')?.values?.filter((t) => t.stacktrace?.frames?.length) ?? [];
  if (threads.length === 0) return null;
  return (
    <section class="stack" aria-label="Threads">
      <h2>Threads</h2>
      {threads.map((t, i) => (
        <details key={i} open={location.hash.startsWith(`#t${i}f`) || (only && (t.crashed || threads.length === 1))}>
          <summary>
            {[t.name ?? 'thread', t.id].filter((x) => x !== null && x !== undefined).join(' ')}
            {t.crashed ? ', crashed' : t.current ? ', current' : ''}
          </summary>
          <Stack trace={t.stacktrace} newest id={`t${i}`} at={at} />
        </details>
      ))}
    </section>
  );
}

/** What the user wrote about it. */
function Report({ of }: { of: Event }) {
  if (!of.userReport) return null;
  return (
    <section aria-label="User feedback">
      <h2>User feedback</h2>
      <blockquote class="report">{of.userReport.comments}</blockquote>
      <p class="quiet small">
        {of.userReport.name} {of.userReport.email}, {dateTime(of.userReport.dateCreated)}
      </p>
    </section>
  );
}

function EventTags({ event }: { event: Event }) {
  const href = useHref();
  if (event.tags.length === 0) return null;
  return (
    <section aria-label="Tags">
      <h2>Tags</h2>
      <ul class="tag-cloud">
        {event.tags.map((t) => (
          <li key={t.key}>
            <Link
              class="tag"
              href={href('/issues', { query: t.query ?? term(t.key, t.value) })}
              title="Issues with this tag"
            >
              <span class="quiet">{t.key}</span> {t.value}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Facts({ title, of }: { title: string; of: Record<string, unknown> | null | undefined }) {
  const pairs = Object.entries(of ?? {}).filter(([k, v]) => k !== 'type' && v !== null);
  if (pairs.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <Pairs of={pairs} />
    </section>
  );
}

/** Reports of browsers and the like, that have no form of their own here: as they came. */
function Unknown({ event }: { event: Event }) {
  const kinds = ['csp', 'hpkp', 'expectct', 'expectstaple', 'template'];
  return (
    <>
      {event.entries
        .filter((e) => kinds.includes(e.type))
        .map((e) => (
          <Facts
            key={e.type}
            title={e.type === 'csp' ? 'Content security policy report' : e.type}
            of={e.data as Record<string, unknown>}
          />
        ))}
    </>
  );
}

function Folded({ title, of }: { title: string; of: [string, unknown][] }) {
  if (of.length === 0) return null;
  return (
    <section>
      <details>
        <summary>
          {title} ({of.length})
        </summary>
        <Pairs of={of} />
      </details>
    </section>
  );
}

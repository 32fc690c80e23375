// event-parts.tsx -- breadcrumbs on their time line, the request, and the files that came with an event.
import { useState } from 'preact/hooks';
import type { Attachment, Breadcrumb, Event, RequestData } from '../api';
import { useGetLater } from '../data';
import { bytes, clock, dateTime, duration } from '../format';
import { org } from '../state';
import { Pairs, shown, Value } from '../ui/small';

const SHOWN = 20;

const timeOf = (c: Breadcrumb): number | null => {
  if (c.timestamp === null || c.timestamp === undefined) return null;
  const ms = typeof c.timestamp === 'number' ? c.timestamp * 1000 : Date.parse(c.timestamp);
  return Number.isFinite(ms) ? ms : null;
};

/** GET /path [200] for requests, from → to for navigation, the message, and what else is known. */
function textOf(c: Breadcrumb): string {
  const data = { ...(c.data ?? {}) };
  const parts: string[] = [];
  if (c.message) parts.push(c.message);
  if (data.url !== undefined) {
    parts.push(
      [data.method, data.url, data.status_code !== undefined && `[${data.status_code}]`].filter(Boolean).join(' '),
    );
    for (const key of ['method', 'url', 'status_code']) delete data[key];
  }
  if (data.from !== undefined || data.to !== undefined) {
    parts.push(`${data.from ?? '?'} → ${data.to ?? '?'}`);
    delete data.from;
    delete data.to;
  }
  const rest = Object.entries(data).map(([k, v]) => `${k}: ${typeof v === 'object' ? JSON.stringify(v) : v}`);
  return [...parts, rest.join(', ')].filter(Boolean).join('\n');
}

export function Breadcrumbs({ crumbs, end }: { crumbs: Breadcrumb[]; end: string }) {
  const [all, setAll] = useState(false);
  const some = all ? crumbs : crumbs.slice(-SHOWN);
  const at = Date.parse(end);
  return (
    <section aria-label="Breadcrumbs">
      <h2>Breadcrumbs</h2>
      {crumbs.length > some.length && (
        <button type="button" class="button small plain" onClick={() => setAll(true)}>
          {crumbs.length - some.length} earlier
        </button>
      )}
      <ol class="crumbs">
        {some.map((c, i) => {
          const t = timeOf(c);
          return (
            <li key={i} data-level={c.level}>
              <time title={t ? `${dateTime(t)}, ${duration(Math.max(0, at - t))} before` : undefined}>
                {t ? clock(t) : ''}
              </time>
              <span class="kind">{c.category ?? c.type}</span>
              <span class="crumb-text">
                {c.level && c.level !== 'info' && <span class="only-read">{c.level}: </span>}
                <Value of={textOf(c)} />
              </span>
            </li>
          );
        })}
        <li class="end">
          <time>{clock(at)}</time>
          <span class="kind">this event</span>
        </li>
      </ol>
    </section>
  );
}

const pairsOf = (v: RequestData['query'] | RequestData['headers']): [string, unknown][] =>
  Array.isArray(v) ? v : typeof v === 'string' && v ? [...new URLSearchParams(v)] : [];

export function Request({ request }: { request: RequestData }) {
  const part = (title: string, list: [string, unknown][]) =>
    list.length > 0 && (
      <details>
        <summary>
          {title} ({list.length})
        </summary>
        <Pairs of={list} />
      </details>
    );
  return (
    <section aria-label="Request">
      <h2>Request</h2>
      <p class="mono request-line">
        <strong>{request.method ?? 'GET'}</strong> {request.url}
      </p>
      {part('Query', pairsOf(request.query))}
      {request.data !== null && request.data !== undefined && (
        <details open>
          <summary>Body</summary>
          <pre class="verbatim" tabIndex={0} aria-label="Body">
            {shown(request.data)}
          </pre>
        </details>
      )}
      {part('Headers', pairsOf(request.headers))}
      {part('Cookies', pairsOf(request.cookies))}
      {part('Environment', Object.entries(request.env ?? {}))}
    </section>
  );
}

/** Pictures are shown by their type alone: the server sends attachments as downloads that nothing runs in. */
const picture = (a: Attachment) =>
  /^image\/(png|jpeg|webp|gif)$/.test(a.mimetype) && a.size > 0 && a.size < 8 * 1024 * 1024;

export function Attachments({ event, project }: { event: Event; project: string }) {
  const base = `/projects/${org}/${project}/events/${event.eventID}/attachments/`;
  const list = useGetLater<Attachment[]>(base);
  if (!list.data?.length) return null;
  return (
    <section aria-label="Attachments">
      <h2>Attachments</h2>
      <ul class="attachments">
        {list.data.map((a) => {
          const url = `/api/0${base}${a.id}/?download=1`;
          return (
            <li key={a.id}>
              {picture(a) && <img src={url} alt={a.name} loading="lazy" />}
              <a href={url} download={a.name}>
                {a.name}
              </a>{' '}
              <span class="quiet small">
                {a.mimetype}, {bytes(a.size)}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

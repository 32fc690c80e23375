// issue-lists.tsx -- all events of an issue, their traces, and its tags with the shares of their values.
import type { EventRow, Tag } from '../api';
import { useGet, usePage } from '../data';
import { duration, exact, percent } from '../format';
import { org, useHref, useQuery } from '../state';
import type { Summary } from '../trace/summary';
import { Link } from '../ui/link';
import { Age, Empty, Missing } from '../ui/small';
import { Pager, Table } from '../ui/table';
import { term } from './triage';

export function Events({ base, at }: { base: string; at: (e: string) => string }) {
  const { query, set } = useQuery();
  const list = usePage<EventRow[]>(`${base}/events/`, { cursor: query.get('cursor'), per_page: 50 });
  if (!list.data || list.error) return <Missing of={list} />;
  if (list.data.rows.length === 0)
    return (
      <Empty title="No stored events">
        <p>They were older than the retention allows; the counts remain.</p>
      </Empty>
    );
  const tag = (e: EventRow, key: string) => e.tags.find((t) => t.key === key)?.value ?? '–';
  return (
    <>
      <Table
        label="Events"
        slow={list.slow}
        columns={[
          { label: 'Event' },
          { label: 'Time' },
          { label: 'Title', kind: 'cut' },
          { label: 'Release', kind: 'cut' },
          { label: 'Environment' },
          { label: 'User' },
        ]}
        rows={list.data.rows.map((e) => ({
          key: e.eventID,
          cells: [
            <Link class="mono" href={at(e.eventID)}>
              {e.eventID.slice(0, 8)}
            </Link>,
            <Age at={e.dateCreated} ago />,
            e.title,
            <span class="mono">{tag(e, 'release')}</span>,
            tag(e, 'environment'),
            tag(e, 'user'),
          ],
        }))}
      />
      <Pager page={list.data} go={(cursor) => set({ cursor })} words={['Newer', 'Older']} />
    </>
  );
}

/** The traces that its events happened in, as far as spans of them are stored. */
export function Traces({ issue }: { issue: string }) {
  const { query, set } = useQuery();
  const href = useHref();
  const list = usePage<Summary[]>(`/organizations/${org}/traces/`, {
    issue,
    statsPeriod: '90d',
    cursor: query.get('cursor'),
    per_page: 25,
  });
  if (!list.data || list.error) return <Missing of={list} />;
  if (list.data.rows.length === 0)
    return (
      <Empty title="No stored traces">
        <p>Its events name none, or their spans were sampled away or are older than the retention allows.</p>
      </Empty>
    );
  return (
    <>
      <Table
        label="Traces"
        slow={list.slow}
        columns={[
          { label: 'Trace', kind: 'cut' },
          { label: 'Start' },
          { label: 'Duration', kind: 'number' },
          { label: 'Spans', kind: 'number' },
          { label: 'Failed', kind: 'number' },
          { label: 'Release', kind: 'cut' },
        ]}
        rows={list.data.rows.map((t) => ({
          key: t.traceId,
          cells: [
            <Link href={href(`/traces/${t.traceId}`)} title={t.traceId}>
              {t.rootService} {t.rootName}
            </Link>,
            <Age at={t.start} ago />,
            duration(t.durationUs / 1000),
            exact(t.spans),
            exact(t.errors),
            <span class="mono">{t.release ?? '–'}</span>,
          ],
        }))}
      />
      <Pager page={list.data} go={(cursor) => set({ cursor })} />
    </>
  );
}

/** One tag: its values as bars; a click shows the issues that have the value. */
export function TagBars({ tag }: { tag: Tag }) {
  const href = useHref();
  return (
    <div class="tag-bars">
      <h2>{tag.key}</h2>
      {tag.topValues.map((v) => (
        <Link
          key={v.value}
          href={href('/issues', { query: v.query ?? term(tag.key, v.value) })}
          class="tag-value"
          title={`${v.value}: ${exact(v.count)} of ${exact(tag.totalValues)} events`}
        >
          <i style={{ width: `${(100 * v.count) / Math.max(1, tag.totalValues)}%` }} />
          <span>{v.value || '(empty)'}</span>
          <em>{percent(v.count, tag.totalValues)}</em>
        </Link>
      ))}
    </div>
  );
}

export function Tags({ base }: { base: string }) {
  const tags = useGet<Tag[]>(`${base}/tags/`, { limit: 10 });
  if (!tags.data || tags.error) return <Missing of={tags} />;
  if (tags.data.length === 0) return <Empty title="No tags came with the events of this issue" />;
  return (
    <div class="tag-grid">
      {tags.data.map((t) => (
        <TagBars key={t.key} tag={t} />
      ))}
    </div>
  );
}

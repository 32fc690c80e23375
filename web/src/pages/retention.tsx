// retention.tsx -- how long things are kept, how much there is, and how to change that.
import { useGet } from '../data';
import { bytes, dateTime, exact, many } from '../format';
import { Missing } from '../ui/small';
import type { Status } from './server';

export function Retention() {
  const status = useGet<Status>('/quern/status/');
  const s = status.data?.storage;
  if (!s || status.error) return <Missing of={status} />;
  const rows: [string, string][] = [
    ['Kept for', s.retentionDays ? `${exact(s.retentionDays)} days` : 'ever'],
    ['All together at most', s.retentionBytes ? bytes(s.retentionBytes) : 'no limit'],
    [
      'Stored now',
      `${bytes(s.segmentBytes)} in ${many(s.segments, 'file')}, and ${bytes(s.catalogueBytes)} of issues and figures`,
    ],
    ['Oldest', s.oldestEvent ? dateTime(s.oldestEvent) : 'nothing is stored'],
    ['Free on the disk', `${bytes(s.freeBytes)}; nothing is taken in below ${bytes(s.minFreeBytes)}`],
  ];
  return (
    <>
      <p>Events, spans and logs are deleted by whole days, oldest first. Issues keep their counts, tags and history.</p>
      <dl class="pairs" style={{ margin: '16px 0' }}>
        {rows.map(([key, value]) => [<dt key={key}>{key}</dt>, <dd key={`${key}=`}>{value}</dd>])}
      </dl>
      <p>
        To change this, set <code>retention_days</code>, <code>retention_bytes</code> or <code>min_free_bytes</code> in{' '}
        <code>quern.conf</code> and run <code>systemctl reload quern</code>: no request fails, no event is lost.
      </p>
    </>
  );
}

// issue-row.tsx -- one line of the list of issues; its actions appear where the pointer is.
import { useEffect, useRef } from 'preact/hooks';
import type { Issue } from '../api';
import { many } from '../format';
import { mayWrite } from '../state';
import { useRest } from '../ui/keys';
import { Link, visit } from '../ui/link';
import { Age, Count } from '../ui/small';
import { Spark } from '../ui/spark';
import { prefetchIssue } from './issue';
import { culprit, Standing, Title, where } from './issue-title';
import { ignore, resolve, type Mutation } from './triage';

export function IssueRow({
  issue,
  here,
  picked,
  toggle,
  href,
  update,
}: {
  issue: Issue;
  here: boolean;
  picked: boolean;
  toggle: () => void;
  href: string;
  update: (what: string, ids: string[], body: Mutation) => void;
}) {
  const row = useRef<HTMLTableRowElement>(null);
  const ahead = () => prefetchIssue(issue.id);
  useRest(here, ahead);
  useEffect(() => {
    if (here) row.current?.scrollIntoView({ block: 'nearest' });
  }, [here]);
  const series = Object.values(issue.stats ?? {})[0];
  const place = where(issue);
  const through = culprit(issue);
  return (
    <tr
      ref={row}
      data-level={issue.level}
      class={`${here ? 'here' : ''} ${picked ? 'picked' : ''}`}
      onClick={(e) => {
        if ((e.target as HTMLElement).closest('a, button, input') || getSelection()?.toString()) return;
        if (e.ctrlKey || e.metaKey) return void window.open(href);
        ahead();
        visit(href);
      }}
    >
      {mayWrite() && (
        <td class="pick">
          <input type="checkbox" aria-label={`Select ${issue.shortId}`} checked={picked} onChange={toggle} />
        </td>
      )}
      <td class="title">
        <div class="one-line">
          <Link href={href} ahead={ahead}>
            <Title issue={issue} />
          </Link>
          <Standing issue={issue} />
        </div>
        <div class="one-line quiet small">
          <span class="only-read">{issue.level}</span>
          <span class="id">{issue.shortId}</span>
          {through && <span>{through}</span>}
          {place && <span class="place">{place}</span>}
          {issue.numComments > 0 && <span>{many(issue.numComments, 'comment')}</span>}
        </div>
      </td>
      <td class="graph">
        {mayWrite() && issue.status === 'unresolved' && (
          <span class="row-actions">
            <button type="button" class="button small" onClick={() => update('Resolved', [issue.id], resolve)}>
              Resolve
            </button>
            <button type="button" class="button small" onClick={() => update('Ignored', [issue.id], ignore)}>
              Ignore
            </button>
          </span>
        )}
        <span class="idle">
          <Spark of={series} />
        </span>
      </td>
      <td class="number freq">
        <Count n={Number(issue.count)} />
      </td>
      <td class="number user">
        <Count n={issue.userCount} />
      </td>
      <td class="number new">
        <Age at={issue.firstSeen} />
      </td>
      <td class="number date">
        <Age at={issue.lastSeen} />
      </td>
      <td class="who">{issue.assignedTo?.name ?? <span class="quiet">–</span>}</td>
    </tr>
  );
}

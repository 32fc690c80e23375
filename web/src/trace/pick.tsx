// pick.tsx -- which other trace to put beside this one: the latest of the same operation, or any by its id.
import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { useGet } from '../data';
import { dateTime, duration, exact } from '../format';
import { contextParams, org, useHref, useQuery } from '../state';
import { Dialog } from '../ui/dialog';
import { Link } from '../ui/link';
import { Problem } from '../ui/small';
import type { Summary } from './summary';
import { nameOf, rootOf, serviceOf, type Table } from './table';

export function PickOther({ t, close }: { t: Table; close: () => void }) {
  const { query } = useQuery();
  const href = useHref();
  const [, go] = useLocation();
  const [id, setId] = useState('');
  const like = useGet<Summary[]>(`/organizations/${org}/traces/`, {
    ...contextParams(query),
    service: serviceOf(t, rootOf(t)),
    operation: nameOf(t, rootOf(t)),
    sort: '-timestamp',
    per_page: 11,
  });
  const others = (like.data ?? []).filter((s) => s.traceId !== t.traceId).slice(0, 10);
  const to = (other: string) => href(`/traces/${t.traceId}`, { compare: other });
  const typed = id.trim().replaceAll('-', '').toLowerCase();
  const usable = /^[0-9a-f]{16,32}$/.test(typed) && typed !== t.traceId;
  return (
    <Dialog title="Compare with another trace" close={close}>
      {like.error && <Problem error={like.error} retry={like.reload} />}
      {others.length > 0 && (
        <ul class="others" aria-label="The latest of the same operation">
          {others.map((s) => (
            <li key={s.traceId}>
              <Link href={to(s.traceId)}>
                <code>{s.traceId.slice(0, 8)}</code>
                <span>{dateTime(s.start)}</span>
                <span>{duration(s.durationUs / 1000)}</span>
                <span>{exact(s.spans)} spans</span>
                <span class={s.errors ? 'worse' : 'quiet'}>{s.errors ? `${exact(s.errors)} failed` : ''}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
      {like.data && others.length === 0 && <p class="quiet">There is no other trace of this operation in this time.</p>}
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (usable) go(to(typed));
        }}
      >
        <label class="row">
          Or by its id
          <input
            class="field mono"
            value={id}
            autocomplete="off"
            spellcheck={false}
            onInput={(e) => setId(e.currentTarget.value)}
          />
        </label>
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            Cancel
          </button>
          <Link class="button" href={href('/traces', { compare: t.traceId })}>
            Choose from the list
          </Link>
          <button class="button main" disabled={!usable}>
            Compare
          </button>
        </div>
      </form>
    </Dialog>
  );
}

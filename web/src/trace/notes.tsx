// notes.tsx -- what has to be said about a trace before its spans are looked at: what went wrong in it,
// what is missing, what is odd.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { exact, many } from '../format';
import { useHref } from '../state';
import { Link } from '../ui/link';
import { LevelDot } from '../ui/small';
import { CUT, flagged, GUESSED, ORPHAN, type ErrorOnSpan, type Table } from './table';

const AT_FIRST = 3;

interface Group {
  newest: ErrorOnSpan;
  rows: number[]; // of its spans that are here
  count: number;
}

function byIssue(t: Table): Group[] {
  const groups = new Map<string, Group>();
  for (const e of [...t.errors.values()].flat()) {
    const g = groups.get(e.issue) ?? { newest: e, rows: [], count: 0 };
    g.count++;
    if (e.row >= 0) g.rows.push(e.row);
    groups.set(e.issue, g);
  }
  const first = (g: Group) => (g.rows.length ? Math.min(...g.rows) : t.count);
  return [...groups.values()].sort((a, b) => first(a) - first(b));
}

/** The issues that were raised in a trace, each with the way to its spans. */
export function Errors({ t, step }: { t: Table; step: (rows: number[]) => void }) {
  const href = useHref();
  const [all, setAll] = useState(false);
  const groups = byIssue(t);
  if (groups.length === 0) return null;
  return (
    <ul class="trace-errors" aria-label="Errors in this trace">
      {groups.slice(0, all ? undefined : AT_FIRST).map(({ newest: e, rows, count }) => (
        <li key={e.issue}>
          <LevelDot level={e.level} bare />
          <Link class="title" href={href(`/issues/${e.issue}/events/${e.eventId}`)} title={e.title}>
            {e.title}
          </Link>
          {count > 1 && <span class="quiet small">{exact(count)} times</span>}
          {rows.length > 0 ? (
            <button
              type="button"
              class="button small plain"
              aria-label={`${rows.length > 1 ? 'Next' : 'Show'} span of ${e.title}`}
              onClick={() => step(rows.sort((a, b) => a - b))}
            >
              {rows.length > 1 ? 'Next span' : 'Show span'}
            </button>
          ) : (
            t.whole && t.count > 0 && <span class="quiet small">its span is not stored</span>
          )}
        </li>
      ))}
      {groups.length > AT_FIRST && (
        <li>
          <button type="button" class="button small plain" onClick={() => setAll(!all)}>
            {all ? 'Show fewer' : `${exact(groups.length - AT_FIRST)} more issues`}
          </button>
        </li>
      )}
    </ul>
  );
}

const spans = (n: number) => many(n, 'span');

/** Whatever makes this tree differ from what the programs did. */
export function Notes({
  t,
  missing,
  step,
  children,
}: {
  t: Table;
  missing: string | null;
  step: (rows: number[]) => void;
  children?: ComponentChildren;
}) {
  const notes: [string, number[]?][] = [];
  const orphans = flagged(t, ORPHAN);
  const guessed = flagged(t, GUESSED);
  const circles = flagged(t, CUT);
  const shared = [...t.shared.values()].flat().sort((a, b) => a - b);
  if (missing && t.whole) notes.push([`Span ${missing} is not stored in this trace, or has not arrived yet.`]);
  if (t.cut && t.whole) notes.push([`Of ${spans(t.spans)} the first ${exact(t.count)} are shown; the rest is stored.`]);
  if (orphans.length)
    notes.push([
      orphans.length === 1
        ? '1 span names a parent that is not stored; it stands at the top.'
        : `${spans(orphans.length)} name a parent that is not stored; they stand at the top.`,
      orphans,
    ]);
  if (guessed.length)
    notes.push([
      `${spans(guessed.length)} without a stored parent ${guessed.length === 1 ? 'hangs' : 'hang'} below the transaction named.`,
      guessed,
    ]);
  if (circles.length)
    notes.push([
      circles.length === 1
        ? '1 circle of parents is opened at its earliest span.'
        : `${exact(circles.length)} circles of parents are opened, each at its earliest span.`,
      circles,
    ]);
  if (shared.length) notes.push([`${spans(shared.length)} share an id with another.`, shared]);
  if (t.duplicates)
    notes.push([`${spans(t.duplicates)} came more than once and ${t.duplicates === 1 ? 'is' : 'are'} shown once.`]);
  if (notes.length === 0 && !children) return null;
  return (
    <ul class="trace-notes" aria-label="About this trace">
      {children}
      {notes.map(([text, rows]) => (
        <li key={text}>
          {text}
          {rows && (
            <button type="button" class="button small plain" onClick={() => step(rows)}>
              {rows.length > 1 ? 'Next' : 'Show'}
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

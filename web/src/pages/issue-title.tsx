// issue-title.tsx -- an issue in one line: "TypeError" strong, its value after it; and where it stands.
import type { Issue } from '../api';

export function Title({ issue }: { issue: Issue }) {
  const { type, value } = issue.metadata ?? {};
  if (!type || !issue.title.startsWith(type)) return <strong>{issue.title}</strong>;
  return (
    <>
      <strong>{type}</strong>
      {value ? <span class="value"> {value.split('\n')[0]}</span> : null}
    </>
  );
}

const WEEK = 7 * 86_400_000;

/** New, regressed, resolved, ignored: a small word, and nothing while it goes on as it went. */
export function Standing({ issue, words = issue.status }: { issue: Issue; words?: string }) {
  if (issue.status !== 'unresolved') return <span class={`word ${issue.status}`}>{words}</span>;
  if (!issue.substatus || issue.substatus === 'ongoing') return null;
  // the server calls old ones "ongoing" when it next looks after them; here they are not new any more already
  if (issue.substatus === 'new' && Date.now() - Date.parse(issue.firstSeen) > WEEK) return null;
  return <span class={`word ${issue.substatus}`}>{issue.substatus}</span>;
}

/** Where it came in, unless that is but the frame again which where() tells. */
export function culprit(issue: Issue): string | null {
  const { culprit: told } = issue;
  const name = issue.metadata?.filename && issue.metadata.function;
  if (told === where(issue)) return null;
  return name &&
    (told === name || told?.endsWith(` in ${name}`) || told?.startsWith(`${name}(`) || told?.startsWith('?('))
    ? null
    : told || null;
}

/** file.py in function; null when the event had no stack trace. */
export function where(issue: Issue): string | null {
  const { filename, function: name } = issue.metadata ?? {};
  return filename ? filename + (name ? ` in ${name}` : '') : (name ?? null);
}

// activity.tsx -- what people and the server did with an issue, and what is known about it.
import { useState } from 'preact/hooks';
import { api, type Activity, type IssueDetail } from '../api';
import { mayWrite, me } from '../state';
import { change } from '../ui/change';
import { sure } from '../ui/dialog';
import { Age } from '../ui/small';
import './activity.css';

const inRelease = (a: Activity) => (a.data.version ? ` in ${a.data.version}` : '');
const words: Record<string, (a: Activity) => string> = {
  first_seen: () => 'was seen for the first time',
  set_resolved: () => 'resolved it',
  set_resolved_by_age: () => 'was resolved, since it had not been seen for long',
  set_resolved_in_release: (a) => (a.data.version ? `resolved it${inRelease(a)}` : 'resolved it in the next release'),
  set_unresolved: () => 'reopened it',
  set_ignored: () => 'ignored it',
  set_regression: (a) => `came back${inRelease(a)}`,
  set_escalating: () => 'is no longer ignored: what was waited for has happened',
  assigned: (a) => `assigned it to ${a.data.assigneeEmail ?? a.data.assigneeName ?? a.data.assignee}`,
  unassigned: () => 'took the assignee away',
  merge: (a) => `merged ${Array.isArray(a.data.issues) ? a.data.issues.length : 'other'} issues into it`,
  unmerge_source: () => 'moved some of its events to another issue',
  unmerge_destination: () => 'made it of events of another issue',
  set_priority: (a) => `set its priority to ${a.data.priority}`,
};
const said = (a: Activity) => words[a.type]?.(a) ?? a.type.replace(/_/g, ' ');

export function ActivityList({ issue, base, reload }: { issue: IssueDetail; base: string; reload: () => void }) {
  const [text, setText] = useState('');
  const send = async (e: Event) => {
    e.preventDefault();
    if (!(await change('Comment added', () => api.send('POST', `${base}/comments/`, { text })))) return;
    setText('');
    reload();
  };
  return (
    <div class="activity">
      {mayWrite() && (
        <form onSubmit={send}>
          <textarea
            class="field"
            aria-label="Comment"
            rows={3}
            placeholder="What is known about this issue"
            value={text}
            onInput={(e) => setText(e.currentTarget.value)}
          />
          <button class="button main small" disabled={!text.trim()}>
            Comment
          </button>
        </form>
      )}
      <ol>
        {issue.activity.map((a) => (
          <li key={a.id}>
            <span class="quiet small">
              <Age at={a.dateCreated} ago />
            </span>
            {a.type === 'note' ? (
              <Comment of={a} base={base} reload={reload} />
            ) : (
              <p>
                <strong>{a.user?.name || a.user?.email || 'The issue'}</strong> {said(a)}
              </p>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}

function Comment({ of, base, reload }: { of: Activity; base: string; reload: () => void }) {
  const before = String(of.data.text ?? '');
  const [text, setText] = useState<string | null>(null);
  const own = mayWrite() && of.user?.id === me.value?.id;
  const save = async (e: Event) => {
    e.preventDefault();
    if (!(await change('Comment changed', () => api.send('PUT', `${base}/comments/${of.id}/`, { text })))) return;
    setText(null);
    reload();
  };
  const remove = async () => {
    if (!(await sure('Delete', 'Delete this comment?', 'Delete'))) return;
    if (await change('Comment deleted', () => api.send('DELETE', `${base}/comments/${of.id}/`))) reload();
  };
  if (text !== null)
    return (
      <form onSubmit={save}>
        <textarea
          class="field"
          aria-label="Comment"
          rows={3}
          value={text}
          onInput={(e) => setText(e.currentTarget.value)}
        />
        <span>
          <button class="button main small" disabled={!text.trim()}>
            Save
          </button>{' '}
          <button type="button" class="button small" onClick={() => setText(null)}>
            Cancel
          </button>
        </span>
      </form>
    );
  return (
    <div>
      <p>
        <strong>{of.user?.name || of.user?.email}</strong>{' '}
        {own && (
          <>
            <button type="button" class="button small plain" onClick={() => setText(before)}>
              Edit
            </button>
            <button type="button" class="button small plain" onClick={remove}>
              Delete
            </button>
          </>
        )}
      </p>
      <p class="comment">{before}</p>
    </div>
  );
}

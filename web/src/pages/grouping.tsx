// grouping.tsx -- why this event is in this issue: the parts that counted, those that did not and why;
// and taking hashes out of it again.
import { api, type Event, type IssueDetail } from '../api';
import { useGet, useGetLater } from '../data';
import { mayWrite, org } from '../state';
import { change } from '../ui/change';
import { sure } from '../ui/dialog';
import { Age, Copy, Missing, Problem } from '../ui/small';
import { Table } from '../ui/table';
import './grouping.css';

interface Component {
  id: string;
  name: string | null;
  contributes: boolean;
  hint: string | null;
  values: (Component | string | number)[];
}
interface Variant {
  key: string;
  type: string;
  hash: string | null;
  description: string;
  hint?: string | null;
  component?: Component;
  values?: string[] | string;
}
export interface Explained {
  hashes: { hash: string; variant: string; reason: string; mismatch: boolean }[]; // the first known one decides
  matchedRule: { text: string; builtIn: boolean; line: number } | null;
  variants: Record<string, Variant>;
}
interface HashRow {
  id: string;
  reason: string;
  dateCreated: string;
}

const isPart = (v: Component | string | number): v is Component => typeof v === 'object';
const explained = (project: string, event: Event | null) =>
  event && `/projects/${org}/${project}/events/${event.eventID}/grouping-info/`;

export function Grouping({
  base,
  event,
  issue,
  reload,
}: {
  base: string;
  event: Event | null;
  issue: IssueDetail;
  reload: () => void;
}) {
  const info = useGet<Explained>(explained(issue.project.slug, event));
  return (
    <div class="grouping">
      <Missing of={info} />
      {info.data && <OfEvent info={info.data} />}
      <OfIssue base={base} issue={issue} own={info.data?.hashes.map((h) => h.hash) ?? []} reload={reload} />
    </div>
  );
}

function OfEvent({ info }: { info: Explained }) {
  return (
    <>
      <section>
        <h2>Why this event is here</h2>
        <p class="quiet small">
          The first of these keys that is known decides which issue an event joins; the others are learnt.
        </p>
        <ol class="keys">
          {info.hashes.map((h) => (
            <li key={h.hash}>
              <code>{h.hash}</code> {h.reason}
              {h.mismatch && <em> another one when the event came: the rules have changed since</em>}
            </li>
          ))}
        </ol>
        {info.matchedRule && (
          <p>
            {info.matchedRule.builtIn ? 'Built-in rule' : 'Rule of the project'}: <code>{info.matchedRule.text}</code>
          </p>
        )}
      </section>
      {Object.values(info.variants).map((v, i) => (
        <section key={v.key}>
          <details open={i === 0}>
            <summary>
              {v.description || v.key}
              {v.hint && <span class="quiet"> — {v.hint}</span>}
            </summary>
            {v.values && <Fingerprint of={v.values} />}
            {v.component && (
              <ul class="component">
                <Part of={v.component} />
              </ul>
            )}
          </details>
        </section>
      ))}
    </>
  );
}

const Fingerprint = ({ of }: { of: string[] | string }) => (
  <p>
    Fingerprint: <code>{Array.isArray(of) ? of.join(', ') : of}</code>
  </p>
);

function Part({ of }: { of: Component }) {
  const leaves = of.values?.filter((v) => !isPart(v)) ?? [];
  const parts = of.values?.filter(isPart) ?? [];
  return (
    <li class={of.contributes ? '' : 'not'}>
      <span>{of.name ?? of.id}</span>
      {leaves.length > 0 && ' '}
      {leaves.length > 0 && <code>{leaves.join(' ')}</code>}
      {!of.contributes && <em> {of.hint ?? 'does not count'}</em>}
      {of.contributes && of.hint && <em> {of.hint}</em>}
      {parts.length > 0 && (
        <ul>
          {parts.map((p, i) => (
            <Part key={i} of={p} />
          ))}
        </ul>
      )}
    </li>
  );
}

function OfIssue({
  base,
  issue,
  own,
  reload,
}: {
  base: string;
  issue: IssueDetail;
  own: string[];
  reload: () => void;
}) {
  const hashes = useGet<HashRow[]>(`${base}/hashes/`, { per_page: 100 });
  const rows = hashes.data ?? [];
  const takeOut = async (id: string) => {
    const text = 'This key and its events become an issue of their own. Merging the two brings them together again.';
    if (!(await sure('Take out', text, 'Take out'))) return;
    if (
      !(await change('Taken out into an issue of its own', () =>
        api.send('DELETE', `${base}/hashes/`, undefined, { id }),
      ))
    )
      return;
    hashes.reload();
    reload();
  };
  return (
    <section>
      <h2>Keys of {issue.shortId}</h2>
      {hashes.error && <Problem error={hashes.error} retry={hashes.reload} />}
      <Table
        label={`Grouping keys of ${issue.shortId}`}
        columns={[
          { label: 'Key', kind: 'cut' },
          { label: 'Made of', kind: 'wide' },
          { label: 'Known since' },
          { label: '', kind: 'actions' },
        ]}
        rows={rows.map((h) => ({
          key: h.id,
          cells: [
            <code>{h.id}</code>,
            h.reason || <span class="quiet">learnt{own.includes(h.id) ? ' from this event' : ''}</span>,
            <Age at={h.dateCreated} ago />,
            mayWrite() && rows.length > 1 ? (
              <button type="button" class="button small" onClick={() => takeOut(h.id)}>
                Take out
              </button>
            ) : null,
          ],
        }))}
      />
      <p class="quiet small">To join issues, select them in the list and choose Merge.</p>
    </section>
  );
}

/** The lines that matter: what the first key is made of, the newest frame first. */
function lines(info: Explained): string[] {
  const variant = info.variants[info.hashes[0].variant];
  if (variant?.values) return [Array.isArray(variant.values) ? variant.values.join(', ') : variant.values];
  const frames: string[] = [];
  const words: string[] = [];
  const leaf = (c: Component) => c.values.filter((v) => !isPart(v)).join(' ');
  const walk = (c: Component) => {
    if (!c.contributes) return;
    if (c.id === 'frame') {
      const of = (id: string) => c.values.filter(isPart).find((v) => v.id === id && v.contributes);
      const name = of('function');
      const file = of('module') ?? of('filename');
      frames.push([name && leaf(name), file && leaf(file)].filter(Boolean).join(' in '));
    } else if (c.values.some(isPart)) c.values.filter(isPart).forEach(walk);
    else words.push(leaf(c));
  };
  if (variant?.component) walk(variant.component);
  return [...words.slice(0, 1), ...frames.reverse()].filter(Boolean).slice(0, 3);
}

export function GroupedBy({ event, project }: { event: Event; project: string }) {
  const info = useGetLater<Explained>(explained(project, event)).data;
  if (!info) return null;
  return (
    <div class="grouped">
      <h2>Grouped by</h2>
      <p class="small">{info.hashes[0].reason}</p>
      {lines(info).map((l) => (
        <code key={l}>{l}</code>
      ))}
      <Copy text={info.hashes[0].hash} label="Copy the key" />
    </div>
  );
}

// grouping.tsx -- why this event is in this issue: the parts that counted, those that did not and why;
// and taking hashes out of it again.
import { api, type Event, type IssueDetail } from '../api';
import { useGet } from '../data';
import { mayWrite, org } from '../state';
import { change } from '../ui/frame';
import { Age, Problem } from '../ui/small';
import './grouping.css';

interface Component { id: string; name: string | null; contributes: boolean; hint: string | null; values: (Component | string | number)[] }
interface Variant { key: string; type: string; hash: string | null; description: string; contributes?: boolean; component?: Component; values?: string[]; matched_rule?: string }
interface HashRow { id: string; latestEvent?: { eventID: string; dateCreated: string } | null; reason?: string }

export function Grouping({ base, project, event, issue, reload }: { base: string; project: string; event: Event | null; issue: IssueDetail; reload: () => void }) {
  const info = useGet<Record<string, Variant> | { variants: Record<string, Variant> }>(event ? `/projects/${org}/${project}/events/${event.eventID}/grouping-info/` : null);
  const hashes = useGet<HashRow[]>(`${base}/hashes/`);
  const variants = info.data ? Object.values('variants' in info.data ? (info.data.variants as Record<string, Variant>) : info.data) : [];
  const unmerge = async (id: string) => {
    if (await change('Taken out into an issue of its own', () => api.send('DELETE', `${base}/hashes/`, undefined, { id }))) {
      hashes.reload();
      reload();
    }
  };
  return (
    <div class="grouping">
      <section>
        <h2>Hashes of this issue</h2>
        <table class="table">
          <thead><tr><th>Hash</th><th>Grouped by</th><th>Newest event</th><th /></tr></thead>
          <tbody>{(hashes.data ?? []).map((h) => (
            <tr key={h.id}><td class="mono">{h.id}</td><td>{h.reason ?? ''}</td><td><Age at={h.latestEvent?.dateCreated} ago /></td>
              <td>{mayWrite() && (hashes.data?.length ?? 0) > 1 && <button type="button" class="button small" onClick={() => unmerge(h.id)}>Take out</button>}</td></tr>
          ))}</tbody>
        </table>
        <p class="quiet small">The first known hash of an event decides which issue it joins; the others are learnt. To join issues, select them in the list and choose Merge. {issue.shortId}</p>
      </section>
      {info.error && <Problem error={info.error} retry={info.reload} />}
      {variants.map((v) => (
        <section key={v.key}>
          <h2>{v.description || v.key} {v.hash ? <code>{v.hash}</code> : <span class="quiet">does not contribute</span>}</h2>
          {v.matched_rule && <p>Rule: <code>{v.matched_rule}</code></p>}
          {v.values && <p>Fingerprint: <code>{v.values.join(', ')}</code></p>}
          {v.component && <ul class="component"><Part of={v.component} /></ul>}
        </section>
      ))}
    </div>
  );
}

function Part({ of }: { of: Component }) {
  const leaves = of.values?.filter((v): v is string | number => typeof v !== 'object') ?? [];
  const parts = of.values?.filter((v): v is Component => typeof v === 'object') ?? [];
  return (
    <li class={of.contributes ? '' : 'not'}>
      <span>{of.name ?? of.id}</span>{leaves.length > 0 && <code> {leaves.join(' ')}</code>}{of.hint && <em> {of.hint}</em>}
      {parts.length > 0 && <ul>{parts.map((p, i) => <Part key={i} of={p} />)}</ul>}
    </li>
  );
}

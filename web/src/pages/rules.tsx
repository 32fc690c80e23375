// rules.tsx -- fingerprint and stack trace rules of a project. They are tried on the newest events before
// they are saved; the server says where one is wrong.
import { useState } from 'preact/hooks';
import { api, ApiError, type EventRow } from '../api';
import { mayConfigure, org, useHref } from '../state';
import { Text } from '../ui/form';
import { Link } from '../ui/link';
import { Empty, Problem } from '../ui/small';
import { Table } from '../ui/table';
import type { Explained } from './grouping';
import type { ProjectDetail, Save } from './project';

const LOOKED_AT = 100; // newest events
const TRIED = 20; // issues among them, one event each

const fingerprintExample = `error.type:DatabaseUnavailable -> system-down
message:"connection reset*" -> {{ default }}, {{ transaction }}`;
const stackExample = `stack.module:app.helpers.* -app
family:javascript stack.abs_path:**/vendor/** -group`;

export function Rules({ project, save }: { project: ProjectDetail; save: Save }) {
  const [fingerprintingRules, setFingerprint] = useState(project.fingerprintingRules ?? '');
  const [groupingEnhancements, setStack] = useState(project.groupingEnhancements ?? '');
  return (
    <>
      <Text
        label="Fingerprint rules"
        before={project.fingerprintingRules ?? ''}
        rows={4}
        verb="Check and save"
        example={fingerprintExample}
        changed={setFingerprint}
        save={(text) => save('Fingerprint rules saved', { fingerprintingRules: text })}
      />
      <Text
        label="Stack trace rules"
        before={project.groupingEnhancements ?? ''}
        rows={4}
        verb="Check and save"
        example={stackExample}
        changed={setStack}
        save={(text) => save('Stack trace rules saved', { groupingEnhancements: text })}
      />
      {mayConfigure() && <Tester project={project} rules={{ fingerprintingRules, groupingEnhancements }} />}
    </>
  );
}

interface Tried {
  event: EventRow;
  now: string; // the key that decides today
  then: string; // and under the rules that are tried
  reason: string;
  rule: string | null;
}

async function tryOn(base: string, rules: object, event: EventRow): Promise<Tried> {
  const path = `${base}/events/${event.eventID}/grouping-info/`;
  const [now, then] = await Promise.all([api.get<Explained>(path), api.send<Explained>('POST', path, rules)]);
  const first = then!.hashes[0];
  return {
    event,
    now: now.hashes[0].hash,
    then: first.hash,
    reason: first.reason,
    rule: then!.matchedRule?.text ?? null,
  };
}

function Tester({ project, rules }: { project: ProjectDetail; rules: object }) {
  const base = `/projects/${org}/${project.slug}`;
  const href = useHref();
  const [tried, setTried] = useState<Tried[] | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    try {
      const newest = await api.get<EventRow[]>(`${base}/events/`, { per_page: LOOKED_AT });
      const events = newest.filter((e, i) => newest.findIndex((f) => f.groupID === e.groupID) === i).slice(0, TRIED);
      const first = await Promise.all(events.slice(0, 1).map((e) => tryOn(base, rules, e))); // tells what is wrong
      setTried([...first, ...(await Promise.all(events.slice(1).map((e) => tryOn(base, rules, e))))]);
      setError(null);
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      setError(cause);
    }
    setBusy(false);
  };
  const changed = (tried ?? []).filter((t) => t.now !== t.then).length;
  const keys = (of: (t: Tried) => string) => new Set((tried ?? []).map(of)).size;
  return (
    <>
      <p>
        <button type="button" class="button" disabled={busy} onClick={run}>
          Try on the newest events
        </button>{' '}
        {tried && !error && tried.length > 0 && (
          <span role="status">
            {changed} of {tried.length} would be grouped otherwise; {keys((t) => t.now)} groups now,{' '}
            {keys((t) => t.then)} then
          </span>
        )}
      </p>
      {error && <Problem error={error} />}
      {tried?.length === 0 && <Empty title="No event to try them on" />}
      {tried && !error && tried.length > 0 && (
        <Table
          label="What the rules would do"
          columns={[
            { label: 'Event', kind: 'wide' },
            { label: 'Key now' },
            { label: 'Key then' },
            { label: 'Made of', kind: 'cut' },
          ]}
          rows={tried.map((t) => ({
            key: t.event.eventID,
            cells: [
              <Link href={href(`/issues/${t.event.groupID}/events/${t.event.eventID}`)}>{t.event.title}</Link>,
              <code title={t.now}>{t.now.slice(0, 8)}</code>,
              <code title={t.then} class={t.now === t.then ? 'quiet' : 'worse'}>
                {t.then.slice(0, 8)}
              </code>,
              t.rule ? <code>{t.rule}</code> : <span class="quiet">{t.reason}</span>,
            ],
          }))}
        />
      )}
    </>
  );
}

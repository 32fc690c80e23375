// connect.tsx -- a list without rows. When nothing of this kind has ever come in: what to set so that it does,
// ready to paste.
import type { Key, Params } from '../api';
import { useGet } from '../data';
import { org, projects, useQuery } from '../state';
import { snippets } from '../pages/snippets';
import './connect.css';
import { Link } from './link';
import { Copy, Empty, Problem } from './small';

interface First {
  title: string;
  what: string;
  sentry: string; // the line for a Sentry SDK, with DSN in it
}

/** How a Sentry SDK is told to send traces. */
export const sentryTraces = 'sentry_sdk.init(dsn="DSN", traces_sample_rate=1.0)  # tracesSampleRate elsewhere';

/** Was something left out by the filter, was nothing there in this time, or did nothing ever come? */
export function Nothing({
  of,
  params,
  one,
  many,
  quiet,
  first,
  filtered,
  clear,
}: {
  of: string; // "logs": the list that is asked whether there ever was something
  params?: Params;
  one: string;
  many: string;
  quiet: string; // nobody filters, and nothing was there in this time
  first: First;
  filtered: boolean;
  clear: () => void;
}) {
  const ever = useGet<unknown[]>(`/organizations/${org}/${of}/`, { statsPeriod: '90d', ...params });
  if (!ever.data && !ever.error) return null;
  if (ever.data?.length === 0) return <Connect {...first} />;
  return (
    <Empty title={filtered ? `The filter excludes every ${one}` : quiet}>
      <p>There are {many} in other projects, environments or times.</p>
      <button type="button" class="button" onClick={clear}>
        Show all {one}s
      </button>
    </Empty>
  );
}

function Connect({ title, what, sentry }: First) {
  const { query } = useQuery();
  const project = projects.value.find((p) => p.id === query.get('project')) ?? projects.value[0];
  const keys = useGet<Key[]>(project ? `/projects/${org}/${project.slug}/keys/` : null);
  const key = keys.data?.find((k) => k.isActive);
  const otlp = snippets.find((s) => s.name === 'OpenTelemetry')!;
  return (
    <div class="connect">
      <Empty title={title}>
        <p>{what}</p>
      </Empty>
      {keys.error && <Problem error={keys.error} retry={keys.reload} />}
      {key && (
        <>
          <h2>From any OpenTelemetry SDK or collector</h2>
          <p class="quiet small">
            By OTLP over HTTP, in protobuf or JSON; these variables are understood by every SDK. They send to project{' '}
            <strong>{project.slug}</strong>.
          </p>
          <Pasted text={otlp.code(key)} of="the settings for OpenTelemetry" />
          <h2>From a Sentry SDK</h2>
          <p class="quiet small">One option of the SDK that sends the errors already.</p>
          <Pasted text={sentry.replace('DSN', key.dsn.public)} of="the settings for a Sentry SDK" />
        </>
      )}
      {keys.data && !key && (
        <p>
          No key of project <strong>{project?.slug}</strong> is switched on:{' '}
          <Link href={`/settings/projects/${project?.slug}`}>its keys</Link>
        </p>
      )}
    </div>
  );
}

const Pasted = ({ text, of }: { text: string; of: string }) => (
  <div class="connect-code">
    <pre class="verbatim" tabIndex={0} aria-label={of}>
      {text}
    </pre>
    <Copy text={text} of={of} />
  </div>
);

// connect.tsx -- nothing of this kind has come in: what to set so that it does, ready to paste.
import type { Key } from '../api';
import { useGet } from '../data';
import { org, projects, useQuery } from '../state';
import { snippets } from '../pages/snippets';
import './connect.css';
import { Link } from './link';
import { Copy, Empty, Problem } from './small';

export function Connect({ title, what, sentry }: { title: string; what: string; sentry: string }) {
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

// welcome.tsx -- from nothing to the first event: a DSN, a snippet to paste, and a page that waits.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import type { Issue, Key } from '../api';
import { useGet, usePage, useTitle } from '../data';
import { org, projects, useQuery } from '../state';
import type { Service } from '../trace/shapes';
import { Link } from '../ui/link';
import { Copy, Empty, Missing } from '../ui/small';
import { readProjects } from './settings';
import { snippets } from './snippets';
import './welcome.css';

export function Welcome() {
  const { query } = useQuery();
  const project = projects.value.find((p) => p.id === query.get('project')) ?? projects.value[0];
  const keys = useGet<Key[]>(project ? `/projects/${org}/${project.slug}/keys/` : null);
  const key = keys.data?.find((k) => k.isActive);
  const fitting = snippets.find((s) => project?.platform && s.platforms.includes(project.platform)) ?? snippets[0];
  const [chosen, choose] = useState(fitting.name);
  const snippet = snippets.find((s) => s.name === chosen)!;
  useTitle('Send the first event');
  return (
    <main class="content welcome">
      <h1>Send the first event</h1>
      <Missing of={keys} />
      {keys.data && !key && (
        <Empty title="No key of this project is switched on">
          <Link class="button" href={`/settings/projects/${project.slug}`}>
            Keys of {project.slug}
          </Link>
        </Empty>
      )}
      {key && (
        <>
          <p>
            This is the DSN of project <strong>{project.slug}</strong>. Every Sentry SDK takes it; nothing else changes.
          </p>
          <Pasted text={key.dsn.public} of="the DSN" />
          <div class="tabs" role="tablist" aria-label="Language">
            {snippets.map((s) => (
              <button
                key={s.name}
                type="button"
                role="tab"
                id={`tab-${s.name}`}
                aria-controls="snippet"
                aria-selected={s.name === chosen}
                onClick={() => choose(s.name)}
              >
                {s.name}
              </button>
            ))}
          </div>
          <div id="snippet" role="tabpanel" aria-labelledby={`tab-${chosen}`}>
            <p class="quiet mono">{snippet.install}</p>
            <Pasted text={snippet.code(key)} of="the snippet" />
          </div>
          <Waiting />
        </>
      )}
    </main>
  );
}

const Pasted = ({ text, of }: { text: string; of: string }) => (
  <div class="pasted">
    <pre class="verbatim" tabIndex={0} aria-label={of}>
      {text}
    </pre>
    <Copy text={text} of={of} />
  </div>
);

/** Opens the first issue that comes to be while one looks at this page. */
function Waiting() {
  const [, go] = useLocation();
  const newest = usePage<Issue[]>(`/organizations/${org}/issues/`, { query: '', sort: 'new', limit: 1 }, 1000);
  const services = useGet<Service[]>(`/organizations/${org}/services/`, { statsPeriod: '24h' }, 3000);
  const before = useRef<string | null | undefined>(undefined);
  const id = newest.data ? (newest.data.rows[0]?.id ?? null) : undefined;
  useEffect(() => {
    if (id === undefined) return;
    if (before.current === undefined) before.current = id;
    else if (id && id !== before.current) readProjects().then(() => go(`/issues/${id}`));
  }, [id]);
  return (
    <p class="waiting" role="status">
      <i aria-hidden="true" />
      <span>
        {id
          ? 'Events are arriving. The next new issue opens by itself.'
          : 'Waiting for the first event; this page opens it when it comes.'}{' '}
        <Link href="/issues">Go to the issues</Link>
        {services.data && services.data.length > 0 && (
          <>
            . Spans are arriving: <Link href="/traces">go to the traces</Link>
          </>
        )}
      </span>
    </p>
  );
}

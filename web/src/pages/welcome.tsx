// welcome.tsx -- from nothing to the first event: a DSN, a snippet to paste, and a page that waits.
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import type { Issue, Key } from '../api';
import { useGet, usePage } from '../data';
import { org, projects } from '../state';
import { Copy, Problem } from '../ui/small';
import './welcome.css';

type Snippet = { name: string; install: string; code: (dsn: string, key: Key) => string };
const snippets: Snippet[] = [
  { name: 'Python', install: 'pip install sentry-sdk', code: (dsn) => `import sentry_sdk\n\nsentry_sdk.init(dsn="${dsn}", traces_sample_rate=1.0)\n\n1 / 0  # the first error` },
  { name: 'Browser', install: 'npm install @sentry/browser', code: (dsn) => `import * as Sentry from '@sentry/browser';\n\nSentry.init({ dsn: '${dsn}' });\n\nsetTimeout(() => { throw new Error('the first error'); });` },
  { name: 'Node', install: 'npm install @sentry/node', code: (dsn) => `import * as Sentry from '@sentry/node';\n\nSentry.init({ dsn: '${dsn}', tracesSampleRate: 1.0 });\n\nsetTimeout(() => { throw new Error('the first error'); });` },
  { name: 'Go', install: 'go get github.com/getsentry/sentry-go', code: (dsn) => `sentry.Init(sentry.ClientOptions{Dsn: "${dsn}"})\ndefer sentry.Flush(2 * time.Second)\n\nsentry.CaptureException(errors.New("the first error"))` },
  { name: 'Java', install: 'io.sentry:sentry', code: (dsn) => `Sentry.init(options -> options.setDsn("${dsn}"));\n\nSentry.captureException(new IllegalStateException("the first error"));` },
  { name: 'Ruby', install: 'gem install sentry-ruby', code: (dsn) => `require 'sentry-ruby'\nSentry.init { |config| config.dsn = '${dsn}' }\n\nSentry.capture_exception(RuntimeError.new('the first error'))` },
  { name: 'PHP', install: 'composer require sentry/sentry', code: (dsn) => `\\Sentry\\init(['dsn' => '${dsn}']);\n\n\\Sentry\\captureException(new \\RuntimeException('the first error'));` },
  { name: '.NET', install: 'dotnet add package Sentry', code: (dsn) => `SentrySdk.Init(o => o.Dsn = "${dsn}");\n\nSentrySdk.CaptureException(new Exception("the first error"));` },
  { name: 'Rust', install: 'cargo add sentry', code: (dsn) => `let _guard = sentry::init("${dsn}");\n\nsentry::capture_message("the first event", sentry::Level::Error);` },
  { name: 'OpenTelemetry', install: 'any OTLP/HTTP exporter', code: (_dsn, key) => `OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nOTEL_EXPORTER_OTLP_TRACES_ENDPOINT=${key.dsn.otlp_traces}\nOTEL_EXPORTER_OTLP_LOGS_ENDPOINT=${key.dsn.otlp_logs}\nOTEL_EXPORTER_OTLP_HEADERS=x-sentry-auth=sentry sentry_key=${key.id}` },
  { name: 'curl', install: 'nothing to install', code: (dsn, key) => `curl '${dsn.replace(/\/\/[^@]+@/, '//').replace(/\/(\d+)$/, '/api/$1/store/')}' \\\n  -H 'X-Sentry-Auth: Sentry sentry_key=${key.id}' \\\n  -d '{"message":"the first event","level":"error"}'` },
];

export function Welcome() {
  const [, go] = useLocation();
  const project = projects.value[0];
  const keys = useGet<Key[]>(project ? `/projects/${org}/${project.slug}/keys/` : null);
  const first = usePage<Issue[]>(`/organizations/${org}/issues/`, { query: '', limit: 1 }, 1500);
  const [chosen, choose] = useState(snippets[0].name);
  const issue = first.data?.rows[0];
  const [had] = useState<{ id?: string; asked: boolean }>({ asked: false });
  useEffect(() => {
    if (!first.data) return;
    if (!had.asked) {
      had.asked = true;
      had.id = issue?.id;
    } else if (issue && issue.id !== had.id) go(`/issues/${issue.id}`);
  }, [first.data]);
  const key = keys.data?.find((k) => k.isActive);
  const snippet = snippets.find((s) => s.name === chosen)!;
  return (
    <main class="content welcome">
      <h1>Send the first event</h1>
      {keys.error && <Problem error={keys.error} retry={keys.reload} />}
      {key && (
        <>
          <p>This is the DSN of project <strong>{project.slug}</strong>. Every Sentry SDK takes it; nothing else changes.</p>
          <pre class="message dsn">{key.dsn.public}<Copy text={key.dsn.public} /></pre>
          <div class="tabs" role="tablist" aria-label="Language">
            {snippets.map((s) => <a key={s.name} role="tab" href={`#${s.name}`} aria-selected={s.name === chosen} aria-current={s.name === chosen ? 'page' : undefined} onClick={(e) => { e.preventDefault(); choose(s.name); }}>{s.name}</a>)}
          </div>
          <p class="quiet mono">{snippet.install}</p>
          <pre class="message" tabIndex={0}>{snippet.code(key.dsn.public, key)}<Copy text={snippet.code(key.dsn.public, key)} /></pre>
          <p class="waiting" role="status"><i aria-hidden="true" />{issue ? 'Events are arriving. The next new issue opens by itself.' : 'Waiting for the first event; this page opens it when it comes.'} <a href="/issues">Go to the issues</a></p>
        </>
      )}
    </main>
  );
}

// snippets.ts -- how each language sends its first error, ready to paste.
import type { Key } from '../api';

export interface Snippet {
  name: string;
  platforms: string[];
  install: string;
  code: (key: Key) => string;
}

export const snippets: Snippet[] = [
  {
    name: 'Python',
    platforms: ['python'],
    install: 'pip install sentry-sdk',
    code: ({ dsn }) => `import sentry_sdk

sentry_sdk.init(dsn="${dsn.public}", traces_sample_rate=1.0)

1 / 0  # the first error`,
  },
  {
    name: 'Browser',
    platforms: ['javascript'],
    install: 'npm install @sentry/browser',
    code: ({ dsn }) => `import * as Sentry from '@sentry/browser';

Sentry.init({ dsn: '${dsn.public}' });

setTimeout(() => { throw new Error('the first error'); });`,
  },
  {
    name: 'Node',
    platforms: ['node'],
    install: 'npm install @sentry/node',
    code: ({ dsn }) => `import * as Sentry from '@sentry/node';

Sentry.init({ dsn: '${dsn.public}', tracesSampleRate: 1.0 });

setTimeout(() => { throw new Error('the first error'); });`,
  },
  {
    name: 'Go',
    platforms: ['go'],
    install: 'go get github.com/getsentry/sentry-go',
    code: ({ dsn }) => `sentry.Init(sentry.ClientOptions{Dsn: "${dsn.public}"})
defer sentry.Flush(2 * time.Second)

sentry.CaptureException(errors.New("the first error"))`,
  },
  {
    name: 'Java',
    platforms: ['java', 'kotlin'],
    install: 'io.sentry:sentry',
    code: ({ dsn }) => `Sentry.init(options -> options.setDsn("${dsn.public}"));

Sentry.captureException(new IllegalStateException("the first error"));`,
  },
  {
    name: 'Ruby',
    platforms: ['ruby'],
    install: 'gem install sentry-ruby',
    code: ({ dsn }) => `require 'sentry-ruby'
Sentry.init { |config| config.dsn = '${dsn.public}' }

Sentry.capture_exception(RuntimeError.new('the first error'))`,
  },
  {
    name: 'PHP',
    platforms: ['php'],
    install: 'composer require sentry/sentry',
    code: ({ dsn }) => `\\Sentry\\init(['dsn' => '${dsn.public}']);

\\Sentry\\captureException(new \\RuntimeException('the first error'));`,
  },
  {
    name: '.NET',
    platforms: ['csharp', 'dotnet'],
    install: 'dotnet add package Sentry',
    code: ({ dsn }) => `using var _ = SentrySdk.Init(o => o.Dsn = "${dsn.public}");

SentrySdk.CaptureException(new Exception("the first error"));`,
  },
  {
    name: 'Rust',
    platforms: ['rust', 'native'],
    install: 'cargo add sentry',
    code: ({ dsn }) => `let _guard = sentry::init("${dsn.public}");

sentry::capture_message("the first event", sentry::Level::Error);`,
  },
  {
    name: 'OpenTelemetry',
    platforms: ['opentelemetry'],
    install: 'any OTLP/HTTP exporter, set up by its environment',
    // values are percent-encoded, as the specification of this variable wants
    code: ({ id, dsn }) => `OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=${dsn.otlp_traces}
OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=${dsn.otlp_logs}
OTEL_EXPORTER_OTLP_HEADERS=x-sentry-auth=sentry%20sentry_key%3D${id}`,
  },
  {
    name: 'curl',
    platforms: [],
    install: 'nothing to install',
    code: ({ id, dsn }) => `curl '${dsn.public.replace(/\/\/[^@]+@(.+)\/(\d+)$/, '//$1/api/$2/store/')}' \\
  -H 'X-Sentry-Auth: Sentry sentry_version=7, sentry_key=${id}' \\
  -d '{"message":"the first event","level":"error"}'`,
  },
];

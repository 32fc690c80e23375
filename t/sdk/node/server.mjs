// A service that takes up the trace of whoever calls it (sentry-trace), answers one request with an error,
// and ends. Prints its address first; see ../README.md.
import * as Sentry from '@sentry/node';

Sentry.init({ dsn: process.argv[2], release: 'quern-sdk@1.2.3', environment: 'e2e', tracesSampleRate: 1 });
const { createServer } = await import('node:http');

const server = createServer((_request, response) => {
  const span = Sentry.getActiveSpan();
  const event = Sentry.captureException(new RangeError('no such card'));
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Connection', 'close');
  response.end(JSON.stringify({ trace: span.spanContext().traceId, span: span.spanContext().spanId, event }));
  server.close(() => Sentry.flush(10000).then(() => process.exit(0)));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/charge`));
setTimeout(() => process.exit(1), 30000);

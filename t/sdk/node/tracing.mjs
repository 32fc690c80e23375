// A transaction with spans and an error in one of them; see ../README.md. With an address as second
// argument it asks there, and the trace goes on in whoever answers.
import * as Sentry from '@sentry/node';

Sentry.init({
  dsn: process.argv[2],
  release: 'quern-sdk@1.2.3',
  environment: 'e2e',
  tracesSampleRate: 1,
  propagateTraceparent: true,
});
Sentry.setTag('service', 'sentry-node');

const ids = {};
await Sentry.startSpan({ op: 'http.server', name: 'GET /checkout', attributes: { 'cart.items': 2 } }, async (root) => {
  ids.trace = root.spanContext().traceId;
  ids.root = root.spanContext().spanId;
  Sentry.startSpan({ op: 'db', name: 'SELECT orders', attributes: { 'db.system': 'postgresql' } }, (select) => {
    ids.select = select.spanContext().spanId;
  });
  await Sentry.startSpan({ op: 'function', name: 'charge card' }, async (charge) => {
    ids.charge = charge.spanContext().spanId;
    if (process.argv[3]) ids.answer = await (await fetch(process.argv[3])).json();
    charge.setStatus({ code: 2, message: 'not_found' });
    ids.event = Sentry.captureException(new RangeError('no such card'));
  });
});
await Sentry.flush(10000);
console.log(JSON.stringify(ids));

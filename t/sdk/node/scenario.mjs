import * as Sentry from '@sentry/node';

Sentry.init({ dsn: process.argv[2], release: 'quern-sdk@1.2.3', environment: 'e2e' });
Sentry.setTag('suite', 'sdk-node');
Sentry.setTag('answer', 42);
Sentry.setUser({ id: 'u-1', email: 'ada@example.com', username: 'ada' });
Sentry.addBreadcrumb({ category: 'test.step', message: 'step one', level: 'info' });
Sentry.addBreadcrumb({ category: 'test.step', message: 'step two', level: 'warning' });

function inner() {
  throw new TypeError('inner cause');
}
function outer(order) {
  try {
    inner();
  } catch (cause) {
    throw new Error(`outer failed for order ${order}`, { cause });
  }
}

const ids = {};
Sentry.withScope((scope) => {
  scope.addAttachment({ filename: 'note.txt', data: 'hello attachment', contentType: 'text/plain' });
  try {
    outer(42);
  } catch (error) {
    ids.exception = Sentry.captureException(error);
  }
});
ids.message = Sentry.captureMessage('hello from node', 'warning');
await Sentry.flush(10000);
console.log(JSON.stringify(ids));

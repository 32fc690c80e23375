import * as Sentry from '@sentry/browser';

window.scenario = async (dsn) => {
  Sentry.init({ dsn, release: 'quern-sdk@1.2.3', environment: 'e2e' });
  Sentry.setTag('suite', 'sdk-browser');
  Sentry.setTag('answer', 42);
  Sentry.setUser({ id: 'u-1', email: 'ada@example.com', username: 'ada' });
  Sentry.addBreadcrumb({ category: 'test.step', message: 'step one', level: 'info' });
  Sentry.addBreadcrumb({ category: 'test.step', message: 'step two', level: 'warning' });
  const ids = {};
  Sentry.withScope((scope) => {
    scope.addAttachment({ filename: 'note.txt', data: 'hello attachment', contentType: 'text/plain' });
    try {
      try {
        throw new TypeError('inner cause');
      } catch (cause) {
        throw new Error('outer failed for order 42', { cause });
      }
    } catch (error) {
      ids.exception = Sentry.captureException(error);
    }
  });
  ids.message = Sentry.captureMessage('hello from browser', 'warning');
  await Sentry.flush(10000);
  return ids;
};

// first-event.mjs -- the first five minutes: log in, see the DSN, send an error with a real SDK, see it.
import { execFileSync } from 'node:child_process';
import { base, boot, comes, is, login, ok, run, settled } from './browser.mjs';

function send(dsn) {
  try {
    execFileSync('sh', [new URL('../sdk/run', import.meta.url).pathname, 'python', dsn], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return 'the Python SDK';
  } catch (error) {
    if (error.status !== 77) throw error;
    return null; // no Python here
  }
}

const viaHttp = async (key) => {
  const exception = {
    values: [{ type: 'ValueError', value: 'outer failed for order 42' }],
  };
  await fetch(`${base}/api/1/store/`, {
    method: 'POST',
    headers: { 'X-Sentry-Auth': `Sentry sentry_version=7, sentry_key=${key}` },
    body: JSON.stringify({ platform: 'python', exception }),
  });
};

const span = async (key) => {
  const now = BigInt(Date.now()) * 1_000_000n;
  const one = {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    name: 'GET /',
    kind: 2,
    startTimeUnixNano: String(now - 5_000_000n),
    endTimeUnixNano: String(now),
  };
  await fetch(`${base}/api/1/integration/otlp/v1/traces`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Sentry-Auth': `sentry sentry_key=${key}` },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [one] }] }] }),
  });
};

await run(async ({ window }) => {
  const page = await login(await window());
  await page.waitForURL('**/welcome');
  ok(true, 'a server without events shows how to send one');
  await page.waitForSelector('.pasted');
  const dsn = (await page.locator('.pasted pre').first().textContent()).trim();
  is(new URL(dsn).username, boot.public_key, 'the DSN that is shown has the key of the first project');
  is(new URL(dsn).host, new URL(base).host, 'and the address that the browser uses');

  for (const name of ['Python', 'Node', 'Go', 'Java', 'OpenTelemetry', 'curl']) {
    await page.getByRole('tab', { name, exact: true }).click();
    const chosen = page.getByRole('tabpanel', { name, exact: true }).locator('pre');
    await comes(
      async () => (await chosen.textContent()).includes(boot.public_key),
      `the snippet for ${name} has the key in it`,
    );
  }
  const otlp = page.getByRole('tab', { name: 'OpenTelemetry' });
  await otlp.click();
  await comes(
    async () => (await page.locator('#snippet pre').textContent()).includes('/integration/otlp/v1/traces'),
    'OTLP settings are there too',
  );
  await page.getByText('Waiting for the first event').waitFor();
  ok(true, 'the page says that it waits');

  await span(boot.public_key);
  await page.getByRole('link', { name: 'go to the traces' }).waitFor();
  ok(true, 'and tells of spans that come before any error');
  const other = await login(await window());
  await other.waitForURL('**/traces');
  ok(true, 'whoever comes now is led to them');
  await other.close();

  await page.evaluate(() => (window.stayed = true));
  const by = send(dsn);
  if (!by) await viaHttp(boot.public_key);
  await page.waitForURL(/\/issues\/\d+/);
  ok(true, `an event of ${by ?? 'a plain request'} opens its issue`);
  ok(await page.evaluate(() => window.stayed), 'without loading the page anew');
  await page.waitForSelector('.issue-head');
  const title = page.locator('.issue-head h1');
  await comes(
    async () => /ValueError|hello from python/.test(await title.textContent()),
    'which is the one that was sent',
  );
  await page.goto(base + '/');
  await page.waitForURL('**/issues');
  await settled(page);
  ok(true, 'from now on the first page is the list of issues');
});

// logs.mjs -- log lines: found, opened, followed to their trace and issue, and heard as they come.
import { base, becomes, boot, comes, is, login, ok, run, settled, visit } from './browser.mjs';
import { seed } from './seed.mjs';
import { traffic } from './traffic.mjs';

const org = '/organizations/default';

await run(async ({ window }) => {
  const page = await login(await window());
  await visit(page, '/logs');
  await page.getByText('No logs yet').waitFor();
  await comes(
    async () =>
      (await page.getByLabel('the settings for OpenTelemetry', { exact: true }).textContent()).includes(
        'LOGS_ENDPOINT=',
      ),
    'no logs: the settings for OTLP',
  );

  const { server, places } = await seed(base, boot, 0.02);
  const traces = await traffic(server, places, 500);
  const total = traces.flatMap((t) => t.logs).length;
  const say = async (text, severityNumber = 9) => {
    const record = { timeUnixNano: `${Date.now()}000000`, severityNumber, body: { stringValue: text } };
    const body = {
      resourceLogs: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'town-crier' } }] },
          scopeLogs: [{ logRecords: [record] }],
        },
      ],
    };
    const { id, key } = places.checkout;
    const answer = await fetch(`${base}/api/${id}/integration/otlp/v1/logs`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Sentry-Auth': `sentry sentry_key=${key}` },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`log: ${answer.status}`);
  };

  await page.reload();
  await page.getByRole('link', { name: 'Logs', exact: true }).click();
  const rows = page.locator('.log-row');
  const said = () => page.locator('.log-row .said').allTextContents();
  const box = page.getByRole('treegrid', { name: 'Log lines' });
  await rows.first().waitFor();
  const newest = await server.call('GET', `${org}/logs/?statsPeriod=24h&per_page=20`);
  await becomes(
    async () => (await said()).slice(0, 10).join('\n'),
    newest
      .slice(0, 10)
      .map((l) => l.message)
      .join('\n'),
    'lines are listed, the newest first',
  );
  await comes(() => page.locator('.logs .chart canvas').isVisible(), 'with how many there were of each level');

  // long lists
  await visit(page, '/logs?statsPeriod=14d');
  await rows.first().waitFor();
  await comes(async () => {
    await box.evaluate((b) => (b.scrollTop = b.scrollHeight));
    return Number(await box.getAttribute('aria-rowcount')) === total;
  }, `all ${total} come while one scrolls`);
  ok((await rows.count()) < 100, 'of which only those in sight are in the page');

  // by level, service, text
  const levels = async () => new Set((await page.locator('.log-row .level').allTextContents()).map((t) => t.trim()));
  await visit(page, '/logs?statsPeriod=14d');
  await page.getByRole('button', { name: 'All levels' }).click();
  await page.getByRole('menuitemradio', { name: 'Warn', exact: true }).click();
  await page.waitForURL(/level=warn/);
  await becomes(async () => [...(await levels())].join(), 'warn', 'one level');
  await page.getByRole('button', { name: 'Warn', exact: true }).click();
  await page.getByRole('menuitemradio', { name: 'Warnings and worse' }).click();
  await becomes(async () => [...(await levels())].sort().join(), 'error,warn', 'or that and what is worse');
  await visit(page, '/logs?statsPeriod=14d');
  await page.getByRole('button', { name: 'All services' }).click();
  await page.getByRole('menuitemradio', { name: 'mailer' }).click();
  await comes(async () => {
    const all = await page.locator('.log-row .service-chip').allTextContents();
    return all.length > 0 && all.every((t) => t === 'mailer');
  }, 'one service');
  await visit(page, '/logs?statsPeriod=14d');
  await page.getByRole('combobox').fill('voucher SUMMER25');
  await page.keyboard.press('Enter');
  await page.waitForURL(/query=voucher/);
  await comes(async () => {
    const all = await said();
    return all.length > 0 && all.every((t) => /voucher/.test(t) && /SUMMER25/.test(t));
  }, 'words of the message');
  await page.getByRole('combobox').fill('words.that.nobody.wrote');
  await page.keyboard.press('Enter');
  await page.getByText('The filter excludes every line').waitFor();
  await page.getByRole('button', { name: 'Show all lines' }).click();
  await rows.first().waitFor();
  ok(true, 'a filter that excludes everything offers the way out');
  page.expected.push(/status of 400/);
  await page.getByRole('combobox').fill('(level:info');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').first().waitFor();
  ok(true, 'a query that cannot be read is answered with why');

  // one line
  await visit(page, '/logs?statsPeriod=14d&service=checkout');
  await rows.first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  const detail = page.locator('.log-detail');
  await detail.getByRole('region', { name: 'Resource' }).getByText('host.name').waitFor();
  await detail.getByRole('region', { name: 'Attributes' }).getByText('thread.name').waitFor();
  ok(true, 'a line opens with all that came with it, by keyboard');
  const message = await detail.getByLabel('Message').textContent();
  await detail.getByRole('button', { name: 'Filter by host.name' }).click();
  await page.waitForURL(/host\.name/);
  await comes(async () => (await said()).includes(message), 'what it has becomes the filter');
  await rows.first().click();
  await detail.getByRole('link', { name: 'Span in its trace' }).click();
  await page.waitForURL(/\/traces\/[0-9a-f]{32}\?.*span=[0-9a-f]{16}/);
  ok(true, 'from a line to its span');
  await visit(page, `/logs?statsPeriod=14d&query=${encodeURIComponent(`trace:${traces.at(-1).id}`)}`);
  is(
    (await server.call('GET', `${org}/logs/?statsPeriod=14d&trace=${traces.at(-1).id}`)).length,
    traces.at(-1).logs.length,
    'the lines of a trace',
  );
  await settled(page);
  await becomes(() => rows.count(), traces.at(-1).logs.length, 'as the page shows them');

  // odd ones: without a body, with the colours of a terminal
  await say('');
  await say('\u001b[32mready\u001b[0m to serve');
  await visit(page, '/logs?service=town-crier');
  await becomes(async () => (await said()).sort().join('|'), '(empty)|ready to serve', 'lines of odd shape are listed');

  // no answer
  await visit(page, '/logs?statsPeriod=24h');
  await rows.first().waitFor();
  page.expected.push(/ERR_FAILED|Failed to load resource/);
  await page.route('**/logs/?*', (route) => route.abort());
  await page.getByRole('button', { name: 'All levels' }).click();
  await page.getByRole('menuitemradio', { name: 'Info', exact: true }).click();
  await page.getByRole('alert').waitFor();
  ok((await rows.count()) > 0, 'when the server does not answer, that is said, and the lines stay');
  await page.unroute('**/logs/?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await becomes(() => page.getByRole('alert').count(), 0, 'trying again brings it back');

  // live
  await visit(page, '/logs?statsPeriod=24h');
  await rows.first().waitFor();
  await page.evaluate(() => (window.stayed = true));
  await page.getByRole('button', { name: 'Live', exact: true }).click();
  await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
  await say('hear ye, hear ye');
  await becomes(async () => (await said())[0], 'hear ye, hear ye', 'a line appears when it comes');
  ok(await page.evaluate(() => window.stayed), 'without a reload');
  await box.evaluate((b) => (b.scrollTop = 1200));
  await comes(async () => !(await said()).includes('hear ye, hear ye'), 'one reads further down');
  await settled(page);
  const before = await said();
  await say('the second line');
  await page.getByRole('button', { name: '1 new, show it' }).waitFor();
  is((await said()).join(), before.join(), 'further down nothing jumps: it is counted');
  await page.getByRole('button', { name: '1 new, show it' }).click();
  await becomes(async () => (await said())[0], 'the second line', 'and shown when it is wanted');
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.getByRole('button', { name: 'Live', exact: true }).waitFor();
  await say('while nobody listened');
  await settled(page);
  is((await said())[0], 'the second line', 'paused, nothing moves');
  await page.getByRole('button', { name: 'Live', exact: true }).click();
  await becomes(async () => (await said())[0], 'while nobody listened', 'and nothing is missed when it goes on');
});

// traces.mjs -- finding traces: filters, sorts, the chart, and two of them beside each other.
import { base, becomes, boot, comes, is, login, ok, run, settled, visit } from './browser.mjs';
import { seed } from './seed.mjs';
import { traffic } from './traffic.mjs';

const org = '/organizations/default';

await run(async ({ window }) => {
  const page = await login(await window({ permissions: ['clipboard-read', 'clipboard-write'] }));

  // nothing yet: what to set
  await visit(page, '/traces');
  await page.getByText('No traces yet').waitFor();
  await comes(
    async () =>
      (await page.getByLabel('the settings for OpenTelemetry', { exact: true }).textContent()).includes(
        boot.public_key,
      ),
    'no traces: the settings for OTLP, with the key of the project',
  );
  await page.getByRole('button', { name: 'Copy the settings for OpenTelemetry' }).click();
  await page.locator('.toast', { hasText: 'Copied' }).waitFor();
  ok(
    (await page.evaluate(() => navigator.clipboard.readText())).includes('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT='),
    'ready to paste',
  );

  const { server, places } = await seed(base, boot, 0.02);
  await traffic(server, places, 300);
  const list = (params = '') => server.call('GET', `${org}/traces/?statsPeriod=24h&per_page=50${params}`);
  const rows = page.locator('.trace-table tbody tr');
  const took = async () => (await page.locator('.trace-table .took').allTextContents()).map(millis);

  await page.reload();
  await page.getByRole('link', { name: 'Traces', exact: true }).click();
  await rows.first().waitFor();
  const newest = await list();
  await becomes(() => rows.count(), newest.length, 'traces are listed');
  await becomes(
    async () => (await page.locator('.trace-name').evaluateAll((all) => all.map((a) => a.title))).join(),
    [...newest]
      .sort((a, b) => b.start - a.start)
      .map((t) => t.traceId)
      .join(),
    'the newest first',
  );
  await becomes(() => page.locator('.scatter circle').count(), newest.length, 'each is a point of the chart');

  // sorts
  await page.getByRole('button', { name: 'Took', exact: true }).click();
  await page.waitForURL(/sort=-duration/);
  await comes(async () => ordered(await took(), (a, b) => a >= b), 'a click sorts by how long they took');
  await page.getByRole('button', { name: /^Took/ }).click();
  await page.waitForURL(/sort=duration/);
  await comes(async () => ordered(await took(), (a, b) => a <= b), 'another one turns it round');
  await page.getByRole('button', { name: 'Spans', exact: true }).click();
  await page.waitForURL(/sort=-spans/);
  const most = (await list('&sort=-spans'))[0].spans;
  await comes(
    async () => Number(await rows.first().locator('[data-label=spans]').textContent()) === most,
    'or by how many spans they have',
  );

  // by service, operation, errors
  await visit(page, '/traces');
  await page.getByRole('button', { name: 'All services' }).click();
  await page.getByRole('menuitemradio', { name: 'payments' }).click();
  await page.waitForURL(/service=payments/);
  await comes(async () => {
    const all = await rows.locator('.parts').allTextContents();
    return all.length > 0 && all.every((t) => t.includes('payments'));
  }, 'a service is chosen');
  await page.getByRole('button', { name: 'All operations' }).click();
  await page.getByRole('menuitemradio', { name: 'POST /charge' }).click();
  await page.waitForURL(/operation=/);
  await page.getByRole('button', { name: 'POST /charge' }).waitFor();
  await comes(async () => (await rows.count()) > 0, 'and an operation of it');
  await visit(page, '/traces?statsPeriod=14d');
  await page.getByRole('button', { name: 'With errors' }).click();
  await page.waitForURL(/errors=1/);
  await comes(async () => {
    const all = await rows.count();
    return all > 0 && (await page.locator('.trace-table tr.failed').count()) === all;
  }, 'only those with errors');

  // the filter completes what spans have
  await visit(page, '/traces?statsPeriod=14d');
  await page.getByRole('combobox').fill('http.ro');
  await page.getByRole('option', { name: 'http.route:' }).click();
  await page.getByRole('option', { name: 'http.route:/cart/voucher' }).click();
  await page.waitForURL(/http\.route/);
  await comes(async () => {
    const all = await rows.locator('.trace-name').allTextContents();
    return all.length > 0 && all.every((t) => t === 'POST /cart/voucher');
  }, 'attributes and their values are offered, and found');
  const issue = page.locator('.trace-table .what a', { hasText: /^[A-Z]+-\d+$/ }).first();
  await visit(page, '/traces?statsPeriod=14d&service=checkout&operation=POST+%2Fcart%2Fvoucher&errors=1');
  await issue.click();
  await page.waitForSelector('.issue-head');
  ok(true, 'from a trace to its issue');
  await visit(page, `/traces?query=${encodeURIComponent('{ resource.service.name = "search" }')}&statsPeriod=14d`);
  await comes(async () => {
    const all = await rows.locator('.parts').allTextContents();
    return all.length > 0 && all.every((t) => t.includes('search'));
  }, 'TraceQL in braces is understood');
  page.expected.push(/status of 400/);
  await page.getByRole('combobox').fill('(service:search');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  ok(true, 'a query that cannot be read is answered with why');
  await page.getByRole('combobox').fill('http.route:/nowhere');
  await page.keyboard.press('Enter');
  await page.getByText('The filter excludes every trace').waitFor();
  await page.getByRole('button', { name: 'Show all traces' }).click();
  await rows.first().waitFor();
  ok(true, 'a filter that excludes everything says so, and offers the way out');

  // pages
  await page.getByRole('button', { name: 'Next', exact: true }).click();
  await page.waitForURL(/cursor=/);
  await settled(page);
  const second = await page.locator('.trace-name').first().getAttribute('title');
  await page.reload();
  await becomes(
    () => page.locator('.trace-name').first().getAttribute('title'),
    second,
    'the address of a page of the list can be shared',
  );
  await page.getByRole('button', { name: 'First', exact: true }).click();
  await comes(async () => (await rows.count()) === 50, 'and back');

  // what will be opened is asked for when the button goes down, and once
  const asked = [];
  page.on('request', (r) => asked.push(r.url()));
  const name = page.locator('.trace-name').first();
  const wanted = `/trace/${await name.getAttribute('title')}/table/?limit=`; // without a limit: what came since
  const times = () => asked.filter((url) => url.includes(wanted)).length;
  await name.hover();
  await page.mouse.down();
  await comes(() => times() === 1, 'a trace is asked for when the button goes down on it');
  await page.mouse.up();
  await page.locator('.span-row').first().waitFor();
  is(times(), 1, 'and not again when it is opened');

  // the chart
  await visit(page, '/traces');
  await rows.first().waitFor();
  const box = page.locator('.scatter-box');
  const circle = await page.locator('.scatter circle').nth(10).boundingBox();
  await page.mouse.click(circle.x + circle.width / 2, circle.y + circle.height / 2);
  await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
  ok(true, 'a click on a point opens its trace');
  await page.goBack();
  await rows.first().waitFor();
  const b = await box.boundingBox();
  await page.mouse.move(b.x + b.width * 0.5, b.y + 40);
  await page.mouse.down();
  await page.mouse.move(b.x + b.width * 0.7, b.y + 60, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/start=.*end=/);
  await settled(page);
  const zoomed = new URL(page.url()).searchParams;
  ok(Date.parse(zoomed.get('start')) < Date.parse(zoomed.get('end')), 'dragging sets the time range of the page');

  // no answer
  await visit(page, '/traces');
  await rows.first().waitFor();
  page.expected.push(/ERR_FAILED|Failed to load resource/);
  await page.route('**/traces/?*', (route) => route.abort());
  await page.getByRole('button', { name: 'Spans', exact: true }).click();
  await page.getByRole('alert').waitFor();
  ok((await rows.count()) > 0, 'when the server does not answer, that is said, and the rows stay');
  await page.unroute('**/traces/?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await becomes(() => page.getByRole('alert').count(), 0, 'trying again brings it back');

  // keyboard, and two beside each other
  await visit(page, '/traces');
  await rows.first().waitFor();
  const ids = await page.locator('.trace-name').evaluateAll((all) => all.slice(0, 2).map((a) => a.title));
  for (const key of ['j', 'x', 'j', 'x']) await page.keyboard.press(key);
  await page.getByRole('toolbar', { name: 'Compare' }).getByText('2 selected').waitFor();
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await page.waitForURL(new RegExp(`/traces/${ids[0]}\\?.*compare=${ids[1]}`));
  ok(true, 'two that are selected are compared');
  await visit(page, `/traces?compare=${ids[0]}`);
  await page.locator('.comparing', { hasText: ids[0].slice(0, 8) }).waitFor();
  await rows.first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`/traces/${ids[0]}\\?.*compare=${ids[1]}`));
  ok(true, 'the second one may be chosen from the list');
  await page.goto(`${base}/traces/compare?left=${ids[0]}&right=${ids[1]}`);
  await page.waitForURL(new RegExp(`/traces/${ids[0]}\\?compare=${ids[1]}`));
  await becomes(() => page.locator('h1').count(), 1, 'both by their ids in an address');
});

/** "1.25 s", "13.7 ms", "2 min 3 s" in milliseconds. */
function millis(text) {
  const unit = { µs: 0.001, ms: 1, s: 1000, min: 60_000 };
  return [...text.matchAll(/([\d.]+) (µs|ms|s|min)/g)].reduce((sum, [, n, u]) => sum + n * unit[u], 0);
}
function ordered(list, so) {
  return list.length > 1 && list.every((n, i) => i === 0 || so(list[i - 1], n));
}

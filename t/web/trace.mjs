// trace.mjs -- from an error to its span and back, and everything that the page of one trace shows and does.
import { base, boot, is, login, ok, run, settled, visit } from './browser.mjs';
import { badDay, many, order, sendSpans } from './odd.mjs';
import { hex, numbers, seed } from './seed.mjs';

const { server, places } = await seed(base, boot, 0.02);
const { failed, slower, knotted, event, issue } = await badDay(server, places);
const old = await order(server, places, { seedNumber: 41, at: Date.now() - 20 * 86_400_000 });
const big = await many(server, places.checkout);

await run(async ({ window }) => {
  const page = await login(await window({ permissions: ['clipboard-read', 'clipboard-write'] }));
  await settled(page);
  const rows = page.locator('.span-row');
  const row = (name) => rows.filter({ hasText: name }).first();
  const here = page.locator('.span-row.here');
  const grid = page.getByRole('treegrid', { name: 'Spans' });
  const detail = page.locator('.span-detail');
  const tool = (name) => page.locator('.trace-tools').getByRole('button', { name, exact: true });
  const waitFor = (what, arg) => page.waitForFunction(what, arg);

  // ---- from the issue to the span: one click in the issue ----
  await visit(page, `/issues/${issue}/events/${event}`);
  const small = page.getByRole('region', { name: 'Trace', exact: true });
  await small.locator('.own').waitFor();
  ok(/checkout POST \/orders/.test(await small.locator('.own').textContent()), 'the issue shows its span in the trace');
  ok((await small.locator('li').count()) >= 7, 'with what is around it');
  const logs = page.getByRole('region', { name: 'Logs', exact: true });
  await logs.locator('li').first().waitFor();
  is(
    (await logs.locator('.said').allTextContents()).join('; '),
    'cart 81277 locked; payments: 503 from upstream, attempt 2 of 3; the bank does not answer',
    'and what was logged up to then',
  );
  is(await logs.locator('li.own').count(), 2, 'the lines of its own span are marked');
  await small.locator('.own a').click();
  await here.waitFor();
  await detail.locator('dl').first().waitFor();
  ok(page.url().endsWith(`span=${failed.ids.orders}`), 'a click leads to the very span');
  ok(/POST \/orders/.test(await here.textContent()), 'which is under the cursor');
  ok(/^POST \/checkout – quern$/.test(await page.title()), 'the trace is called as its root');

  // ---- what a span shows ----
  const said = await detail.textContent();
  for (const what of [
    'payments: 503 from upstream',
    'http.request.method',
    '["4711","4712"]',
    'cart locked',
    'attempt',
    'service.version',
    'shop@4.12.0',
    'shop.checkout 1.4.0',
  ])
    ok(said.includes(what), `the span's details say: ${what}`);
  ok(
    (await detail.getByRole('link', { name: /f{32}/ }).getAttribute('href')).endsWith('span=1234567890abcdef'),
    'a link of the span leads to the other trace',
  );
  ok(
    /query=http\.route/.test(
      await detail.getByRole('link', { name: 'Find others with this http.route' }).getAttribute('href'),
    ),
    'an attribute finds others that have it',
  );
  await detail.locator('.log-lines li').first().waitFor();
  is(await detail.locator('.log-lines li').count(), 2, 'the logs of the span stand in it');

  // ---- and back to the issue ----
  await detail.getByRole('link', { name: /PaymentUnavailable/ }).click();
  await page.waitForURL(`**/issues/${issue}/**`);
  ok(true, 'from the span to its issue');
  await page.goBack();
  await here.waitFor();
  await row('POST /orders').locator('.to-issue').click();
  await page.waitForURL(`**/issues/${issue}/**`);
  ok(true, 'from the row of the span, too');
  await visit(page, `/traces/${failed.id}`);
  await page.getByRole('list', { name: 'Errors in this trace' }).getByRole('button').click();
  await here.filter({ hasText: 'POST /orders' }).waitFor();
  ok(true, 'the list of errors leads to the span');
  await page.getByRole('list', { name: 'Errors in this trace' }).getByRole('link').click();
  await page.waitForURL(`**/issues/${issue}/**`);
  ok(true, 'and to the issue');

  await page.locator('.tabs').getByRole('link', { name: 'Traces' }).click();
  await page.getByRole('table', { name: 'Traces' }).locator(`a[href*="${failed.id}"]`).waitFor();
  is(await page.getByRole('table', { name: 'Traces' }).locator('tbody tr').count(), 1, 'the issue lists its traces');

  // ---- the tree by keyboard ----
  await visit(page, `/traces/${failed.id}`);
  await rows.first().waitFor();
  const all = await rows.count();
  is(await grid.getAttribute('aria-rowcount'), String(all), 'assistive technology is told how many rows there are');
  await grid.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await here.filter({ hasText: 'POST /orders' }).waitFor();
  is(await here.getAttribute('aria-level'), '2', 'and how deep each is');
  await page.keyboard.press('ArrowLeft');
  await waitFor(() => document.querySelector('.span-row.here').getAttribute('aria-expanded') === 'false');
  ok((await rows.count()) < all, 'the left arrow folds');
  ok(/failed/.test(await here.locator('.count.failed').first().textContent()), 'what failed inside is counted');
  await page.keyboard.press('ArrowRight');
  await waitFor((n) => document.querySelectorAll('.span-row').length === n, all);
  ok(true, 'the right arrow unfolds');
  await page.keyboard.press('Enter');
  await detail.locator('dl').first().waitFor();
  ok(page.url().includes(`span=${failed.ids.orders}`), 'Enter opens the details, and the address says so');
  await page.keyboard.press('Escape');
  await detail.waitFor({ state: 'detached' });
  ok(!page.url().includes('span='), 'Escape closes them');
  await page.keyboard.press('End');
  await page.locator(`[aria-activedescendant="span-${all - 1}"]`).waitFor();
  ok(true, 'End goes to the last span');

  // ---- find ----
  await page.keyboard.press('/');
  await page.keyboard.type('select PRICES');
  await page.locator('.trace-tools').getByText(/of 3$/).waitFor();
  is(await page.locator('.span-row.found').count(), 3, 'find marks all that match, whatever their case');
  await page.keyboard.press('Enter');
  await page.locator('.trace-tools').getByText('2 of 3').waitFor();
  ok(true, 'Enter goes on');
  await page.keyboard.press('Shift+Enter');
  await page.locator('.trace-tools').getByText('1 of 3').waitFor();
  ok(true, 'with shift, back');
  await page.getByLabel('Find in this trace').fill('PaymentUnavailable');
  await here.filter({ hasText: 'POST /orders' }).waitFor();
  ok(true, 'errors are found by what they say');
  await page.getByLabel('Find in this trace').fill('db.system.name:postgresql');
  await page.locator('.trace-tools').getByText('1 of 3').waitFor();
  ok(true, 'spans are found by an attribute');
  await page.getByLabel('Find in this trace').fill('no such thing');
  await page.locator('.trace-tools').getByText('0 found').waitFor();
  ok(await tool('Next').isDisabled(), 'nothing found is said');
  await page.getByLabel('Find in this trace').fill('');

  // ---- failed ones, critical path, a closer look ----
  await tool('Next failed').click();
  const first = await here.textContent();
  await page.locator('h1').click();
  await page.keyboard.press('e');
  await waitFor((was) => document.querySelector('.span-row.here').textContent !== was, first);
  ok(/failed/.test(await here.textContent()), 'e goes from one failed span to the next');
  const path = page.locator('.span-bar .critical');
  await path.first().waitFor();
  await tool('Critical path').click();
  await path.first().waitFor({ state: 'detached' });
  ok(true, 'the critical path is drawn, or not');
  await page.reload();
  await rows.first().waitFor();
  is(await path.count(), 0, 'which is remembered');
  await tool('Critical path').click();
  await path.first().waitFor();
  const wide = () =>
    row('POST bank.example')
      .locator('.bar')
      .evaluate((bar) => bar.getBoundingClientRect().width);
  const before = await wide();
  await row('POST /charge').click();
  await detail.waitFor();
  await page.locator('h1').click();
  await page.keyboard.press('z');
  await tool('Whole trace').waitFor();
  ok((await wide()) > before * 1.2, 'z looks closer at a span');
  await tool('Whole trace').click();
  await tool('Whole trace').waitFor({ state: 'detached' });
  const box = await page.locator('.minimap-box').boundingBox();
  await page.mouse.move(box.x + box.width * 0.2, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 20, { steps: 4 });
  await page.mouse.up();
  await tool('Whole trace').waitFor();
  ok((await wide()) > before * 1.2, 'so does a window drawn in the small picture');
  await page.locator('.minimap-box').dblclick();
  await tool('Whole trace').waitFor({ state: 'detached' });
  ok(true, 'a double click shows all of it again');
  await page.getByRole('separator', { name: 'Width of the names' }).focus();
  const share = Number(await page.getByRole('separator').getAttribute('aria-valuenow'));
  await page.keyboard.press('ArrowRight');
  await page.locator(`[role=separator][aria-valuenow="${share + 2}"]`).waitFor();
  ok(true, 'the names can be made wider');

  // ---- taken along ----
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.locator('.toast', { hasText: 'Copied' }).first().waitFor();
  is(await page.evaluate(() => navigator.clipboard.readText()), page.url(), 'the address can be copied');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download' }).click(),
  ]);
  const { readFileSync } = await import('node:fs');
  const file = readFileSync(await download.path(), 'utf8');
  ok(
    JSON.parse(file) && file.includes(failed.ids.bank) && file.includes('POST bank.example'),
    'the trace is saved as JSON',
  );

  // ---- what is odd is said ----
  await visit(page, `/traces/${knotted.id}`);
  const notes = page.getByRole('list', { name: 'About this trace' });
  await notes.waitFor();
  const odd = await notes.textContent();
  ok(/1 span names a parent that is not stored/.test(odd), 'a parent that is not here', odd);
  ok(/1 circle of parents is opened/.test(odd), 'a circle', odd);
  ok(/2 spans share an id/.test(odd), 'an id that two have', odd);
  ok(/1 span came more than once/.test(odd), 'one that came twice', odd);
  is(await rows.count(), 8, 'each span is one row');
  await row('shard two').click();
  await detail.getByText('this is number 2').waitFor();
  ok(new URL(page.url()).searchParams.get('n') === '1', 'the address tells the two with one id apart');
  await page.reload();
  await here.filter({ hasText: 'shard two' }).waitFor();
  ok(true, 'and leads to the right one');
  await detail.getByRole('button', { name: 'Show the next of them' }).click();
  await here.filter({ hasText: 'shard one' }).waitFor();
  ok(true, 'one leads to the other');
  await visit(page, `/traces/${knotted.id}?span=0123456789abcdef`);
  await page.getByText('Span 0123456789abcdef is not stored').waitFor();
  ok(true, 'a span that is not here is said');

  // ---- not there, not yet, not all of it ----
  const late = hex(numbers(Date.now() & 0xffff), 32);
  page.expected.push(/status of 404/);
  await visit(page, `/traces/${late}`);
  await page.getByText('No spans of this trace are stored').waitFor();
  ok(true, 'a trace of which nothing is stored says so');
  const now = Date.now();
  const root = { id: '00000000000000a1', name: 'GET /late', at: now - 100, ms: 90 };
  await sendSpans(base, places.checkout, late, { storefront: [root] });
  await rows.first().waitFor();
  ok(true, 'and comes by itself when its first span does');
  await row('GET /late').click();
  await detail.waitFor();
  const more = [1, 2].map((i) => ({
    id: `00000000000000b${i}`,
    parent: root.id,
    name: `step ${i}`,
    at: now - 100 + i * 10,
    ms: 5,
  }));
  await sendSpans(base, places.checkout, late, { storefront: more });
  await page.getByText('2 more spans arrived').waitFor();
  is(await rows.count(), 1, 'what comes later is told, and nothing moves');
  await page.getByRole('status').getByRole('button', { name: 'Show' }).click();
  await waitFor(() => document.querySelectorAll('.span-row').length === 3);
  ok(await here.filter({ hasText: 'GET /late' }).isVisible(), 'until one asks for it; the cursor stays');
  page.expected.push(/status of 503/);
  const table = new RegExp(`/trace/${failed.id}/table/`);
  await page.route(table, (route) => route.fulfill({ status: 503, body: '{"detail":"A segment is being moved"}' }));
  await visit(page, `/traces/${failed.id}`);
  await page.getByRole('alert').getByText('A segment is being moved').waitFor();
  await page.unroute(table);
  await page.getByRole('button', { name: 'Try again' }).click();
  await rows.first().waitFor();
  ok(true, 'what goes wrong is told, and tried again');

  // ---- two beside each other ----
  await page.getByRole('button', { name: 'Compare …' }).click();
  const other = page.getByRole('dialog').locator(`a[href*="${slower.id}"]`);
  await other.waitFor();
  ok(true, 'the latest of the same operation are offered');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Compare …' }).click();
  await page.getByLabel('Or by its id').fill(slower.id);
  await page.getByRole('dialog').getByRole('button', { name: 'Compare', exact: true }).click();
  await page.waitForURL(`**/traces/${failed.id}?compare=${slower.id}`);
  const changes = page.locator('.change-row');
  await changes.first().waitFor();
  const change = (name) => changes.filter({ hasText: name }).first();
  const sides = await page.getByRole('table', { name: 'The two traces' }).textContent();
  ok(/Duration.*400 ms.*600 ms.*\+200 ms/s.test(sides), 'how long each took, and the difference', sides);
  ok(/without mailer/.test(sides), 'which services only one has', sides);
  ok(/3 → 12/.test(await change('SELECT prices').textContent()), 'how often a place of the tree was come by');
  ok(/only left/.test(await change('send').textContent()), 'what only one of them did');
  ok(/\+150 ms/.test(await change('POST /charge').textContent()), 'how much longer something took');
  const count = await changes.count();
  await page.getByRole('button', { name: 'Their own' }).click();
  await waitFor(() => !/\+150 ms/.test(document.querySelector('.compare').textContent));
  ok(true, 'with children or without');
  await page.getByRole('treegrid', { name: 'Differences' }).focus();
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowLeft']) await page.keyboard.press(key);
  await waitFor((n) => document.querySelectorAll('.change-row').length < n, count);
  ok(true, 'it folds by the same keys');
  await page.getByRole('link', { name: 'Swap' }).click();
  await page.waitForURL(`**/traces/${slower.id}?compare=${failed.id}`);
  await change('SELECT prices').getByText('12 → 3').waitFor();
  ok(true, 'left and right are swapped');
  await visit(page, `/traces/${failed.id}?compare=${failed.id}`);
  await changes.first().waitFor();
  await page.getByRole('button', { name: 'Only what differs' }).click();
  await page.getByText('Nothing differs').waitFor();
  ok(true, 'a trace does not differ from itself');
  await visit(page, `/traces/${failed.id}?compare=${'9'.repeat(32)}`);
  await page.getByText('One of the two traces is not stored').waitFor();
  ok(true, 'one that is not there is said');

  // ---- a day long, by a service of a long name ----
  const long = { id: 'd'.repeat(32), root: '1'.repeat(16), at: Date.now() - 3_600_000 };
  await sendSpans(server.base, places.checkout, long.id, {
    ['reconciliation-of-ledgers-'.repeat(6)]: [
      { id: long.root, name: 'settle', at: long.at, ms: 90_000_000, error: 'the bank is closed '.repeat(60) },
    ],
  });
  await visit(page, `/traces/${long.id}?span=${long.root}`);
  await detail.getByText(/characters$/).waitFor();
  ok(true, 'what is long is folded');
  ok(/25 h 0 min/.test(await page.locator('.page-head').textContent()), 'hours are told as such');
  ok(/20 h/.test(await page.locator('.waterfall-head .axis').textContent()), 'on the axis, too');
  ok(/1 row$/.test(await page.locator('.waterfall-head > span').first().textContent()), 'one row is one');
  ok(
    await row('settle')
      .locator('.text')
      .evaluate((e) => e.scrollWidth <= e.clientWidth),
    'a long name of a service leaves room for that of the span',
  );

  // ---- three weeks old ----
  await visit(page, `/traces/${old.id}?statsPeriod=1h`);
  await page.getByRole('link', { name: '3 logs' }).click();
  await page.locator('.log-row').nth(2).waitFor();
  ok(true, 'its logs are found, whatever time the pages show');

  // ---- 100,000 spans ----
  await visit(page, `/traces/${big.id}`);
  await page.locator(`[aria-rowcount="${big.count}"]`).waitFor();
  ok(true, 'a trace of 100,000 spans opens');
  await grid.focus();
  await page.keyboard.press('End');
  await page.locator(`#span-${big.count - 1}.here`).waitFor();
  const inPage = await page.evaluate(() => document.querySelectorAll('*').length);
  ok(inPage < 2500, `only what can be seen of it is in the page: ${inPage} elements`);
  await page.getByLabel('Find in this trace').fill('reindex');
  await page.locator('#span-0.here').waitFor();
  ok(true, 'its root is found from its end');
  await tool('Fold').click();
  await tool('Unfold all').waitFor();
  ok(Number(await grid.getAttribute('aria-rowcount')) < big.count, 'all of it folds');
});

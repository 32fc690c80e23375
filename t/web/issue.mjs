// issue.mjs -- everything that one issue's page shows and does.
import { base, becomes, boot, comes, is, login, ok, run, settled, visit } from './browser.mjs';
import { seed } from './seed.mjs';

const { server, places } = await seed(base, boot, 0.1);
const toast = (page, text) => page.locator('.toast', { hasText: text }).first().waitFor();
const find = async (query) =>
  (await server.call('GET', `/organizations/default/issues/?query=${encodeURIComponent(query)}`))[0];
const pick = async (page, menu, choice) => {
  await page.getByRole('button', { name: menu, exact: true }).click();
  await page.getByRole('menu').getByText(choice, { exact: true }).click();
};

await run(async ({ window }) => {
  const page = await login(await window({ permissions: ['clipboard-read', 'clipboard-write'] }));
  await settled(page);
  const issue = await find('error.type:KeyError');

  // the list: what a press or a row that one stays at will want is asked for before it is opened
  const asked = [];
  page.on('request', (r) => asked.push(r.url()));
  const times = (id, part) => asked.filter((url) => url.endsWith(`/issues/${id}/${part}`)).length;
  const rows = page.locator('.issue-table tbody tr[data-level]');
  const idOf = async (row) => (await row.locator('.title a').getAttribute('href')).match(/\d+/)[0];
  const hits = Number(await page.locator('.page-head .quiet').textContent());
  await becomes(() => rows.count(), Math.min(hits, 50), 'all issues of the page are in the list');
  await page.keyboard.press('j');
  const first = await idOf(rows.first());
  await comes(() => times(first, 'events/latest/') === 1, 'the event of the row one stays at is asked for');
  await page.setViewportSize({ width: 1280, height: 300 });
  ok(await page.evaluate(() => (scrollTo(0, 400), scrollY > 0)), 'the list is scrolled');
  const link = page.locator('.issue-table .title a', { hasText: 'KeyError' });
  await link.hover();
  await page.mouse.down();
  await comes(() => times(issue.id, 'events/latest/') === 1, 'so is that of an issue when the button goes down');
  is(new URL(page.url()).pathname, '/issues', 'before it is opened');
  await page.mouse.up();
  await page.waitForSelector('.frames');
  is(times(issue.id, 'events/latest/') + times(issue.id, 'tags/'), 2, 'and nothing is asked for twice');
  is(await page.evaluate(() => scrollY), 0, 'it begins at its top, wherever the list was');
  await page.setViewportSize({ width: 1280, height: 900 });

  // the first screen: title, value, where, counts, and the first in-app frame with its lines
  const onScreen = async (locator) => {
    const box = await locator.first().boundingBox();
    return box !== null && box.y >= 0 && box.y + box.height <= 900;
  };
  await comes(() => onScreen(page.getByRole('heading', { name: 'KeyError' })), 'the title is on the first screen');
  await comes(() => onScreen(page.getByText('checkout/cart.py in apply_voucher')), 'so is where it happened');
  await comes(() => onScreen(page.locator('.context .fails').first()), 'so is the failing line');
  await becomes(
    async () => (await page.locator('.context .fails').first().textContent()).trim(),
    '18    rate = voucher.rate[cart.currency]'.trim(),
    'which is the right one, with its number',
  );
  await comes(() => onScreen(page.locator('.facts .chart')), 'so is the chart');
  await comes(() => onScreen(page.locator('.vars')), 'so are the variables of the frame');

  // stack trace
  const folded = page.locator('.folded button');
  await becomes(
    async () => (await folded.first().textContent()).trim(),
    '4 frames in django',
    'runs of library frames are one line',
  );
  await folded.first().click();
  await becomes(() => page.locator('.frames > li.library').count(), 4, 'that opens');
  await page.getByRole('button', { name: 'Newest first' }).click();
  await becomes(
    async () => (await page.locator('.frames > li .function').allTextContents()).at(-1),
    'apply_voucher',
    'the order turns round',
  );
  await page.reload();
  await page.waitForSelector('.frames');
  await comes(() => page.getByRole('button', { name: 'Oldest first' }).isVisible(), 'and is remembered');
  await page.getByRole('button', { name: 'Oldest first' }).click();
  await page.getByRole('button', { name: 'Copy as text' }).click();
  await toast(page, 'Copied');
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  ok(
    copied.startsWith('Traceback (most recent call last):\n  File "') && /\nKeyError: '\w+'$/.test(copied),
    'it is copied as Python prints it',
    copied,
  );

  // what came along
  for (const part of ['Breadcrumbs', 'Request', 'User', 'Tags', 'Runtime', 'Additional data'])
    await comes(() => page.getByRole('region', { name: part, exact: true }).isVisible(), `the event shows: ${part}`);
  await becomes(() => page.locator('.crumbs li').count(), 7, 'breadcrumbs stand on a line that ends with the event');

  // previous and next
  const id = () => page.locator('.event-bar .mono').first().getAttribute('title');
  const newest = await id();
  await page.keyboard.press('j');
  await page.waitForFunction((was) => document.querySelector('.event-bar .mono')?.title !== was, newest);
  const older = await id();
  await page.keyboard.press('k');
  await page.waitForFunction((was) => document.querySelector('.event-bar .mono')?.title === was, newest);
  ok(older !== newest, 'j goes to the older event, k comes back');
  await page.getByRole('link', { name: 'Oldest', exact: true }).click();
  await page.waitForURL(/events\/oldest/);
  await settled(page);
  await comes(
    () => page.getByRole('button', { name: 'Older', exact: true }).isDisabled(),
    'nothing is older than the oldest',
  );

  await page.keyboard.press('?');
  await comes(() => page.getByRole('dialog').getByText('resolve', { exact: true }).isVisible(), '? tells the keys');
  await page.keyboard.press('Escape');

  // its other parts
  await page.getByRole('link', { name: /^Events/ }).click();
  await page.getByRole('table', { name: 'Events' }).waitFor();
  await becomes(
    () => page.getByRole('table', { name: 'Events' }).locator('tbody tr').count(),
    Number(issue.count),
    'all its events are listed',
  );
  await page.getByRole('link', { name: 'Tags', exact: true }).click();
  await page.locator('.tag-grid .tag-value').first().waitFor();
  await page
    .locator('.tag-bars', { hasText: 'payment.method' })
    .locator('.tag-value em', { hasText: /^\d.* %$/ })
    .first()
    .waitFor();
  ok(true, 'tags with their shares');
  await page.getByRole('link', { name: 'Grouping' }).click();
  await page.locator('.keys li').first().waitFor();
  await comes(
    async () => /exception type and in-app frames/.test(await page.locator('.keys li').first().textContent()),
    'why it was grouped so',
  );

  // comments
  await page.getByRole('link', { name: /^Activity/ }).click();
  await page.getByLabel('Comment').fill('Vouchers have no rate in kroner.\nSee the pricing table.');
  await page.getByRole('button', { name: 'Comment', exact: true }).click();
  await page.locator('.comment', { hasText: 'See the pricing table.' }).waitFor();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Comment').last().fill('Fixed in the pricing table.');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('.comment', { hasText: 'Fixed in the pricing table.' }).waitFor();
  ok(true, 'a comment is added and changed');
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.waitForFunction(() => !document.querySelector('.comment'));
  ok(true, 'and deleted');

  // state
  await pick(page, 'Assign', 'Me');
  await page.locator('.facts-list dd', { hasText: 'Owner' }).waitFor();
  ok(true, 'assigned');
  await pick(page, 'Ignore', 'Ignore for 1 day');
  await page.locator('.issue-head .word', { hasText: /ignored until/ }).waitFor();
  ok(true, 'ignored until a time that is told');
  await page.getByRole('button', { name: 'Unresolve' }).click();
  await pick(page, 'Ignore', 'Ignore until 100 more events');
  await page.locator('.issue-head .word', { hasText: 'ignored for 100 events' }).waitFor();
  ok(true, 'ignored until it has happened more often');
  await page.getByRole('button', { name: 'Unresolve' }).click();
  await pick(page, 'Resolve', 'Resolve in next release');
  await page.locator('.issue-head .word', { hasText: 'resolved in the next release' }).waitFor();
  ok(true, 'resolved in the next release');
  const said = async (what) => (await page.locator('.activity li').allTextContents()).some((s) => what.test(s));
  for (const what of [/resolved it in the next release/, /reopened it/, /ignored it/, /assigned it to/, /first time/])
    await comes(() => said(what), `the activity says: ${what.source}`);
  await comes(() => said(/Owner/), 'and by whom');

  // screenshots are pictures here, never pages
  const withFile = await find('error.type:TypeError project.name:storefront'.split(' ')[0] + ' label');
  await visit(page, `/issues/${withFile.id}`);
  for (let i = 0; i < 40 && !(await page.locator('.attachments img').count()); i++) {
    await page.keyboard.press('j');
    await settled(page);
  }
  const picture = page.locator('.attachments img').first();
  ok(
    await picture.evaluate((img) => img.decode().then(() => img.naturalWidth > 0)),
    'a screenshot that came along is shown',
  );
  const answer = await page.request.get(base + (await picture.getAttribute('src')));
  ok(/^attachment/.test(answer.headers()['content-disposition']), 'from an address that only ever downloads');

  // a crash of a native program, with a message that has no end
  const crash = {
    event_id: 'c'.repeat(32),
    platform: 'native',
    exception: {
      values: [
        {
          type: 'EXC_BAD_ACCESS',
          value: 'garbage pointer '.repeat(400),
          mechanism: { type: 'mach', handled: false, meta: { signal: { number: 11, name: 'SIGSEGV' } } },
          stacktrace: {
            registers: { rip: '0x00007fff2031f000' },
            frames: [{ function: '-[Cart pay:]', filename: 'Cart.mm', lineno: 88, in_app: true }],
          },
        },
      ],
    },
  };
  const { checkout } = places;
  await server.envelope(checkout.id, checkout.key, { event_id: crash.event_id }, [[{ type: 'event' }, crash]]);
  await visit(page, `/issues/${(await find('error.type:EXC_BAD_ACCESS')).id}`);
  await comes(() => onScreen(page.locator('.frames .in-app')), 'a long message leaves room for the frame it is about');
  await comes(() => page.getByText('SIGSEGV').isVisible(), 'the signal is said');
  await page.getByText('Registers (1)').click();
  await comes(() => page.getByText('0x00007fff2031f000').isVisible(), 'and what was in the registers');
  is(await page.locator('.issue-head .place').count(), 1, 'where it happened is told once');

  // the context belongs to lists: chosen beside one issue it shows theirs
  await pick(page, 'All projects', 'checkout');
  await page.locator('.issue-table tbody tr').first().waitFor();
  is(page.url(), `${base}/issues?project=${checkout.id}`, 'another project, chosen on an issue, shows its list');

  page.expected.push(/status of 404/);
  await visit(page, '/issues/999999');
  await page.getByText('There is no such issue').waitFor();
  ok(true, 'an issue that is not there says so');
});

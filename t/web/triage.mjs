// triage.mjs -- the daily work on the list and on an issue, by keyboard and by pointer.
import { base, becomes, boot, comes, is, login, ok, run, settled, visit } from './browser.mjs';
import { seed, eventOf, numbers } from './seed.mjs';
import { problems, releases } from './world.mjs';

const { server, places } = await seed(base, boot, 0.05);

const rows = (page) => page.locator('.issue-table tbody tr');
const titles = async (page) => (await page.locator('.issue-table .title a').allTextContents()).map((t) => t.trim());
const toast = (page, text) => page.locator('.toast', { hasText: text }).first().waitFor();
const list = (query) => server.call('GET', `/organizations/default/issues/?query=${encodeURIComponent(query)}`);

await run(async ({ window }) => {
  const page = await login(await window());
  const total = problems.length;
  await becomes(() => rows(page).count(), total, 'every kind of error is one issue');

  // moving, selecting, acting by keyboard
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await comes(
    () =>
      rows(page)
        .first()
        .evaluate((r) => r.classList.contains('here')),
    'j and k move',
  );
  const [first, second, third] = await titles(page);
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.getByRole('toolbar', { name: 'Actions for 2 selected' }).waitFor();
  ok(true, 'x selects');
  await page.keyboard.press('r');
  await toast(page, 'Resolved: 2 issues');
  ok(
    await page
      .locator('.toast')
      .first()
      .evaluate((e) => getComputedStyle(e).backgroundColor === getComputedStyle(document.body).color),
    'what was done is told on the colour of the text, so that it can be read',
  );
  await page.waitForFunction((n) => document.querySelectorAll('.issue-table tbody tr').length === n, total - 2);
  ok(!(await titles(page)).includes(first), 'r resolves what is selected, and the list goes on without it');
  is((await titles(page))[0], third, 'in the same order');
  is((await list('is:resolved')).length, 2, 'the server knows it');
  await page.keyboard.press('j');
  await page.keyboard.press('i');
  await toast(page, 'Ignored: one issue');
  await page.waitForFunction((n) => document.querySelectorAll('.issue-table tbody tr').length === n, total - 3);
  is((await list('is:ignored')).length, 1, 'i ignores the one under the cursor');
  await page.keyboard.press('j');
  await page.keyboard.press('a');
  await toast(page, 'Assigned to you');
  await page.locator('.issue-table tr.here td.who', { hasText: 'Owner' }).waitFor();
  ok(true, 'a assigns to oneself, and the row shows it');
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  await becomes(() => page.locator('dialog').count(), 0, '? lists the keys, Escape closes');

  // the filter completes keys and values
  await page.keyboard.press('/');
  await comes(() => page.getByRole('combobox').evaluate((e) => e === document.activeElement), '/ goes to the filter');
  await page.keyboard.type('TypeError');
  is(
    await page.getByRole('combobox').inputValue(),
    'is:unresolved TypeError',
    'what is typed then is a term of its own',
  );
  await page.getByRole('combobox').fill('is:unresolved paym');
  await page.getByRole('option', { name: 'payment.method:' }).waitFor();
  ok(true, 'tags that events have are offered as keys');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('option', { name: 'payment.method:invoice' }).click();
  await page.waitForURL(/payment\.method/);
  await settled(page);
  await comes(async () => (await rows(page).count()) > 0, 'and their values; the filter stands in the address');
  await page.getByRole('combobox').fill('nothing.matches:this');
  await page.keyboard.press('Enter');
  await page.getByText('The filter excludes everything').waitFor();
  await page.getByRole('button', { name: 'Show all issues' }).click();
  await page.waitForFunction((n) => document.querySelectorAll('.issue-table tbody tr').length === n, total);
  ok(true, 'a filter that excludes everything says so, and offers the way out');
  page.expected.push(/status of 400/);
  await page.getByRole('combobox').fill('(is:unresolved');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await comes(
    async () => /parenthes|Boolean|not supported/i.test(await page.getByRole('alert').textContent()),
    "a query that cannot be read is answered with the server's own words",
  );

  // saved searches
  await visit(page, '/issues?query=level%3Awarning');
  await page.getByRole('button', { name: 'Searches' }).click();
  await page.getByRole('menuitem', { name: 'Save this search …' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('Only warnings');
  await page.keyboard.press('Enter');
  await visit(page, '/issues');
  await page.getByRole('button', { name: 'Searches' }).click();
  await page.getByRole('menuitemradio', { name: 'Only warnings' }).click();
  await page.waitForURL(/level%3Awarning/);
  ok(true, 'a saved search comes back after a reload');

  // sorting and time range stand in the address
  await visit(page, '/issues');
  await page.getByRole('button', { name: 'Events', exact: true }).click();
  await page.waitForURL(/sort=freq/);
  await settled(page);
  await comes(async () => {
    const counts = (await page.locator('.issue-table td.freq .mono').allTextContents()).map(Number);
    return counts.length > 1 && counts.every((n, i) => i === 0 || counts[i - 1] >= n);
  }, 'a click on a column sorts by it');
  await page.getByRole('button', { name: 'Last 14 days' }).click();
  await page.getByRole('menuitemradio', { name: 'Last 24 hours' }).click();
  await page.waitForURL(/statsPeriod=24h/);
  await page.getByRole('button', { name: 'All projects' }).click();
  await page.getByRole('menuitemradio', { name: 'checkout' }).click();
  await page.waitForURL(/project=\d+/);
  await settled(page);
  await comes(async () => {
    const ids = await page.locator('.issue-table .id').allTextContents();
    return ids.length > 0 && ids.every((id) => id.startsWith('CHECKOUT-'));
  }, 'a project is chosen for the list');
  await page.locator('.issue-table .title a').first().click();
  await page.waitForSelector('.issue-head');
  ok(
    /project=\d+/.test(page.url()) && /statsPeriod=24h/.test(page.url()),
    'project and time range go along to the next page',
  );

  // merging, reopening, deleting in bulk
  await visit(page, '/issues?query=is%3Aresolved');
  await page.getByLabel('Select all').check();
  await page.getByRole('toolbar').getByRole('button', { name: 'Unresolve' }).click();
  await toast(page, 'Reopened: 2 issues');
  await page.getByText('The filter excludes everything').waitFor();
  const all = await list('');
  const pair = ['KeyError', 'CartError'].map((t) => all.find((i) => i.metadata.type === t).id);
  await visit(page, `/issues?query=${encodeURIComponent('error.type:[KeyError, CartError]')}`);
  await page.getByLabel('Select all').check();
  await page.getByRole('toolbar').getByRole('button', { name: 'Merge' }).click();
  await toast(page, 'Merged: 2 issues');
  await page.waitForFunction(() => document.querySelectorAll('.issue-table tbody tr').length === 1);
  ok(true, 'two issues become one');
  await rows(page).first().locator('a').first().click();
  await page.getByRole('link', { name: 'Grouping' }).click();
  await page.getByRole('table', { name: /Grouping keys/ }).waitFor();
  const keys = page.getByRole('table', { name: /Grouping keys/ }).locator('tbody tr');
  await comes(async () => (await keys.count()) > 1, 'which keeps the keys of both');
  const before = await keys.count();
  await keys.last().getByRole('button', { name: 'Take out' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take out' }).click();
  await toast(page, 'Taken out');
  await page.waitForFunction((n) => document.querySelectorAll('.grouping .table tbody tr').length === n, before - 1);
  ok(true, 'a key is taken out again');
  is(
    (await list('')).filter((i) => pair.includes(i.id) || /KeyError|CartError/.test(i.title)).length >= 2,
    true,
    'into an issue of its own',
  );
  await visit(page, `/issues?query=${encodeURIComponent('reindex')}`);
  await rows(page).first().getByRole('checkbox').check();
  await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await toast(page, 'Deleted');
  await page.getByText('The filter excludes everything').waitFor();
  is((await list('reindex')).length, 0, 'deleting asks first, then deletes');

  // new ones are announced, not thrown in
  await visit(page, '/issues');
  await rows(page).first().waitFor();
  const shown = await rows(page).count();
  const fresh = {
    ...problems[0],
    exceptions: () => [{ type: 'BrandNewError', value: 'never seen before' }],
  };
  const event = eventOf(fresh, Date.now() / 1000, numbers(99), releases[3]);
  await server.envelope(places.storefront.id, places.storefront.key, { event_id: event.event_id }, [
    [{ type: 'event' }, event],
  ]);
  const button = page.getByRole('button', { name: /1 new, show it/ });
  await button.waitFor();
  is(await rows(page).count(), shown, 'a new issue is counted live, and nothing jumps');
  await page.evaluate(() => (window.stayed = true));
  await button.click();
  await page.getByText('BrandNewError').waitFor();
  await comes(async () => (await rows(page).count()) > shown, 'a click shows it');
  ok(await page.evaluate(() => window.stayed), 'without a reload');

  // addresses that Sentry's tools print
  const [{ id, permalink }] = await list('BrandNewError');
  const trace = 'a'.repeat(32);
  for (const [from, to] of [
    [permalink.slice(base.length), `/issues/${id}`],
    [`/organizations/default/issues/${id}/events/${event.event_id}/`, `/issues/${id}/events/${event.event_id}`],
    [`/organizations/default/explore/traces/trace/${trace}/`, `/traces/${trace}`],
    [`/organizations/default/performance/trace/${trace}`, `/traces/${trace}`],
    ['/organizations/default/issues/?query=is%3Aunresolved', '/issues?query=is%3Aunresolved'],
    ['/organizations/default/explore/logs/', '/logs'],
    ['/organizations/default/explore/traces/?query=x', '/traces?query=x'],
    [
      `/organizations/default/releases/${encodeURIComponent(releases[3].version)}/`,
      `/releases/${encodeURIComponent(releases[3].version)}`,
    ],
    ['/orgredirect/organizations/:orgslug/settings/auth-tokens/', '/settings/account'],
  ]) {
    await visit(page, from);
    await becomes(async () => page.url().slice(base.length), to, `${from} leads to ${to}`);
  }
});

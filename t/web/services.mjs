// services.mjs -- services by how they do, their map, and one of them with its operations and releases.
import { base, becomes, boot, comes, login, ok, run, visit } from './browser.mjs';
import { seed } from './seed.mjs';
import { services, traffic } from './traffic.mjs';

const org = '/organizations/default';

await run(async ({ window }) => {
  const page = await login(await window());
  for (const path of ['/services', '/services?view=map']) {
    await visit(page, path);
    await page.getByText('No traces yet').waitFor();
  }
  ok(true, 'no services: told how one comes to be');

  const { server, places } = await seed(base, boot, 0.02);
  await traffic(server, places, 300);
  await page.reload();
  await page.getByRole('link', { name: 'Services', exact: true }).click();
  const table = page.getByRole('table', { name: 'Services' });
  await table.waitFor();
  const names = () => table.locator('tbody tr td:first-child').allTextContents();
  const told = await server.call('GET', `${org}/services/?statsPeriod=24h`);
  const by = (of) => [...told].sort(of).map((s) => s.name);
  await becomes(async () => (await names()).join(), by((a, b) => b.calls - a.calls).join(), 'the busiest first');
  ok(told.length === Object.keys(services).length, 'all that sent spans');
  await page.getByRole('button', { name: 'p95', exact: true }).click();
  await page.waitForURL(/sort=p95/);
  await becomes(async () => (await names()).join(), by((a, b) => b.p95Us - a.p95Us).join(), 'or the slowest');
  await page.getByRole('combobox').fill('pay');
  await page.keyboard.press('Enter');
  await becomes(async () => (await names()).join(), 'payments', 'found by a part of the name');

  // map
  await visit(page, '/services');
  await page.getByRole('button', { name: 'Map', exact: true }).click();
  await page.waitForURL(/view=map/);
  const map = page.getByRole('group', { name: 'Map of services' });
  for (const name of Object.keys(services)) await map.getByRole('button', { name }).waitFor();
  ok(true, 'the map has a box for each');
  const { edges } = await server.call('GET', `${org}/service-graph/?statsPeriod=24h`);
  await becomes(() => map.locator('path.call').count(), edges.length, 'and a line for each call');
  ok(
    edges.some((e) => e.from === 'checkout' && e.to === 'mailer' && e.kind === 'message') &&
      edges.some((e) => e.from === 'inventory' && e.kind === 'database'),
    'messages and databases too',
  );
  await map.getByRole('button', { name: 'payments' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/service=payments/);
  await comes(async () => {
    const all = await page.getByRole('table', { name: 'Calls between services' }).locator('tbody tr').allTextContents();
    return all.length > 0 && all.every((t) => t.includes('payments'));
  }, 'a box that is chosen shows its calls below');

  // one service
  await page.locator('main .service-name', { hasText: 'payments' }).click();
  await page.waitForURL('**/services/payments*');
  await becomes(() => page.locator('.service-charts canvas').count(), 3, 'rate, errors and duration are drawn');
  await page
    .getByText(/first calls of shop@4\.12\.0/)
    .waitFor()
    .catch(() => {});
  await visit(page, '/services/payments?statsPeriod=7d');
  await page.getByText(/first calls of .*shop@4\.12\.0/).waitFor();
  ok(true, 'with the releases that began in this time');
  const operations = page.getByRole('table', { name: 'Operations' });
  await becomes(() => operations.locator('tbody tr').count(), 1, 'its operations are those that others call');
  await page.getByLabel(/with those inside of others/).check();
  await page.waitForURL(/all=1/);
  await comes(async () => (await operations.locator('tbody tr').count()) >= 3, 'or all, with those inside');
  await operations.getByRole('button', { name: 'POST api.acquirer.example' }).click();
  await page.waitForURL(/operation=POST/);
  await page.getByRole('heading', { name: 'payments POST api.acquirer.example' }).waitFor();
  await becomes(() => page.locator('.service-charts canvas').count(), 3, 'one operation alone');
  await page.getByRole('button', { name: 'The whole service' }).click();
  await page.getByRole('button', { name: 'All releases' }).click();
  await page.getByRole('menuitemradio', { name: 'shop@4.12.0' }).click();
  await page.waitForURL(/release=shop/);
  await becomes(() => page.locator('.service-charts canvas').count(), 3, 'or one release');
  await page.getByRole('region', { name: 'Called by' }).getByRole('link', { name: 'checkout' }).click();
  await page.getByRole('heading', { name: 'checkout', exact: true }).waitFor();
  ok(true, 'who calls it is one click away');
  await page.getByRole('link', { name: 'Failed traces' }).click();
  await page.waitForURL(/\/traces\?.*service=checkout.*errors=1/);
  ok(/statsPeriod=7d/.test(page.url()), 'so are its traces, in the same time');

  await visit(page, '/services/payments?start=2001-01-01T00:00:00Z&end=2001-01-02T00:00:00Z');
  await page.getByText('No calls in this time').waitFor();
  ok(true, 'a time without calls says so');
  await visit(page, '/services?query=no-such-service');
  await page.getByRole('button', { name: 'Show all services' }).click();
  await table.waitFor();
  ok(true, 'a filter that excludes everything offers the way out');
});

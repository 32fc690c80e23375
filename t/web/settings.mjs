// settings.mjs -- what is set up in the browser holds for the next event.
import { base, boot, comes, is, login, ok, run, visit } from './browser.mjs';
import { seed } from './seed.mjs';

const { server, places } = await seed(base, boot, 0.05);
const toast = (page, text) => page.locator('.toast', { hasText: text }).first().waitFor();
const post = async (project, key, headers = {}) => {
  const answer = await fetch(`${base}/api/${project}/store/`, {
    method: 'POST',
    headers: { 'X-Sentry-Auth': `Sentry sentry_version=7, sentry_key=${key}`, ...headers },
    body: JSON.stringify({ message: 'a message', platform: 'other' }),
  });
  return answer.status;
};

await run(async ({ window }) => {
  const page = await login(await window());
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Add project' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Warehouse robots');
  await dialog.getByLabel('Platform').fill('rust');
  await dialog.getByRole('button', { name: 'Add project' }).click();
  await page.waitForURL('**/settings/projects/warehouse-robots');
  ok(true, 'a project is added, and its settings open');

  // keys
  const keys = page.getByRole('table', { name: 'Keys' });
  const dsn = new URL((await keys.locator('code').first().textContent()).trim());
  const id = Number(dsn.pathname.slice(1));
  is(await post(id, dsn.username), 200, 'its DSN works at once');
  await keys.getByRole('button', { name: 'Switch off' }).click();
  await keys.getByText('switched off').waitFor();
  is(await post(id, dsn.username), 403, 'a key that is switched off does not');
  await page.getByRole('button', { name: 'Add key' }).click();
  await dialog.getByLabel('Name').fill('Second hall');
  await dialog.getByRole('button', { name: 'Add key' }).click();
  await keys.getByText('Second hall').waitFor();
  const second = new URL((await keys.locator('tr', { hasText: 'Second hall' }).locator('code').textContent()).trim());
  await keys.locator('tr', { hasText: 'Second hall' }).getByRole('button', { name: 'Limit' }).click();
  await dialog.getByLabel('Events').fill('2');
  await dialog.getByLabel('in seconds').fill('3600');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await keys.getByText('2 per 3600 s').waitFor();
  const statuses = [];
  for (let i = 0; i < 4; i++) statuses.push(await post(id, second.username));
  is(statuses.join(), '200,200,429,429', 'a limit of a key holds');
  await visit(page, '/server');
  await page.getByRole('table', { name: 'Outcomes' }).locator('tr', { hasText: 'limited' }).waitFor();
  ok(true, 'and the server page says where those events are');

  // who may send, filters
  await visit(page, '/settings/projects/storefront');
  await page.getByLabel('Allowed origins').fill('https://shop.example');
  await page.getByRole('button', { name: 'Save' }).click();
  await toast(page, 'Allowed origins saved');
  const { id: shop, key } = places.storefront;
  is(await post(shop, key, { Origin: 'https://elsewhere.example' }), 403, 'a page elsewhere may not send any more');
  is(await post(shop, key, { Origin: 'https://shop.example' }), 200, 'the allowed one may');
  await page.getByLabel('Events of known web crawlers').check();
  await toast(page, 'Filter saved');
  const filters = await server.call('GET', '/projects/default/storefront/filters/');
  is(filters.find((f) => f.id === 'web-crawlers').active, true, 'an inbound filter is switched on');

  // rules and their tester
  await visit(page, '/settings/projects/checkout');
  await page.getByLabel('Fingerprint rules').fill('error.type:KeyError -> vouchers');
  await page.getByRole('button', { name: 'Try on the newest events' }).click();
  const tried = page.getByRole('table', { name: 'What the rules would do' });
  await tried.locator('tr', { hasText: 'error.type:KeyError -> vouchers' }).waitFor();
  await comes(
    async () =>
      /^1 of \d+ would be grouped otherwise/.test(await page.getByText(/would be grouped otherwise/).textContent()),
    'rules are tried before they are saved',
  );
  is((await server.call('GET', '/projects/default/checkout/')).fingerprintingRules, '', 'which changes nothing yet');
  page.expected.push(/status of 400/);
  await page.getByLabel('Stack trace rules').fill('this is no rule');
  await page.getByRole('button', { name: 'Check and save' }).last().click();
  await page.locator('.toast.error', { hasText: /line 1, column \d+/ }).waitFor();
  ok(true, 'a rule that cannot be read is refused, with its place');
  await page.locator('.toast.error').click();
  await page.getByRole('button', { name: 'Check and save' }).first().click();
  await toast(page, 'Fingerprint rules saved');
  is(
    (await server.call('GET', '/projects/default/checkout/')).fingerprintingRules,
    'error.type:KeyError -> vouchers',
    'one that can is saved',
  );

  // scrubbing
  await page.getByLabel('Further sensitive fields').fill('iban\ncustomer_number');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await toast(page, 'Sensitive fields saved');
  is(
    (await server.call('GET', '/projects/default/checkout/')).sensitiveFields.join(),
    'iban,customer_number',
    'fields to scrub are kept, one a line',
  );

  // tokens
  await visit(page, '/settings/account');
  await page.getByRole('button', { name: 'Add token' }).click();
  await dialog.getByLabel('Name').fill('for Grafana');
  await dialog.getByRole('button', { name: 'Add token' }).click();
  const token = (await page.locator('.note code').textContent()).trim();
  const as = (method, body) =>
    fetch(`${base}/api/0/organizations/default/issues/?id=1`, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body,
    });
  is((await as('GET')).status, 200, 'a token for reading reads');
  is((await as('PUT', '{"status":"resolved"}')).status, 403, 'and does nothing else');
  await page.reload();
  await page.getByRole('table', { name: 'Tokens' }).getByText('for Grafana').waitFor();
  ok(!(await page.content()).includes(token), 'it is shown once only');
  await page
    .getByRole('row', { name: /for Grafana/ })
    .getByRole('button', { name: 'Delete' })
    .click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await toast(page, 'Token deleted');
  is((await as('GET')).status, 401, 'deleted, it is worth nothing');

  await visit(page, '/settings/projects/warehouse-robots');
  await page.getByRole('button', { name: 'Delete this project' }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.waitForURL('**/settings/projects');
  await comes(
    async () => !(await page.getByRole('table', { name: 'Projects' }).textContent()).includes('warehouse'),
    'a project is deleted, after a question',
  );
});

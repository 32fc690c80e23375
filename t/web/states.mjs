// states.mjs -- nothing there yet, nothing found, nothing answered: each says what it is and what to do.
import { base, becomes, boot, comes, login, ok, run, settled, visit } from './browser.mjs';
import { Server } from './seed.mjs';

await run(async ({ window }) => {
  const page = await login(await window());
  await page.waitForURL('**/welcome');
  await visit(page, '/issues');
  await page.getByText('No events yet').waitFor();
  await page.getByRole('link', { name: 'Show me how' }).click();
  await page.waitForURL('**/welcome');
  ok(true, 'no events: the list leads to the snippets');
  await visit(page, '/releases');
  await page.getByText('No releases yet').waitFor();
  ok(true, 'no releases: told how one comes to be');
  await visit(page, '/server');
  await page.getByText('Nothing came in').waitFor();
  ok(true, 'no outcomes: told what that means');
  await visit(page, '/no/such/page');
  await page.getByText('There is no such page').waitFor();
  ok(true, 'an address that is none');

  const server = new Server(base, boot);
  await server.envelope(1, boot.public_key, {}, [
    [{ type: 'event' }, { event_id: 'a'.repeat(32), message: 'here it is', platform: 'other' }],
  ]);
  await visit(page, '/issues');
  await page.getByText('here it is').waitFor();

  // the server goes away: what is shown stays, and says so
  page.expected.push(/502|ERR_FAILED|ERR_INTERNET|Failed to load resource/);
  const failing = '**/api/0/organizations/default/issues/?*';
  await page.route(failing, (route) => route.abort());
  await page.getByRole('button', { name: 'Events', exact: true }).click();
  await page.getByRole('alert').waitFor();
  await comes(
    async () => /cannot be reached/.test(await page.getByRole('alert').textContent()),
    'no answer: said, with what is still true',
  );
  await comes(() => page.getByText('here it is').isVisible(), 'and the rows stay');
  await page.unroute(failing);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.waitForFunction(() => !document.querySelector('[role=alert]'));
  ok(true, 'trying again brings it back');

  await page.route('**/api/0/organizations/default/issues/?id=*', (route) =>
    route.fulfill({ status: 503, body: '{"detail":"The change was not confirmed in time; it may still be made"}' }),
  );
  await page.keyboard.press('j');
  await page.keyboard.press('r');
  await page.locator('.toast.error', { hasText: 'not confirmed in time' }).waitFor();
  await becomes(
    () => page.locator('.issue-table tbody tr').count(),
    1,
    'a change that failed is told, and the list shows what is',
  );
  await page.locator('.toast.error').click();

  // slow answers dim what is shown, quick ones change nothing
  await page.route(failing, async (route) => {
    await new Promise((done) => setTimeout(done, 900));
    await route.continue();
  });
  await page.getByRole('button', { name: 'Users', exact: true }).click();
  await page.waitForSelector('.issue-table.slow');
  await comes(
    () => page.getByText('here it is').isVisible(),
    'a slow answer dims the old rows instead of taking them away',
  );
  await page.waitForSelector('.issue-table:not(.slow)');
  await page.unroute(failing);
  await settled(page);

  // so does a page that waits for its first answer
  const [seen] = await server.call('GET', '/organizations/default/issues/');
  for (const path of ['/issues?query=here', `/issues/${seen.id}`, '/releases', '/traces', '/logs', '/services']) {
    const late = await window({ storageState: await page.context().storageState() });
    let answer;
    const asked = new Promise((done) => (answer = done));
    await late.route(/\/api\/0\/(?!users\/me\/|projects\/$|projects\/\?)/, async (route) => {
      await asked;
      await route.continue();
    });
    await late.goto(base + path);
    await comes(
      () => late.getByText('Reading …').first().isVisible(),
      `${path}: a late answer is waited for, in words`,
    );
    ok(await late.getByRole('button', { name: 'All projects' }).isVisible(), 'with what is shown above it');
    answer();
    await late.getByText('Reading …').first().waitFor({ state: 'detached' });
    await settled(late);
  }

  // other parts of the page are not taken along
  await page.route(/\/tags\/(\?|$)/, (route) =>
    route.fulfill({ status: 500, body: '{"detail":"The catalogue cannot be read"}' }),
  );
  await page.getByRole('link', { name: 'here it is' }).click();
  await page.waitForSelector('.issue-head');
  await page.getByRole('link', { name: 'Tags', exact: true }).click();
  await page.locator('.issue-main').getByRole('alert').waitFor();
  await comes(() => page.locator('.issue-head').isVisible(), 'one part that fails leaves the others alone');
});

// login.mjs -- the way in and out, what each role sees, and what the server refuses whatever is shown.
import { base, becomes, boot, comes, is, login, ok, run, settled, visit } from './browser.mjs';
import { seed } from './seed.mjs';

const { server } = await seed(base, boot, 0.02);
const add = (name, orgRole) =>
  server.call('POST', '/organizations/default/members/', {
    email: `${name}@example.com`,
    name,
    password: `${name}-password`,
    orgRole,
  });

await run(async ({ window }) => {
  const page = await window();
  page.expected.push(/status of 40[13]/, /status of 429/);
  await page.goto(base + '/releases');
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  ok(true, 'any address asks for a login first');
  await page.fill('input[name=email]', boot.email);
  await page.fill('input[name=password]', 'not the password');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await becomes(
    () => page.getByRole('alert').textContent(),
    'Please enter a correct email and password.',
    "a wrong password is answered in the server's words",
  );
  await page.fill('input[name=password]', boot.password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Releases' }).waitFor();
  ok(page.url().endsWith('/releases'), 'and after it one is where one wanted to go');

  const cookies = await page.context().cookies();
  const session = cookies.find((c) => c.httpOnly);
  ok(session && session.sameSite === 'Lax', 'the session stands in a cookie that no script and no other site can use');
  ok(
    cookies.every((c) => c === session || !session.value.includes(c.value)),
    'which differs from the one that scripts may read',
  );
  is(
    await page.evaluate(() => Object.keys(localStorage).filter((k) => /token|session|password/i.test(k)).length),
    0,
    'nothing of it is kept elsewhere',
  );
  const put = (headers) =>
    page.evaluate(
      async (headers) =>
        (
          await fetch('/api/0/organizations/default/issues/?id=1', {
            method: 'PUT',
            headers: { 'Content-Type': 'application/json', ...headers },
            body: '{"status":"resolved"}',
          })
        ).status,
      headers,
    );
  is(await put({}), 403, 'a change without the CSRF token is refused');
  is(await put({ 'X-CSRFToken': 'x'.repeat(32) }), 403, 'so is one with a wrong token');

  // roles
  await visit(page, '/settings/users');
  await page.getByRole('button', { name: 'Add user' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('E-mail').fill('vera@example.com');
  await dialog.getByLabel('Name').fill('vera');
  await dialog.getByLabel('Password').fill('vera-password');
  await dialog.getByLabel('Role').selectOption('viewer');
  await dialog.getByRole('button', { name: 'Add user' }).click();
  await page.getByRole('row', { name: /vera@example.com/ }).waitFor();
  ok(true, 'an owner adds a viewer');
  await add('mia', 'member');

  const viewer = await login(await window(), 'vera@example.com', 'vera-password');
  await settled(viewer);
  await comes(async () => (await viewer.locator('.issue-table tbody tr').count()) > 5, 'a viewer sees the issues');
  is(await viewer.locator('.issue-table input, .row-actions, .bulk').count(), 0, 'but nothing to change them with');
  await viewer.keyboard.press('j');
  await viewer.keyboard.press('r');
  await settled(viewer);
  is(await viewer.locator('.toast').count(), 0, 'and no key that does');
  await viewer.locator('.issue-table .title a').first().click();
  await viewer.waitForSelector('.issue-head');
  const buttons = async (p) => (await p.locator('.topbar button').allTextContents()).map((t) => t.trim());
  ok(!(await buttons(viewer)).some((b) => /Resolve|Ignore|Assign/.test(b)), 'nor on the page of an issue');
  await visit(viewer, '/settings/projects/checkout');
  await viewer.getByRole('table', { name: 'Keys' }).waitFor();
  await viewer.getByLabel('Events of known web crawlers').waitFor();
  is(
    await viewer
      .locator(
        'main button:not([aria-label^="Copy"]):not(:disabled), main input:not(:disabled), main textarea:not(:disabled)',
      )
      .count(),
    0,
    'nor in the settings of a project',
  );
  await visit(viewer, '/settings/users');
  await viewer.getByRole('row', { name: /vera@example.com/ }).waitFor();
  is(await viewer.locator('main button, main select').count(), 0, 'nor among the users');
  viewer.expected.push(/status of 403/);
  const refused = await viewer.evaluate(async () => {
    const token = document.cookie.match(/quern_csrf=([^;]+)/)[1];
    const body = '{"status":"resolved"}';
    return (
      await fetch('/api/0/organizations/default/issues/?id=1', {
        method: 'PUT',
        headers: { 'Content-Type': 'application/json', 'X-CSRFToken': token },
        body,
      })
    ).status;
  });
  is(refused, 403, 'and the server refuses it, whatever the page shows');

  const member = await login(await window(), 'mia@example.com', 'mia-password');
  await settled(member);
  await member.locator('.issue-table tbody tr').first().getByRole('checkbox').check();
  await member.getByRole('toolbar').getByRole('button', { name: 'Assign to me' }).click();
  await member.locator('.toast', { hasText: 'Assigned to you' }).waitFor();
  ok(true, 'a member triages');
  await visit(member, '/settings/projects/checkout');
  await member.getByRole('table', { name: 'Keys' }).waitFor();
  is(await member.getByRole('button', { name: /Add key|Switch off|Save/ }).count(), 0, 'but does not set up projects');

  // out
  await visit(page, '/issues');
  await page.getByTitle(boot.email).click();
  await page.getByRole('menuitem', { name: /Log out/ }).click();
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  is(await page.getByText('Your session has ended').count(), 0, 'who logs out is not told that a session ended');
  const after = await page.request.get(base + '/api/0/users/me/', {
    headers: { Cookie: `${session.name}=${session.value}` },
  });
  is(after.status(), 401, 'after logging out the old cookie is worth nothing');

  // a session that ends while one looks
  await server.call(
    'DELETE',
    `/organizations/default/members/${(await server.call('GET', '/organizations/default/members/')).find((m) => m.email === 'mia@example.com').id}/`,
  );
  member.expected.push(/status of 401/);
  await member.getByRole('link', { name: 'Issues' }).click();
  await member.getByRole('button', { name: 'Log in' }).waitFor();
  ok(
    await member.getByText('Your session has ended').count(),
    'somebody who was removed is asked to log in at the next step',
  );

  // too many tries
  const words = page.getByRole('alert');
  for (let i = 0; i < 40; i++) {
    await page.fill('input[name=email]', 'vera@example.com');
    await page.fill('input[name=password]', `guess ${i}`);
    const answered = page.waitForResponse('**/auth/login/');
    await page.keyboard.press('Enter');
    if ((await answered).status() === 429) break;
  }
  await page.getByText(/Too many/).waitFor();
  await comes(
    async () => /Try again in \d+ s/.test(await words.textContent()),
    'guessing is slowed down, and the page says for how long',
  );
});

// regression.mjs -- resolved by a person, reopened by an event: now, in the next release, and for good
// when only the old release still sends it.
import { base, becomes, boot, comes, login, ok, run, visit } from './browser.mjs';
import { Server } from './seed.mjs';

const server = new Server(base, boot);
const [project] = await server.call('GET', '/projects/');
const failed = {
  type: 'Regressed',
  value: 'again',
  stacktrace: { frames: [{ function: 'pay', filename: 'pay.py', module: 'pay', lineno: 3, in_app: true }] },
};
const send = async (release) => {
  const id = crypto.randomUUID().replaceAll('-', '');
  const event = { event_id: id, platform: 'python', release, exception: { values: [failed] } };
  await server.envelope(project.id, boot.public_key, { event_id: id }, [[{ type: 'event' }, event]]);
};
const standing = (page, text) => page.locator('.issue-head .word', { hasText: text }).waitFor();
const resolve = async (page, how) => {
  await page.getByRole('button', { name: 'Resolve', exact: true }).click();
  await page.getByRole('menuitem', { name: how, exact: true }).click();
};

await run(async ({ window }) => {
  await send('pay@1.0.0');
  const page = await login(await window());
  await page.locator('.issue-table .title a', { hasText: 'Regressed' }).click();
  await page.waitForSelector('.issue-head');
  await page.evaluate(() => (window.stayed = true));
  const events = () => page.locator('.facts .figures .mono').first().textContent();

  await resolve(page, 'Resolve');
  await standing(page, 'resolved');
  await send('pay@1.0.0');
  await standing(page, 'regressed');
  ok(true, 'an event reopens what was resolved, and the page shows it by itself');
  await becomes(async () => (await events()).trim(), '2', 'with its count');
  ok(await page.evaluate(() => window.stayed), 'without a reload');

  await resolve(page, 'Resolve in next release');
  await standing(page, 'resolved in the next release');
  await send('pay@1.0.0');
  await page.waitForFunction(() => document.querySelector('.facts .figures .mono')?.textContent.trim() === '3');
  await comes(
    () => page.locator('.issue-head .word', { hasText: 'resolved in the next release' }).isVisible(),
    'the old release may go on sending it',
  );
  await send('pay@1.1.0');
  await standing(page, 'regressed');
  ok(true, 'the next release may not');
  await page.getByRole('link', { name: /^Activity/ }).click();
  await page.locator('.activity li', { hasText: 'came back in pay@1.1.0' }).waitFor();
  ok(true, 'and the history names it');

  await visit(page, '/issues?query=is%3Aregressed');
  await becomes(() => page.locator('.issue-table tbody tr').count(), 1, 'the search for regressed ones finds it');
  await visit(page, '/releases/pay%401.1.0');
  await page.getByRole('region', { name: 'Came back' }).getByRole('link', { name: 'Regressed again' }).waitFor();
  ok(true, 'the page of the release lists it as come back');
});

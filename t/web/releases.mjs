// releases.mjs -- from the list of releases to what one changed against another.
import { base, becomes, boot, comes, is, login, ok, run, settled, visit } from './browser.mjs';
import { seed } from './seed.mjs';
import { traffic } from './traffic.mjs';
import { releases } from './world.mjs';

const { server, places } = await seed(base, boot, 0.3);
await traffic(server, places, 200);
const newest = releases[releases.length - 1].version;
const path = `/organizations/default/releases/${encodeURIComponent(newest)}/compare/`;

await run(async ({ window }) => {
  const page = await login(await window());
  await page.getByRole('link', { name: 'Releases' }).click();
  await page.getByRole('table', { name: 'Releases' }).waitFor();
  await becomes(
    async () => (await page.locator('.table tbody tr td:first-child').allTextContents()).join(),
    [...releases]
      .reverse()
      .map((r) => r.version)
      .join(),
    'releases are listed, the newest first',
  );
  await page.getByRole('link', { name: newest }).click();
  await page.getByRole('region', { name: 'New in this release' }).waitFor();
  const told = await server.call('GET', path);
  is(told.before.version, releases[releases.length - 2].version, 'it is compared with the one before');
  const names = async (region) =>
    (await page.getByRole('region', { name: region }).locator('.issue-link strong').allTextContents()).sort().join();
  const fresh = told.issues.filter((i) => i.isNew);
  await becomes(
    () => names('New in this release'),
    fresh
      .map((i) => i.metadata.type ?? i.title)
      .sort()
      .join(),
    'what is new in it',
  );
  ok(
    fresh.some((i) => i.metadata.type === 'PaymentUnavailable'),
    'as it was made',
  );
  const rows = page.getByRole('region', { name: 'Seen before, and still' }).locator('tbody tr');
  await comes(async () => (await rows.count()) > 3, 'what was there before stands apart');
  await comes(
    async () =>
      (
        await page.getByRole('region', { name: 'Seen before, and still' }).locator('td:last-child').allTextContents()
      ).every((t) => /[×÷%]|new/.test(t)),
    'with the change of its rate',
  );
  await comes(() => page.locator('.chart canvas').first().isVisible(), 'the trend is drawn');

  const latency = page.getByRole('region', { name: 'How long calls took' });
  const paying = latency.getByRole('row', { name: /payments/ });
  await paying.waitFor();
  await comes(async () => /[+−]\d+ %/.test(await paying.textContent()), 'and how long calls take against before');
  await paying.getByRole('button', { name: 'show payments' }).click();
  await latency.getByRole('figure', { name: 'p95 of the calls of payments' }).locator('canvas').waitFor();
  ok(true, 'each service over time');
  await page.getByRole('button', { name: /Compared with/ }).click();
  await page.getByRole('menuitemradio', { name: releases[0].version }).click();
  await page.waitForURL(/with=/);
  await page.getByRole('button', { name: `Compared with ${releases[0].version}` }).waitFor();
  ok(true, 'another release is chosen to compare with, in the address');
  await page.reload();
  await page.getByRole('button', { name: `Compared with ${releases[0].version}` }).waitFor();
  ok(true, 'which can be shared');

  await page.getByRole('region', { name: 'New in this release' }).getByRole('link').first().click();
  await page.waitForSelector('.issue-head');
  ok(true, 'an issue is one click away');
  await page.locator('.facts-list').getByRole('link').first().click();
  await page.waitForURL(/\/releases\//);
  ok(true, 'and its release one click back');

  await page.getByRole('link', { name: 'Issues' }).click();
  await settled(page);
  const issue = (await server.call('GET', '/organizations/default/issues/?query=error.type:KeyError'))[0];
  await visit(page, `/issues/${issue.id}`);
  await page.getByRole('button', { name: 'Resolve', exact: true }).click();
  await page.getByRole('menuitem', { name: `Resolve in ${newest}` }).click();
  await page.locator('.issue-head .word', { hasText: `resolved in ${newest}` }).waitFor();
  await visit(page, `/releases/${encodeURIComponent(newest)}`);
  await page.getByRole('region', { name: 'Resolved in it' }).getByText('KeyError').waitFor();
  ok(true, 'what was resolved in a release stands on its page');

  const deploys = `/organizations/default/releases/${encodeURIComponent(newest)}/deploys/`;
  await server.call('POST', deploys, { environment: 'production' });
  await page.reload();
  await page.getByText(/deployed to production/).waitFor();
  ok(true, 'so does where it was deployed to');

  await visit(page, '/releases?query=4.11');
  await becomes(() => page.locator('.table tbody tr').count(), 2, 'releases are found by a part of their version');
  page.expected.push(/status of 404/);
  await visit(page, '/releases/shop%409.9.9');
  await page.getByText('There is no such release').waitFor();
  ok(true, 'a release that is not there says so');
});

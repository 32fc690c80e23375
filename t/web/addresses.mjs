// addresses.mjs -- an address says what is shown, whatever stands in it: it can be reloaded, sent to somebody, and
// come back to; and where nothing can be shown at it, the way to the rest stays open.
import { base, becomes, boot, comes, is, login, ok, run, settled, visit } from './browser.mjs';
import { sendSpans } from './odd.mjs';
import { hex, numbers, seed } from './seed.mjs';

const { server, places } = await seed(base, boot, 0.02);
const random = numbers(41);
const service = 'shop/till?no=1&x#50%41';
const version = '50%25 off@1.0';
for (let i = 0; i < 5; i++) {
  const span = { id: hex(random, 16), name: 'GET /', at: Date.now() - 20_000 - i * 1000, ms: 12, kind: 2 };
  await sendSpans(server.base, places.checkout, hex(random, 32), { [service]: [span] });
}
const frames = Array.from({ length: 60 }, (_, i) => ({
  filename: `lib/part${i}.py`,
  function: `call_${i}`,
  lineno: 10 + i,
  in_app: i === 0 || i === 59,
  context_line: `    call_${i + 1}()`,
}));
const event = {
  event_id: 'd'.repeat(32),
  platform: 'python',
  release: version,
  exception: { values: [{ type: 'DeepError', value: 'all the way down', stacktrace: { frames } }] },
};
const send = (e) =>
  server.envelope(places.checkout.id, places.checkout.key, { event_id: e.event_id }, [[{ type: 'event' }, e]]);
await send(event);
const [issue] = await server.call('GET', '/organizations/default/issues/?query=error.type:DeepError');
const pathOf = (page) => page.url().slice(base.length);

await run(async ({ browser, window }) => {
  const page = await login(await window());
  const storageState = await page.context().storageState();
  const heading = () => page.locator('h1').textContent();

  // names with everything that means something in an address
  await visit(page, '/services');
  await page.locator('.service-name', { hasText: service }).first().click();
  await becomes(heading, service, 'a service is found by its name, with slashes and per cent');
  await page.getByRole('button', { name: 'Last 24 hours' }).click();
  await page.getByRole('menuitemradio', { name: 'Last 7 days' }).click();
  await page.waitForURL(/statsPeriod=7d/);
  await becomes(heading, service, 'so it is in another time');
  await page.reload();
  await becomes(heading, service, 'and after a reload');
  await visit(page, '/releases');
  await page.getByRole('link', { name: version }).click();
  await becomes(heading, version, 'a release by its version');
  await page.getByText('There is no such release').waitFor({ state: 'detached' });
  await visit(page, '/services/100%');
  await becomes(heading, '100%', 'an address that nobody escaped is read as it stands');

  // a filter that has escapes of its own in it
  const filter = page.getByRole('combobox');
  const words = 'url:https://shop.example/a%20b%2Fc+d';
  await visit(page, '/issues');
  await filter.fill(words);
  await page.keyboard.press('Enter');
  await page.waitForURL(/query=/);
  await settled(page);
  await becomes(() => filter.inputValue(), words, 'a filter with escapes stays as it was typed');
  await page.reload();
  await becomes(() => filter.inputValue(), words, 'after a reload, too');

  // a link to a frame, sent to somebody else while more events come
  await visit(page, `/issues/${issue.id}`);
  await page.locator('.folded button').click();
  await page.locator('#e0f20').hover();
  await page.locator('#e0f20 .anchor').click();
  await becomes(
    async () => pathOf(page),
    `/issues/${issue.id}/events/${event.event_id}#e0f20`,
    'a link to a frame names its event, and not the latest',
  );
  const other = await window({ storageState, height: 500 });
  await other.goto(page.url());
  await comes(() => other.locator('#e0f20 .context').isVisible(), 'it opens the frame, out of those that are folded');
  await comes(async () => {
    const { y, height } = await other.locator('#e0f20').boundingBox();
    return y > 40 && y + height < 500;
  }, 'and shows it');
  await becomes(() => other.locator('#e0f20:target').count(), 1, 'marked');

  // what another window would get
  await visit(page, `/issues/${issue.id}?project=${places.checkout.id}`);
  await becomes(
    () => page.getByRole('link', { name: 'Tags', exact: true }).getAttribute('href'),
    `?project=${places.checkout.id}&tab=tags`,
    "the address of an issue's part keeps the project",
  );

  // back to the list, to go on where one was
  const here = () =>
    page.evaluate(() => [...document.querySelectorAll('main tbody tr')].findIndex((r) => r.classList.contains('here')));
  for (const list of ['/issues', '/traces']) {
    await visit(page, list);
    for (const key of ['j', 'j', 'j', 'Enter']) await page.keyboard.press(key);
    await page.waitForURL(new RegExp(`${list}/[0-9a-f]+`));
    await settled(page);
    await page.goBack();
    await becomes(here, 2, `back in the list, one is where one was: ${list}`);
    await settled(page);
    await page.keyboard.press('j');
    await becomes(here, 3, 'and goes on from there');
  }
  await page.getByRole('button', { name: 'Took' }).click();
  await becomes(here, -1, 'in another order, nowhere');

  const some = '/issues?query=is%3Aunresolved+level%3Aerror&sort=freq';
  await visit(page, some);
  for (const key of ['j', 'j', 'Enter']) await page.keyboard.press(key);
  await page.waitForSelector('.event-bar');
  await page.keyboard.press('j'); // an older event
  await settled(page);
  await page.keyboard.press('u');
  await becomes(async () => pathOf(page), some, 'up from an issue is the list with its filter and order');
  await becomes(here, 1, 'and the row of the issue');

  for (const list of ['/issues', '/traces']) {
    await visit(page, list);
    const tab = page.context().waitForEvent('page');
    await page
      .locator('tbody tr td.number')
      .first()
      .click({ modifiers: ['Control'] });
    await (await tab).waitForURL(new RegExp(`${list}/[0-9a-f]+`));
    is(pathOf(page), list, `${list}: a row that is clicked with Ctrl opens beside this page`);
    await (await tab).close();
  }

  // nothing there
  await visit(page, '/no/such/page');
  await becomes(heading, 'There is no such page', 'an address that is none has a heading');
  await becomes(() => page.title(), 'No such page – quern', 'and a title of its own');

  const broken = await browser.newContext({ storageState });
  const half = await broken.newPage();
  await half.route(/\/assets\/(?!app-|chunk-)[^/]*\.js$/, (route) => route.abort());
  await half.goto(`${base}/traces`);
  await half.getByText('This page cannot be shown').waitFor();
  ok(true, 'a page that cannot be shown says so');
  await half.getByRole('link', { name: 'Issues', exact: true }).click();
  await half.locator('.issue-table').waitFor();
  ok(true, 'and the others are there');
  await broken.close();
});

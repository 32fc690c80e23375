// views.mjs -- every view there is, for the programs that look at all of them: name, address, what must
// be there before it is looked at, and what is done first.
import { visit } from './browser.mjs';

/** `server` is seeded with the shop and its traffic(); `bad`: what badDay() of odd.mjs made there. */
export async function viewsOf(server, bad) {
  const issues = await server.call('GET', '/organizations/default/issues/?query=');
  const id = (type) => issues.find((i) => i.metadata.type === type).id;
  const chained = id('PaymentUnavailable');
  return [
    { name: 'issues', path: '/issues?query=', ready: '.issue-table tbody tr' },
    {
      name: 'issues-selected',
      path: '/issues?query=&project=-1',
      ready: '.issue-table tbody tr',
      first: async (page) => {
        for (const key of ['j', 'x', 'j', 'x']) await page.keyboard.press(key);
      },
    },
    {
      name: 'issues-filter',
      path: '/issues',
      ready: '.issue-table tbody tr',
      first: async (page) => {
        await page.getByRole('combobox').fill('is:unresolved payment.method:');
        await page.getByRole('option').first().waitFor();
      },
    },
    { name: 'issue', path: `/issues/${id('KeyError')}`, ready: '.facts canvas' },
    { name: 'issue-causes', path: `/issues/${chained}`, ready: '.frames' },
    { name: 'issue-events', path: `/issues/${chained}?tab=events`, ready: '.issue-main .table' },
    { name: 'issue-tags', path: `/issues/${chained}?tab=tags`, ready: '.tag-grid .tag-value' },
    { name: 'issue-activity', path: `/issues/${id('KeyError')}?tab=activity`, ready: '.activity li' },
    { name: 'issue-grouping', path: `/issues/${id('KeyError')}?tab=grouping`, ready: '.grouping .table' },
    { name: 'issue-trace', path: `/issues/${bad.issue}/events/${bad.event}`, ready: '.log-lines', first: toTrace },
    { name: 'issue-traces', path: `/issues/${bad.issue}?tab=traces`, ready: '.issue-main .table' },
    { name: 'trace', path: `/traces/${bad.failed.id}`, ready: '.span-row' },
    { name: 'trace-span', path: `/traces/${bad.failed.id}?span=${bad.failed.ids.orders}`, ready: '.span-detail dl' },
    { name: 'trace-knots', path: `/traces/${bad.knotted.id}?find=shard`, ready: '.trace-notes' },
    { name: 'trace-compare', path: `/traces/${bad.failed.id}?compare=${bad.slower.id}`, ready: '.change-row' },
    { name: 'trace-none', path: `/traces/${'1'.repeat(32)}`, ready: '.empty' },
    { name: 'traces', path: '/traces', ready: '.scatter circle' },
    {
      name: 'traces-picked',
      path: '/traces?service=payments&statsPeriod=14d',
      ready: '.trace-table tbody tr',
      first: async (page) => {
        for (const key of ['j', 'x', 'j', 'x']) await page.keyboard.press(key);
        await page.getByRole('combobox').fill('http.route:');
        await page.getByRole('option').first().waitFor();
      },
    },
    { name: 'traces-none', path: '/traces?query=nothing.is%3Aso', ready: '.empty' },
    { name: 'services', path: '/services', ready: '.services .table' },
    { name: 'service-map', path: '/services?view=map&service=checkout', ready: '.map .box' },
    { name: 'service', path: '/services/payments?statsPeriod=7d', ready: '.service-charts canvas' },
    { name: 'logs', path: '/logs', ready: '.log-row' },
    { name: 'log', path: '/logs?service=checkout&live=1', ready: '.log-row', first: openLine },
    { name: 'releases', path: '/releases', ready: '.table tbody tr' },
    { name: 'release', path: '/releases/shop%404.12.0', ready: '.release canvas' },
    { name: 'server', path: '/server', ready: '.server .table' },
    { name: 'server-outcomes', path: '/server', ready: '[aria-label="Where are my events"] .table', first: toOutcomes },
    { name: 'welcome', path: '/welcome', ready: '.pasted' },
    { name: 'settings', path: '/settings', ready: '.table' },
    { name: 'settings-project', path: '/settings/projects/checkout', ready: 'input[type=checkbox]' },
    {
      name: 'settings-rules',
      path: '/settings/projects/checkout',
      ready: 'input[type=checkbox]',
      first: async (page) => {
        await page.getByLabel('Fingerprint rules').fill('error.type:PaymentUnavailable -> payments-are-down');
        await page.getByRole('button', { name: 'Try on the newest events' }).click();
        await page.getByRole('table', { name: 'What the rules would do' }).waitFor();
        await toMiddle(page, '[aria-label="What the rules would do"]');
      },
    },
    { name: 'settings-users', path: '/settings/users', ready: '.table select' },
    { name: 'settings-retention', path: '/settings/retention', ready: '.pairs' },
    { name: 'settings-account', path: '/settings/account', ready: '.table' },
    { name: 'no-match', path: '/issues?query=nothing.is:so', ready: '.empty' },
  ];
}

const toMiddle = (page, css) =>
  page
    .locator(css)
    .first()
    .evaluate((part) => part.scrollIntoView({ block: 'center' }));
const toTrace = (page) => toMiddle(page, '.minitrace');
const toOutcomes = (page) => toMiddle(page, '[aria-label="Where are my events"]');

async function openLine(page) {
  for (const key of ['j', 'j', 'Enter']) await page.keyboard.press(key);
  await page.locator('.log-detail .pairs').first().waitFor();
}

export async function look(page, view) {
  await visit(page, view.path);
  await page.locator(view.ready).first().waitFor();
  await view.first?.(page);
}

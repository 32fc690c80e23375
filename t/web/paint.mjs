// paint.mjs -- from a key or a click until what was asked for is painted, everything in between included:
// the request, the answer, drawing. Against whatever BASE has stored. Prints one JSON list:
// [{"what": "open an issue", "p50": 21.3, "p95": 34.0, "worst": 41.2, "runs": 20}, …] in milliseconds.
import { base, launch, login, open } from './browser.mjs';

const RUNS = Number(process.env.RUNS ?? 20);

/** In the page: do it, wait until `there` holds, then for the frame that shows it. */
function measure([act, there]) {
  const run = new Function(act);
  const holds = new Function('before', `return Boolean(${there})`);
  return new Promise((done, failed) => {
    const before = { href: location.href, text: document.querySelector('main').textContent };
    const start = performance.now();
    const late = setTimeout(() => failed(new Error(`this never came: ${there}`)), 10_000);
    const painted = () => {
      const channel = new MessageChannel(); // its first task runs when the frame has been handed over
      channel.port1.onmessage = () => done(performance.now() - start);
      channel.port2.postMessage(null);
    };
    const check = () => {
      if (!holds(before)) return void requestAnimationFrame(check);
      clearTimeout(late);
      requestAnimationFrame(painted);
    };
    run();
    check();
  });
}

const key = (k) => `document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '${k}', bubbles: true }))`;
const q = (css) => `document.querySelector(${JSON.stringify(css)})`;
const list = () => '/issues';
const one = (issues, run) => `/issues/${issues[run % issues.length]}`;

const steps = [
  { what: 'move to the next issue', at: list, act: key('j'), there: q('tr.here') },
  { what: 'select an issue', at: list, first: key('j'), act: key('x'), there: q('.bulk') },
  {
    what: 'sort the list',
    at: list,
    act: `${q('th.freq button')}.click()`,
    there: `${q('th.freq[aria-sort]')} && document.querySelector('main').textContent !== before.text.replace('Events', 'Events ↓').replace('Last seen ↓', 'Last seen')`,
  },
  {
    what: 'filter the list',
    at: list,
    act: `const field = ${q('[role=combobox]')};
      field.value = 'is:unresolved level:error !level:fatal';
      field.dispatchEvent(new Event('input', { bubbles: true }));
      setTimeout(() => field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true })));`,
    there: `location.search.includes('fatal') && ${q('.issue-table tbody tr')}`,
    answer: 'issues/?',
  },
  {
    what: 'open an issue, stack trace and facts',
    at: list,
    act: `document.querySelectorAll('.issue-table .title a')[RUN].click()`,
    there: `${q('.event-bar')} && ${q('.facts canvas')} && ${q('.facts .tag-value')}`,
  },
  {
    what: 'the event before',
    at: one,
    act: key('j'),
    there: `location.href !== before.href && document.querySelector('main').textContent !== before.text`,
  },
  {
    what: 'all tags of an issue',
    at: one,
    act: `${q('a[href="?tab=tags"]')}.click()`,
    there: q('.tag-grid .tag-value'),
  },
  {
    what: 'all events of an issue',
    at: one,
    act: `${q('a[href="?tab=events"]')}.click()`,
    there: q('.issue-main .table tbody tr'),
  },
  {
    what: 'the releases',
    at: list,
    act: `${q('.sidebar a[href^="/releases"]')}.click()`,
    there: q('.table[aria-label="Releases"] tbody tr'),
  },
];

const browser = await launch();
const page = await login(await open(browser, { bypassCSP: true })); // `measure` makes functions of texts
await page.locator('.issue-table tbody tr').first().waitFor();
const links = await page.locator('.issue-table .title a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
const issues = links.map((href) => href.match(/\d+/)[0]);
const round = (n) => Math.round(n * 10) / 10;
const results = [];
for (const { what, at, first, act, there } of steps) {
  const times = [];
  for (let run = 0; run < RUNS; run++) {
    await page.goto(base + at(issues, run)); // anew each time, so that nothing is shown from before
    await page.locator('.issue-table tbody tr, .facts .tag-value').first().waitFor();
    await page.evaluate(() => new Promise((done) => setTimeout(done, 50)));
    if (first) await page.evaluate(first);
    times.push(await page.evaluate(measure, [act.replaceAll('RUN', String(run % issues.length)), there]));
  }
  times.sort((a, b) => a - b);
  const at95 = times[Math.min(times.length - 1, Math.floor(times.length * 0.95))];
  results.push({
    what,
    p50: round(times[times.length >> 1]),
    p95: round(at95),
    worst: round(times.at(-1)),
    runs: RUNS,
  });
}
await browser.close();
console.log(JSON.stringify(results));

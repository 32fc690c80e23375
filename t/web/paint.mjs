// paint.mjs -- from a key or a click until what was asked for is painted, everything in between included:
// the request, the answer, drawing. Against whatever BASE has stored, and a trace of 100,000 spans that it is
// sent. Prints one JSON list:
// [{"what": "open an issue", "p50": 21.3, "p95": 34.0, "worst": 41.2, "runs": 20, "most": 100}, …] in milliseconds.
import { base, boot, launch, login, open } from './browser.mjs';
import { many } from './odd.mjs';
import { Server } from './seed.mjs';

// ONLY: a pattern of the steps to take
const RUNS = Number(process.env.RUNS ?? 20);

/** In the page: do it, wait until `there` holds as a frame begins, then until this frame is drawn. */
function measure([act, there]) {
  const run = new Function(act);
  const holds = new Function('before', `return Boolean(${there})`);
  return new Promise((done, failed) => {
    const before = { href: location.href, text: document.querySelector('main').textContent };
    const start = performance.now();
    const late = setTimeout(() => failed(new Error(`this never came: ${there}`)), 10_000);
    // What is there when the callbacks of a frame run is laid out and painted by this very frame; the first task
    // of a channel runs when that one has been handed over.
    const frame = () => {
      if (!holds(before)) return void requestAnimationFrame(frame);
      const channel = new MessageChannel();
      channel.port1.onmessage = () => done(performance.now() - start);
      channel.port2.postMessage(null);
      clearTimeout(late);
    };
    run();
    requestAnimationFrame(frame);
  });
}

const key = (k) => `document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '${k}', bubbles: true }))`;
const q = (css) => `document.querySelector(${JSON.stringify(css)})`;
const click = (words) =>
  `[...document.querySelectorAll('.trace-tools button')].find((b) => b.textContent === '${words}').click()`;
const gridKey = (k) =>
  `${q('.waterfall-box')}.dispatchEvent(new KeyboardEvent('keydown', { key: '${k}', bubbles: true }))`;
const find = (text) => `const field = ${q('.trace-tools .find')};
  field.value = '${text}';
  field.dispatchEvent(new Event('input', { bubbles: true }))`;
const list = () => '/issues';
const one = (issues, run) => `/issues/${issues[run % issues.length]}`;
const server = new Server(base, boot);
const [{ id: project, slug }] = await server.call('GET', '/projects/');
const [{ public: projectKey }] = await server.call('GET', `/projects/default/${slug}/keys/`);
const big = await many(server, { id: project, key: projectKey });
const last = big.count - 1;
const trace = () => `/traces/${big.id}`;
const whole = `.waterfall-box[aria-rowcount="${big.count}"]`;

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
  {
    what: 'open a trace of 100,000 spans',
    at: () => `/traces/${'0'.repeat(31)}1`,
    ready: '.empty',
    act: `history.pushState(null, '', '${trace()}')`,
    there: q('.span-row'),
  },
  { what: 'its last span', at: trace, act: gridKey('End'), there: q(`#span-${last}.here`) },
  {
    what: 'scroll to its middle',
    at: trace,
    act: `${q('.waterfall-box')}.scrollTop = ${q('.waterfall-box')}.scrollHeight / 2`,
    there: `!${q('#span-0')} && ${q('.span-row')}`,
  },
  { what: 'find in it', at: trace, act: find('step 77'), there: q('.span-row.here.found') },
  { what: 'fold it', at: trace, act: click('Fold'), there: `${q('.waterfall-box')}.ariaRowCount !== '${big.count}'` },
  { what: 'its next failed span', at: trace, act: click('Next failed'), there: q('.span-row.here.failed') },
  { what: 'details of a span', at: trace, act: `${q('#span-1')}.click()`, there: q('.span-detail .pairs') },
  {
    what: 'look closer at a span',
    at: trace,
    first: gridKey('End'),
    act: key('z'),
    there: `[...document.querySelectorAll('.trace-tools button')].some((b) => b.textContent === 'Whole trace')`,
  },
];

const browser = await launch();
const page = await login(await open(browser, { bypassCSP: true })); // `measure` makes functions of texts
await page.locator('.issue-table tbody tr').first().waitFor();
const links = await page.locator('.issue-table .title a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
const issues = links.map((href) => href.match(/\d+/)[0]);
const round = (n) => Math.round(n * 10) / 10;
const results = [];
for (const { what, at, first, act, there, ready } of steps.filter((s) => s.what.match(process.env.ONLY ?? ''))) {
  const times = [];
  for (let run = 0; run < RUNS; run++) {
    await page.goto(base + at(issues, run)); // anew each time, so that nothing is shown from before
    await page
      .locator(ready ?? `.issue-table tbody tr, .facts .tag-value, ${whole}`)
      .first()
      .waitFor();
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
    most: 100,
  });
}
await browser.close();
console.log(JSON.stringify(results));

// browser.mjs -- Chromium against one server: log in, watch for what no page may do (errors on the
// console, requests to other hosts, breaches of the content security policy), and say TAP.
// From the environment: BASE, BOOTSTRAP (the file), CHROMIUM; t/web/run sees to the packages.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(process.cwd() + '/');
const { chromium } = require('playwright-core');

export const base = process.env.BASE;
export const boot = JSON.parse(readFileSync(process.env.BOOTSTRAP, 'utf8'));
const patience = Number(process.env.PATIENCE ?? 20) * 1000;
export const axeSource = () => readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

let count = 0;
export function ok(good, what, why = '') {
  console.log(`${good ? 'ok' : 'not ok'} ${++count} - ${what}`);
  if (!good && why)
    console.log(
      String(why)
        .split('\n')
        .slice(0, 40)
        .map((line) => '# ' + line)
        .join('\n'),
    );
  return Boolean(good);
}
export const is = (got, want, what) =>
  ok(got === want, what, `got  ${JSON.stringify(got)}\nwant ${JSON.stringify(want)}`);

/** Ask until the answer is good or patience ends; the last answer. Pages fill by and by, and a loaded machine
 * takes its time: what a page should come to show is asked with this, never once. */
async function until(ask, good) {
  const end = Date.now() + patience;
  for (;;) {
    const got = await ask();
    if (good(got) || Date.now() > end) return got;
    await new Promise((done) => setTimeout(done, 50));
  }
}
/** It comes to be true. */
export const comes = async (ask, what, why) => {
  const good = Boolean(await until(ask, Boolean));
  return ok(good, what, good || !why ? '' : await why());
};
/** It comes to be `want`. */
export const becomes = async (ask, want, what) => is(await until(ask, (got) => got === want), want, what);

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** A window of its own, with everything it complains of in `complaints`. */
export async function open(browser, { width = 1280, height = 900, dark = false, ...more } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    timezoneId: 'Europe/Zurich',
    locale: 'en-GB',
    ...more,
  });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  page.complaints = [];
  page.expected = []; // patterns of complaints that a test means to cause
  const complain = (text) => page.expected.some((p) => p.test(text)) || page.complaints.push(text);
  page.on(
    'console',
    (line) => ['error', 'warning'].includes(line.type()) && complain(`console: ${line.text()} ${line.location().url}`),
  );
  page.on('pageerror', (error) => complain(`page: ${error.stack ?? error}`));
  page.pending = new Set(); // requests that are under way
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, (r) => page.pending.delete(r));
  page.on('request', (r) => {
    page.pending.add(r);
    if (!r.url().startsWith(base + '/') && !/^(data|blob|about):/.test(r.url())) complain(`another host: ${r.url()}`);
  });
  page.on('requestfailed', (r) => {
    if (!/ERR_ABORTED/.test(r.failure()?.errorText)) complain(`failed: ${r.url()} ${r.failure()?.errorText}`);
  });
  return page;
}

export async function login(page, email = boot.email, password = boot.password) {
  await page.goto(base + '/');
  await page.fill('input[name=email]', email);
  await page.fill('input[name=password]', password);
  await page.click('button:has-text("Log in")');
  await page.waitForSelector('.frame');
  return page;
}

const painted = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** Nothing under way, nothing asked for after two frames either, fonts there. */
export async function settled(page) {
  await page.waitForLoadState('load');
  await until(
    async () => {
      if (page.pending.size) return false;
      await painted(page);
      return page.pending.size === 0 && (await page.locator('[aria-busy="true"]').count()) === 0;
    },
    (quiet) => quiet,
  );
  await page.evaluate(() => document.fonts.ready.then(() => true));
}

export async function visit(page, path) {
  await page.goto(base + path);
  await settled(page);
}

/** Run the checks, then say what the pages complained of, and how many checks there were. */
export async function run(checks) {
  const browser = await launch();
  const pages = [];
  try {
    await checks({
      browser,
      window: async (o) => {
        const p = await open(browser, o);
        pages.push(p);
        return p;
      },
    });
    ok(
      pages.every((p) => p.complaints.length === 0),
      'no error on the console, no request to another host, no breach of the policy',
      pages.flatMap((p) => p.complaints).join('\n'),
    );
  } catch (error) {
    ok(false, 'the program ran to its end', `${error.stack}\n${pages.flatMap((p) => p.complaints).join('\n')}`);
    for (const [i, p] of pages.entries())
      if (process.env.SHOTS) await p.screenshot({ path: `${process.env.SHOTS}/failed-${i}.png` }).catch(() => {});
  } finally {
    await browser.close();
  }
  console.log(`1..${count}`);
}

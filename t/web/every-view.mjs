// every-view.mjs -- each view in both themes and on a phone: usable with a screen reader (axe finds no
// violation), as wide as its window, with a title, and reachable by the keyboard.
import { base, boot, login, ok, run } from './browser.mjs';
import { tooWide, violations } from './looks.mjs';
import { badDay } from './odd.mjs';
import { seed } from './seed.mjs';
import { traffic } from './traffic.mjs';
import { look, viewsOf } from './views.mjs';

const { server, places } = await seed(base, boot, 0.05);
await traffic(server, places, 200);
const bad = await badDay(server, places);
await server.call('POST', '/organizations/default/members/', {
  email: 'vera@example.com',
  name: 'Vera',
  password: 'a long password',
  orgRole: 'viewer',
});
const [issue] = await server.call('GET', '/organizations/default/issues/?query=error.type:KeyError');
await server.call('POST', `/issues/${issue.id}/comments/`, { text: 'Vouchers have no rate in kroner.' });
const views = await viewsOf(server, bad);

await run(async ({ window }) => {
  for (const dark of [false, true]) {
    const theme = dark ? 'dark' : 'light';
    const page = await window({ dark, bypassCSP: true }); // axe makes functions of its own
    await page.goto(base + '/');
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    const atLogin = await violations(page);
    ok(atLogin.length === 0, `login, ${theme}: axe finds nothing`, atLogin.join('\n'));
    await login(page);
    for (const view of views) {
      await look(page, view);
      const found = await violations(page);
      ok(found.length === 0, `${view.name}, ${theme}: axe finds nothing`, found.join('\n'));
    }
  }
  for (const [width, height] of [
    [390, 844],
    [1280, 900],
  ]) {
    const page = await login(await window({ width, height }));
    for (const view of views) {
      await look(page, view);
      const wide = await tooWide(page);
      ok(wide.length === 0, `${view.name} fits into ${width} px`, wide.join('\n'));
      if (width === 1280)
        ok(/ – quern$/.test(await page.title()), `${view.name} has a title of its own: ${await page.title()}`);
    }
  }

  const page = await login(await window());
  await look(page, views[0]);
  const reached = new Set();
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      const style = getComputedStyle(e);
      return {
        name: e.getAttribute('aria-label') ?? e.title ?? e.textContent,
        text: e.textContent.trim(),
        ring: style.outlineStyle !== 'none',
      };
    });
    if (!at.ring) ok(false, `the focus is visible on ${at.name || at.text}`);
    reached.add(at.text || at.name);
  }
  for (const name of [
    'Skip to the content',
    'Issues',
    'Settings',
    'All projects',
    'Searches',
    'Last seen ↓',
    'Resolve',
  ])
    ok(reached.has(name), `Tab reaches ${name}`, [...reached].join(' | '));
});

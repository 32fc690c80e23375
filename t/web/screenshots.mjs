// screenshots.mjs -- every view of a filled server, light and dark, some on a phone, into the folder OUT.
import { writeFileSync } from 'node:fs';
import { base, boot, login, ok, run, settled } from './browser.mjs';
import { badDay } from './odd.mjs';
import { smaller } from './png.mjs';
import { eventOf, numbers, seed } from './seed.mjs';
import { traffic } from './traffic.mjs';
import { look, viewsOf } from './views.mjs';
import { problems, releases } from './world.mjs';

const out = process.env.OUT;
const onPhone = ['issues', 'issue', 'release', 'trace', 'traces', 'services', 'service-map', 'service', 'logs'];

const { server, places } = await seed(base, boot);
await traffic(server, places, 4000);
await story();
const views = await viewsOf(server, await badDay(server, places));

/** What people did in the meantime. */
async function story() {
  const members = '/organizations/default/members/';
  const grace = await server.call('POST', members, {
    email: 'grace@example.com',
    name: 'Grace',
    password: 'a long password',
    orgRole: 'member',
  });
  await server.call('POST', members, {
    email: 'edsger@example.com',
    name: 'Edsger',
    password: 'a long password',
    orgRole: 'viewer',
  });
  const issue = async (type) =>
    (await server.call('GET', `/organizations/default/issues/?query=error.type:${type}`))[0];
  const set = async (type, body) => server.call('PUT', `/issues/${(await issue(type)).id}/`, body);
  const who = { assignedTo: `user:${grace.user.id}` };
  await set('KeyError', who);
  await server.call('POST', `/issues/${(await issue('KeyError')).id}/comments/`, {
    text: 'Vouchers made before 4.11 have no rate in kroner or francs.',
  });
  await set('PaymentUnavailable', who);
  await set('SyntaxError', { status: 'resolved' });
  await send(
    problems.find((p) => p.transaction === '/' && p.project === 'storefront'),
    numbers(5),
  );
  await set('CartError', { status: 'ignored', statusDetails: { ignoreDuration: 10080 } });
}

async function send(problem, random) {
  const event = eventOf(problem, Date.now() / 1000, random, releases.at(-1));
  const { id, key } = places[problem.project];
  await server.envelope(id, key, { event_id: event.event_id }, [[{ type: 'event' }, event]]);
}

/** Something to see on the live charts. */
async function goOn(ms) {
  const random = numbers(11);
  const end = Date.now() + ms;
  while (Date.now() < end) {
    await Promise.all(
      Array.from({ length: 1 + Math.floor(random() * 6) }, () => send(problems[Math.floor(random() * 7)], random)),
    );
    await new Promise((done) => setTimeout(done, 60));
  }
}

await run(async ({ window }) => {
  const shoot = async (page, name) => {
    await settled(page);
    await page.mouse.move(0, 0);
    const png = smaller(await page.screenshot());
    writeFileSync(`${out}/${name}.png`, png);
    ok(png.length < 200 * 1024, `${name}.png, ${Math.round(png.length / 1024)} KB`);
  };
  const live = views.find((v) => v.name === 'server');
  const servers = [];
  for (const dark of [false, true]) {
    const theme = dark ? 'dark' : 'light';
    const page = await window({ dark });
    await page.goto(base + '/');
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    await shoot(page, `login-${theme}`);
    await login(page);
    const phone = await login(await window({ dark, width: 390, height: 844 }));
    for (const view of views) {
      if (view === live) continue;
      await look(page, view);
      await shoot(page, `${view.name}-${theme}`);
      if (!onPhone.includes(view.name)) continue;
      await look(phone, view);
      await shoot(phone, `phone-${view.name}-${theme}`);
    }
    servers.push([page, `server-${theme}`], [phone, `phone-server-${theme}`]);
  }
  // last, since it wants something to go on
  for (const [page] of servers) await look(page, live);
  await goOn(45_000);
  for (const [page, name] of servers) await shoot(page, name);
});

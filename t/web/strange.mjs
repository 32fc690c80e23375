// strange.mjs -- what programs send when nobody thought of it: names without an end, text that runs from right to
// left, long bodies, lines of many lines. Every page of it fits its window and is usable with a screen reader.
import { base, becomes, boot, comes, is, login, ok, run, settled, visit } from './browser.mjs';
import { tooWide, violations } from './looks.mjs';
import { sendLogs } from './odd.mjs';
import { hex, numbers, Server } from './seed.mjs';

const server = new Server(base, boot);
const random = numbers(43);
const place = { id: 1, key: boot.public_key };
const raised = (type, value, frame = {}) => ({
  exception: { values: [{ type, value, stacktrace: { frames: [{ filename: 'a.py', function: 'f', ...frame }] } }] },
});
const events = {
  'a long title': raised('Long'.repeat(40), 'x'.repeat(3000)),
  'right to left': {
    ...raised('שגיאה', 'مرحبا بالعالم \u202eliame\u202c', { function: 'פונקציה' }),
    tags: { שפה: 'עברית', emoji: '🎉👩‍👩‍👧' },
  },
  'a long release': { message: 'released', release: 'r'.repeat(240), environment: 'e'.repeat(60) },
  'a long body': {
    message: 'asked for too much',
    request: {
      url: `https://shop.example/${'path/'.repeat(60)}`,
      method: 'POST',
      data: { list: [...Array(80).keys()] },
    },
  },
  'variables without end': raised('Vars', 'v', {
    in_app: true,
    vars: { long: 'v'.repeat(1500), deep: { a: { b: [1] } } },
  }),
  'many breadcrumbs': {
    message: 'crumbs',
    breadcrumbs: {
      values: Array.from({ length: 300 }, (_, i) => ({ timestamp: Date.now() / 1000 - i, message: 'm'.repeat(i * 2) })),
    },
  },
  'no words at all': {},
  'a function alone': {
    platform: 'native',
    ...raised('SIGSEGV', 'fault', { filename: undefined, function: 'ns::run' }),
  },
  'long tags': { message: 'tagged', tags: { ['k'.repeat(190)]: 'v'.repeat(190), html: '<b>x</b>', quote: 'a"b' } },
};
const files = [
  ['../../etc/passwd', 'text/html', '<script>alert(1)</script>'],
  ['no picture.png', 'image/png', 'no picture'],
].map(([filename, content_type, text]) => [
  { type: 'attachment', filename, content_type, attachment_type: 'event.attachment' },
  text,
]);
const issues = {};
for (const [name, event] of Object.entries(events)) {
  const event_id = hex(random, 32);
  const items = name === 'long tags' ? files : [];
  await server.envelope(place.id, place.key, { event_id }, [
    [{ type: 'event' }, { event_id, timestamp: Date.now() / 1000, platform: 'python', ...event }],
    ...items,
  ]);
  issues[name] = (await server.call('GET', `/organizations/default/eventids/${event_id}/`)).groupId;
}
await sendLogs(base, place, hex(random, 32), 'till', [
  { at: Date.now() - 9000, level: 'error', text: 'first line\nsecond line\n  third\n' },
  { at: Date.now() - 8000, level: 'info', text: '\u001b[31mred\u001b[0m' },
]);
const views = [
  ...Object.entries(issues).map(([name, id]) => [name, `/issues/${id}`]),
  ['its events', `/issues/${issues['a long release']}?tab=events`],
  ['its tags', `/issues/${issues['long tags']}?tab=tags`],
  ['its grouping', `/issues/${issues['a long title']}?tab=grouping`],
  ['all issues', '/issues?query='],
  ['all releases', '/releases'],
  ['the long release', `/releases/${'r'.repeat(240)}`],
  ['logs', '/logs'],
  ['no such issue', '/issues/999999'],
];

await run(async ({ window }) => {
  const page = await login(await window({ bypassCSP: true }));
  const storageState = await page.context().storageState();
  page.expected.push(/status of 404/);
  for (const [name, path] of views) {
    await visit(page, path);
    const wide = await tooWide(page);
    ok(wide.length === 0, `${name} fits into 1280 px`, wide.join('\n'));
    const found = await violations(page);
    ok(found.length === 0, `${name}: axe finds nothing`, found.join('\n'));
  }

  await visit(page, `/issues/${issues['a function alone']}`);
  is(await page.locator('.issue-head .place').count(), 1, 'a function without a file is told once');
  await visit(page, '/logs');
  await comes(() => page.getByText('first line … 3 lines').isVisible(), 'a row says that there are more lines in it');
  await comes(() => page.getByText('red', { exact: true }).isVisible(), 'colours of terminals are left out');

  const phone = await window({ width: 390, height: 844, storageState });
  phone.expected.push(/status of 404/);
  for (const [name, path] of views) {
    await visit(phone, path);
    const wide = await tooWide(phone);
    ok(wide.length === 0, `${name} fits into 390 px`, wide.join('\n'));
  }
  await visit(phone, '/issues?query=');
  await settled(phone);
  await comes(() => phone.locator('.word.new').first().isVisible(), 'what is new is marked so on a phone, too');
  const strong = phone.locator('.issue-table strong', { hasText: 'שגיאה' });
  const value = phone.locator('.issue-table .value', { hasText: 'مرحبا' });
  await becomes(
    async () => (await strong.boundingBox()).x < (await value.boundingBox()).x,
    true,
    'what kind of error it is stands before its words, whichever way these run',
  );
});

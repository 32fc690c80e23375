// traffic.mjs -- what people do in the made-up shop of world.mjs, as spans and logs over OTLP, the same at every
// run but for the present time. As a program: node traffic.mjs BASE BOOTSTRAP.JSON [traces]
import { readFileSync } from 'node:fs';
import { eventOf, hex, numbers, Server } from './seed.mjs';
import { problems, releases } from './world.mjs';

const SERVER = 2,
  CLIENT = 3,
  PRODUCER = 4,
  CONSUMER = 5;

/** Services, and the project that each sends to. */
export const services = {
  storefront: { project: 'storefront', language: 'nodejs' },
  checkout: { project: 'checkout', language: 'python' },
  inventory: { project: 'checkout', language: 'rust' },
  mailer: { project: 'checkout', language: 'ruby' },
  payments: { project: 'payments', language: 'go' },
  search: { project: 'search', language: 'java' },
};

/* ---- ways through the shop: each call with its own time in ms, and what it calls one after the other ---- */

const call = (service, name, kind, ms, children = [], more = {}) => ({ service, name, kind, ms, children, ...more });
const http = (method, route, status = 200) => ({
  'http.request.method': method,
  'http.route': route,
  'url.path': route,
  'http.response.status_code': status,
});
const serve = (service, method, route, ms, children, more = {}) =>
  call(service, `${method} ${route}`, SERVER, ms, children, { attributes: http(method, route), ...more });
const ask = (service, method, host, ms, children, more = {}) =>
  call(service, method, CLIENT, ms, children, {
    attributes: { 'http.request.method': method, 'server.address': host, 'url.full': `http://${host}/` },
    ...more,
  });
const sql = (service, name, text, ms, more = {}) =>
  call(service, name, CLIENT, ms, [], {
    attributes: {
      'db.system.name': 'postgresql',
      'db.namespace': 'shop',
      'db.query.text': text,
      'server.address': 'db.shop.example',
    },
    ...more,
  });
const redis = (service, name, key) =>
  call(service, name, CLIENT, 0.4, [], {
    attributes: {
      'db.system.name': 'redis',
      'db.query.text': `${name} ${key}`,
      'server.address': 'cache.shop.example',
    },
  });

const stock = ask('storefront', 'GET', 'inventory', 1.2, [
  serve('inventory', 'GET', '/stock/{sku}', 1.5, [
    redis('inventory', 'GET', 'stock:81277'),
    sql('inventory', 'SELECT stock', 'SELECT level FROM stock WHERE sku = $1', 3),
  ]),
]);
const charge = ask('checkout', 'POST', 'payments', 1.5, [
  serve(
    'payments',
    'POST',
    '/charge',
    6,
    [
      sql('payments', 'SELECT cards', 'SELECT token FROM cards WHERE customer = $1', 4),
      call('payments', 'POST api.acquirer.example', CLIENT, 70, [], {
        attributes: { 'http.request.method': 'POST', 'server.address': 'api.acquirer.example', 'server.port': 443 },
        slower: 2.6, // since the newest release
        fails: {
          share: 0.05,
          message: 'context deadline exceeded',
          attributes: { 'error.type': 'timeout' },
        },
      }),
    ],
    { log: ['warn', 'acquirer answers slowly, attempt 2 of 3'], up: 0.6 },
  ),
]);
const mail = call('checkout', 'send orders', PRODUCER, 1, [
  call('mailer', 'process orders', CONSUMER, 18, [], {
    wait: 40,
    attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' },
    log: ['info', 'confirmation sent for order 81277'],
  }),
]);
mail.attributes = { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' };

const ways = [
  [30, serve('storefront', 'GET', '/', 9, [stock])],
  [26, serve('storefront', 'GET', '/products/{id}', 12, [stock, redis('storefront', 'GET', 'product:81277')])],
  [
    20,
    serve('storefront', 'GET', '/search', 8, [
      ask('storefront', 'POST', 'search', 2, [
        serve('search', 'POST', '/query', 26, [
          call('search', 'rank', 1, 19, [], { attributes: { 'search.hits': 48, 'search.words': 'kettle red' } }),
        ]),
      ]),
    ]),
  ],
  [
    14,
    serve('storefront', 'POST', '/cart/voucher', 7, [
      ask('storefront', 'POST', 'checkout', 1.5, [
        serve(
          'checkout',
          'POST',
          '/cart/voucher',
          9,
          [sql('checkout', 'SELECT vouchers', 'SELECT * FROM vouchers', 5)],
          {
            log: ['error', 'voucher SUMMER25 has no rate in kroner', 0.08],
            fails: { share: 0.08, message: "KeyError: 'NOK'", type: 'KeyError' },
          },
        ),
      ]),
    ]),
  ],
  [
    10,
    serve('storefront', 'POST', '/checkout', 11, [
      ask('storefront', 'POST', 'checkout', 2, [
        serve(
          'checkout',
          'POST',
          '/orders',
          14,
          [
            sql('checkout', 'SELECT carts', 'SELECT * FROM carts WHERE id = $1', 4),
            ...Array.from({ length: 4 }, () =>
              sql('checkout', 'SELECT prices', 'SELECT price FROM prices WHERE sku = $1 AND currency = $2', 2.4),
            ),
            charge,
            sql('checkout', 'INSERT orders', 'INSERT INTO orders (cart, paid) VALUES ($1, $2)', 7),
            mail,
          ],
          { log: ['info', 'order 81277 placed, 3 items, 118.40 CHF'] },
        ),
      ]),
    ]),
  ],
];

/* ---- spans ---- */

/** One walk through the shop: its spans and logs, and what failed with a type that has an issue. */
export function walk(start, random) {
  let pick = random() * ways.reduce((sum, [weight]) => sum + weight, 0);
  const [, way] = ways.find(([weight]) => (pick -= weight) < 0) ?? ways[0];
  const now = Date.now();
  const release = [...releases].reverse().find((r) => now - r.daysAgo * 86_400_000 <= start) ?? releases[0];
  const newest = release === releases.at(-1);
  const trace = { id: hex(random, 32), spans: [], logs: [], failed: [], release, start };
  const environment = random() < 0.9 ? 'production' : 'staging';
  const slow = random() < 0.03 ? 6 : 1;
  const add = (c, parent, at) => {
    const span = {
      traceId: trace.id,
      spanId: hex(random, 16),
      parentId: parent?.spanId ?? '',
      service: c.service,
      name: c.name,
      kind: c.kind,
      attributes: c.attributes ?? {},
      release: release.version,
      environment,
      host: `${c.service}-${1 + Math.floor(random() * 3)}`,
      start: at,
      error: null,
    };
    trace.spans.push(span);
    const own = c.ms * slow * (newest ? (c.slower ?? 1) : 1) * (0.6 + 0.5 * random() + (random() < 0.05 ? 2 : 0));
    let end = at + own * 0.4;
    let broken = null;
    for (const child of c.children) {
      const made = add(child, span, end + (child.wait ?? 0.1) * (0.5 + random()));
      if (child.kind !== CONSUMER) end = made.end;
      if (made.error && random() < (c.up ?? 1)) broken = made.error;
    }
    end += own * 0.6;
    span.end = end;
    if (c.fails && random() < c.fails.share) {
      span.error = c.fails.message;
      trace.failed.push({ span, type: c.fails.type });
      Object.assign((span.attributes = { ...span.attributes }), c.fails.attributes);
    } else if (broken && c.kind !== PRODUCER) span.error = broken;
    if (span.error && span.attributes['http.route'])
      span.attributes = { ...span.attributes, 'http.response.status_code': 500 };
    const log = (level, text, where) => trace.logs.push({ level, text, span: where, at: end - own * 0.3 });
    if (c.kind === SERVER && random() < 0.5)
      log(span.error ? 'error' : 'info', `${c.name} ${span.error ? 500 : 200} in ${(end - at).toFixed(1)} ms`, span);
    if (c.log && random() < (c.log[2] ?? 0.5)) log(c.log[0], c.log[1], span);
    if (c.kind === CLIENT && c.attributes['db.system.name'] && random() < 0.06)
      log('debug', `pool of ${c.service}: ${1 + Math.floor(random() * 9)} of 20 connections in use`, span);
    return span;
  };
  add(way, null, start);
  return trace;
}

/** Walks over the last two weeks, most of them lately; oldest first. */
export function walks(count, random, now = Date.now()) {
  const spread = () => {
    const far = random();
    return random() * (far < 0.12 ? 3600e3 : far < 0.7 ? 24 * 3600e3 : 13 * 86400e3);
  };
  return Array.from({ length: count }, () => now - 5000 - spread())
    .sort((a, b) => a - b)
    .map((start) => walk(start, random));
}

/* ---- OTLP ---- */

const nano = (ms) => `${Math.floor(ms)}${String(Math.round((ms % 1) * 1e6)).padStart(6, '0')}`;
const attributes = (map) =>
  Object.entries(map).map(([key, v]) => ({
    key,
    value: typeof v === 'number' ? { intValue: String(v) } : { stringValue: String(v) },
  }));
const severity = { debug: 5, info: 9, warn: 13, error: 17, fatal: 21 };

const spanOf = (s) => ({
  traceId: s.traceId,
  spanId: s.spanId,
  parentSpanId: s.parentId,
  name: s.name,
  kind: s.kind,
  startTimeUnixNano: nano(s.start),
  endTimeUnixNano: nano(s.end),
  attributes: attributes(s.attributes),
  status: s.error ? { code: 2, message: s.error } : {},
});
const recordOf = (l) => ({
  timeUnixNano: nano(l.at),
  severityNumber: severity[l.level],
  severityText: l.level.toUpperCase(),
  body: { stringValue: l.text },
  attributes: attributes({ 'thread.name': 'main', 'code.function.name': l.span.name.split(' ').at(-1) }),
  traceId: l.span.traceId,
  spanId: l.span.spanId,
});

/** Items by the resource they come from, each as OTLP wants them. */
function resources(items, spanOfItem, kind, list, make) {
  const by = new Map();
  for (const item of items) {
    const s = spanOfItem(item);
    const key = `${s.service} ${s.host} ${s.release} ${s.environment}`;
    if (!by.has(key)) by.set(key, { of: s, items: [] });
    by.get(key).items.push(make(item));
  }
  return [...by.values()].map(({ of, items: made }) => ({
    resource: {
      attributes: attributes({
        'service.name': of.service,
        'service.version': of.release,
        'deployment.environment.name': of.environment,
        'host.name': of.host,
        'telemetry.sdk.language': services[of.service].language,
      }),
    },
    [kind]: [{ scope: { name: `shop.${of.service}`, version: '1.4.0' }, [list]: made }],
  }));
}

/** Send it until it is taken: a server may have to catch up. */
export async function sendOtlp(base, place, signal, body) {
  for (;;) {
    const answer = await fetch(`${base}/api/${place.id}/integration/otlp/v1/${signal}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Sentry-Auth': `sentry sentry_key=${place.key}` },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (answer.ok) return;
    if (answer.status !== 429 && answer.status !== 503) throw new Error(`otlp: ${answer.status} ${text}`);
    await new Promise((done) => setTimeout(done, 200));
  }
}

export async function sendWalks(base, places, traces) {
  for (let i = 0; i < traces.length; i += 40) {
    const some = traces.slice(i, i + 40);
    for (const project of new Set(Object.values(services).map((s) => s.project))) {
      const of = (s) => services[s.service].project === project;
      const spans = some.flatMap((t) => t.spans).filter(of);
      const logs = some.flatMap((t) => t.logs).filter((l) => of(l.span));
      const place = places[project];
      if (spans.length)
        await sendOtlp(base, place, 'traces', {
          resourceSpans: resources(spans, (s) => s, 'scopeSpans', 'spans', spanOf),
        });
      if (logs.length)
        await sendOtlp(base, place, 'logs', {
          resourceLogs: resources(logs, (l) => l.span, 'scopeLogs', 'logRecords', recordOf),
        });
    }
  }
}

/** Traffic for a server that seed() has filled; some errors stand on the spans that failed. */
export async function traffic(server, places, count = 600, seedNumber = 13) {
  const random = numbers(seedNumber);
  const traces = walks(count, random);
  await sendWalks(server.base, places, traces);
  const failed = traces.flatMap((t) => t.failed.filter((f) => f.type).map((f) => ({ ...f, trace: t })));
  for (const { span, type, trace } of failed.slice(-12)) {
    const problem = problems.find((p) => p.exceptions?.(0).some((e) => e.type === type));
    const event = eventOf(problem, span.end / 1000, random, trace.release);
    event.contexts.trace = { trace_id: span.traceId, span_id: span.spanId, op: 'http.server' };
    const place = places[problem.project];
    await server.envelope(place.id, place.key, { event_id: event.event_id }, [[{ type: 'event' }, event]]);
  }
  return traces;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [, , base, boot, count] = process.argv;
  const server = new Server(base, JSON.parse(readFileSync(boot, 'utf8')));
  const places = {};
  for (const p of await server.call('GET', '/projects/'))
    places[p.slug] = { id: p.id, key: (await server.call('GET', `/projects/default/${p.slug}/keys/`))[0].public };
  console.log(`${(await traffic(server, places, Number(count ?? 600))).length} traces`);
}

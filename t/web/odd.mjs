// odd.mjs -- traces as they come on bad days: spans that lack parents, name each other as parents, share an id,
// arrive twice or late, and one of as many spans as are shown.
import { eventOf, hex, numbers } from './seed.mjs';
import { sendOtlp, services } from './traffic.mjs';
import { problems, releases } from './world.mjs';

const nano = (ms) => `${Math.floor(ms)}${String(Math.round((ms % 1) * 1e6)).padStart(6, '0')}`;
const valueOf = (v) =>
  typeof v === 'number'
    ? { intValue: String(v) }
    : Array.isArray(v)
      ? { arrayValue: { values: v.map(valueOf) } }
      : { stringValue: v };
const pairs = (map = {}) => Object.entries(map).map(([key, v]) => ({ key, value: valueOf(v) }));

/** {service: [span…]} to the OTLP endpoint of a project; a span: {id, parent, name, at, ms, …}, times in ms. */
export async function sendSpans(base, place, traceId, services) {
  const resourceSpans = Object.entries(services).map(([service, spans]) => ({
    resource: {
      attributes: pairs({
        'service.name': service,
        'service.version': 'shop@4.12.0',
        'deployment.environment.name': 'production',
      }),
    },
    scopeSpans: [
      {
        scope: { name: `shop.${service}`, version: '1.4.0' },
        spans: spans.map((s) => ({
          traceId,
          spanId: s.id,
          parentSpanId: s.parent ?? '',
          name: s.name,
          kind: s.kind ?? 1,
          startTimeUnixNano: nano(s.at),
          endTimeUnixNano: nano(s.at + s.ms),
          attributes: pairs(s.attributes),
          status: s.error ? { code: 2, message: s.error } : {},
          events: s.events?.map((e) => ({
            timeUnixNano: nano(s.at + e.after),
            name: e.name,
            attributes: pairs(e.attributes),
          })),
          links: s.links?.map((l) => ({ traceId: l.trace, spanId: l.span, attributes: pairs(l.attributes) })),
        })),
      },
    ],
  }));
  await sendOtlp(base, place, 'traces', { resourceSpans });
}

export async function sendLogs(base, place, traceId, service, lines) {
  const severity = { debug: 5, info: 9, warn: 13, error: 17 };
  const resourceLogs = [
    {
      resource: { attributes: pairs({ 'service.name': service }) },
      scopeLogs: [
        {
          logRecords: lines.map((l) => ({
            traceId,
            spanId: l.span,
            timeUnixNano: nano(l.at),
            severityNumber: severity[l.level],
            severityText: l.level.toUpperCase(),
            body: { stringValue: l.text },
          })),
        },
      ],
    },
  ];
  await sendOtlp(base, place, 'logs', { resourceLogs });
}

/** An order that fails in payments: two services, a stack of events, a link, logs; what its spans are called. */
export async function order(server, places, { seedNumber = 3, at = Date.now() - 90_000, slower = 1, prices = 3 } = {}) {
  const random = numbers(seedNumber);
  const id = hex(random, 32);
  const span = () => hex(random, 16);
  const ids = { root: span(), orders: span(), charge: span(), bank: span(), mail: span() };
  const spans = {
    storefront: [{ id: ids.root, name: 'POST /checkout', at, ms: 400 * slower, kind: 2 }],
    checkout: [
      {
        id: ids.orders,
        parent: ids.root,
        name: 'POST /orders',
        at: at + 12,
        ms: 380 * slower,
        kind: 2,
        error: 'payments: 503 from upstream',
        attributes: { 'http.request.method': 'POST', 'http.route': '/orders', 'cart.items': ['4711', '4712'] },
        events: [
          { name: 'cart locked', after: 3, attributes: { 'cart.id': 81277 } },
          { name: 'retry', after: 120, attributes: { attempt: 2 } },
        ],
        links: [{ trace: 'f'.repeat(32), span: '1234567890abcdef', attributes: { 'messaging.system': 'kafka' } }],
      },
      ...Array.from({ length: prices }, (_, i) => ({
        id: span(),
        parent: ids.orders,
        name: 'SELECT prices',
        at: at + 20 + i * 6,
        ms: 5,
        kind: 3,
        attributes: { 'db.system.name': 'postgresql', 'db.query.text': 'SELECT price FROM prices WHERE sku = $1' },
      })),
    ],
    payments: [
      { id: ids.charge, parent: ids.orders, name: 'POST /charge', at: at + 60, ms: 300 * slower, kind: 2, error: 'no' },
      { id: ids.bank, parent: ids.charge, name: 'POST bank.example', at: at + 70, ms: 250 * slower, kind: 3 },
    ],
    ...(seedNumber % 2 ? { mailer: [{ id: ids.mail, parent: ids.orders, name: 'send', at: at + 370, ms: 9 }] } : {}),
  };
  for (const [name, own] of Object.entries(spans))
    await sendSpans(server.base, places[services[name].project], id, { [name]: own });
  await sendLogs(server.base, places.checkout, id, 'checkout', [
    { span: ids.orders, at: at + 15, level: 'info', text: 'cart 81277 locked' },
    { span: ids.orders, at: at + 130, level: 'warn', text: 'payments: 503 from upstream, attempt 2 of 3' },
    { span: ids.bank, at: at + 131, level: 'error', text: 'the bank does not answer' },
  ]);
  return { id, ids, at };
}

/** Everything that a tree of spans should not have. */
export async function knots(server, places) {
  const random = numbers(17);
  const id = hex(random, 32);
  const at = Date.now() - 80_000;
  const span = () => hex(random, 16);
  const [root, twice, a, b, c] = [span(), span(), span(), span(), span()];
  const again = { id: span(), parent: root, name: 'sent twice', at: at + 5, ms: 10 };
  await sendSpans(server.base, places.checkout, id, {
    batch: [
      { id: root, name: 'nightly', at, ms: 500 },
      { id: twice, parent: root, name: 'shard one', at: at + 20, ms: 100, kind: 3 },
      again,
      { id: span(), parent: span(), name: 'parent never came', at: at + 200, ms: 20 },
      { id: a, parent: b, name: 'circle a', at: at + 300, ms: 30 },
      { id: b, parent: c, name: 'circle b', at: at + 305, ms: 20 },
      { id: c, parent: a, name: 'circle c', at: at + 310, ms: 10 },
    ],
    shards: [{ id: twice, parent: root, name: 'shard two', at: at + 30, ms: 80, kind: 2 }], // as Zipkin's bridges do
  });
  await sendSpans(server.base, places.checkout, id, { batch: [again] });
  return { id, twice };
}

/** The failed order with its error, by a Sentry SDK in the very span of OpenTelemetry; the same order on a slower
 * day; and the knots. `server` is seeded with the shop. */
export async function badDay(server, places) {
  const failed = await order(server, places);
  const slower = await order(server, places, { seedNumber: 4, at: Date.now() - 60_000, slower: 1.5, prices: 12 });
  const knotted = await knots(server, places);
  const problem = problems.find((p) => p.transaction === '/api/checkout' && p.exceptions);
  const event = eventOf(problem, (failed.at + 392) / 1000, numbers(23), releases.at(-1));
  event.contexts.trace = { trace_id: failed.id, span_id: failed.ids.orders, op: 'http.server' };
  await server.envelope(places.checkout.id, places.checkout.key, { event_id: event.event_id }, [
    [{ type: 'event' }, event],
  ]);
  const query = encodeURIComponent('error.type:PaymentUnavailable');
  const [issue] = await server.call('GET', `/organizations/default/issues/?query=${query}`);
  return { failed, slower, knotted, event: event.event_id, issue: issue.id };
}

/** As many spans as are shown of one trace, in batches as an exporter sends them. */
export async function many(server, place, count = 100_000, seedNumber = 29) {
  const random = numbers(seedNumber);
  const id = hex(random, 32);
  const total = 60_000;
  const at = Date.now() - 3600_000;
  const names = Array.from({ length: 300 }, (_, i) => `step ${i} of shard ${i % 37}`);
  const services = ['edge', 'batch', 'shards', 'ledger', 'mailer'];
  const root = { id: hex(random, 16), name: 'reindex', at, ms: total, kind: 2 };
  const spans = [['edge', root]];
  while (spans.length < count) {
    const first = { at: at + (spans.length / count) * total * 0.99, ms: 400 * random(), id: hex(random, 16) };
    spans.push(['batch', { ...first, parent: root.id, name: `shard ${spans.length}` }]);
    const open = [first];
    for (let i = 0; i < 99 && spans.length < count; i++) {
      const p = open[Math.floor(random() * open.length)];
      const ms = p.ms * (0.1 + 0.5 * random());
      const s = { id: hex(random, 16), parent: p.id, name: names[Math.floor(random() * 300)], ms };
      s.at = p.at + random() * (p.ms - ms);
      if (random() < 0.01) s.error = 'no';
      spans.push([services[1 + Math.floor(random() * 4)], s]);
      open.push(s);
      if (open.length > 4) open.shift();
    }
  }
  for (let i = 0; i < spans.length; i += 4000) {
    const batch = {};
    for (const [service, s] of spans.slice(i, i + 4000)) (batch[service] ??= []).push(s);
    await sendSpans(server.base, place, id, batch);
  }
  return { id, count };
}

// The OpenTelemetry scenario of ../README.md; configured by the OTEL_* variables alone.
import { SeverityNumber, SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api';
import { defaultResource, detectResources, envDetector, serviceNameEnvDetector } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

const encoding = process.env.OTEL_EXPORTER_OTLP_PROTOCOL === 'http/json' ? 'http' : 'proto';
const { OTLPTraceExporter } = await import(`@opentelemetry/exporter-trace-otlp-${encoding}`);
const { OTLPLogExporter } = await import(`@opentelemetry/exporter-logs-otlp-${encoding}`);

const resource = defaultResource().merge(detectResources({ detectors: [envDetector, serviceNameEnvDetector] }));
const spans = new TracerProvider({ resource, spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })] });
const logs = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })] });
const tracer = spans.getTracer('shop', '0.1');
const log = logs.getLogger('shop', '0.1');

function inner() {
  throw new TypeError('inner cause');
}
function outer(order) {
  try {
    inner();
  } catch (cause) {
    throw new Error(`outer failed for order ${order}`, { cause });
  }
}
function ship() {
  throw new RangeError('log failure');
}

const elsewhere = { traceId: '0102030405060708090a0b0c0d0e0f10', spanId: '0102030405060708', traceFlags: 1 };
const root = tracer.startSpan('GET /checkout', {
  kind: SpanKind.SERVER,
  attributes: {
    'http.request.method': 'GET',
    'http.route': '/checkout',
    'http.response.status_code': 500,
    'cart.total': 12.5,
    'cart.gift': true,
    'cart.items': ['book', 'pen'],
    'cart.counts': [1, 2],
    'cart.big': 4503599627370497,
  },
});
const inRoot = trace.setSpan(context.active(), root);
log.emit({
  severityNumber: SeverityNumber.INFO,
  severityText: 'INFO',
  body: 'order placed',
  attributes: { 'order.id': 42 },
  context: inRoot,
});
const charge = tracer.startSpan(
  'charge card',
  {
    kind: SpanKind.CLIENT,
    attributes: { 'rpc.system': 'grpc' },
    links: [{ context: elsewhere, attributes: { 'link.why': 'batch' } }],
  },
  inRoot,
);
const inCharge = trace.setSpan(inRoot, charge);
charge.addEvent('cache.miss', { 'cache.key': 'sku-9' });
const select = tracer.startSpan(
  'SELECT orders',
  { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'postgresql', 'db.query.text': 'SELECT 1' } },
  inCharge,
);
select.end();
try {
  outer(42);
} catch (error) {
  charge.recordException(error);
  charge.setStatus({ code: SpanStatusCode.ERROR, message: 'card declined' });
}
try {
  ship();
} catch (error) {
  log.emit({
    severityNumber: SeverityNumber.ERROR,
    severityText: 'ERROR',
    body: 'payment failed',
    attributes: {
      'exception.type': error.name,
      'exception.message': error.message,
      'exception.stacktrace': error.stack,
    },
    context: inCharge,
  });
}
charge.end();
root.end();
await spans.shutdown();
await logs.shutdown();
console.log(
  JSON.stringify({
    trace: root.spanContext().traceId,
    root: root.spanContext().spanId,
    charge: charge.spanContext().spanId,
    select: select.spanContext().spanId,
  }),
);

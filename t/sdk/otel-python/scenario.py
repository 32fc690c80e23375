"""The OpenTelemetry scenario of ../README.md; configured by the OTEL_* variables alone."""
import json
import logging
import os

from opentelemetry import trace
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

if os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL") == "http/json":
    from opentelemetry.exporter.otlp.json.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

spans = TracerProvider()
spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
logs = LoggerProvider()
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
tracer = spans.get_tracer("shop", "0.1")
log = logging.getLogger("shop")
log.addHandler(LoggingHandler(logger_provider=logs))
log.setLevel(logging.INFO)
log.propagate = False


def inner(order):
    raise KeyError("inner cause")


def outer(order):
    try:
        inner(order)
    except KeyError as cause:
        raise ValueError("outer failed for order %d" % order) from cause


def ship():
    raise RuntimeError("log failure")


elsewhere = SpanContext(0x0102030405060708090A0B0C0D0E0F10, 0x0102030405060708, True, TraceFlags(1))
ids = {}
with tracer.start_as_current_span(
    "GET /checkout",
    kind=SpanKind.SERVER,
    attributes={
        "http.request.method": "GET",
        "http.route": "/checkout",
        "http.response.status_code": 500,
        "cart.total": 12.5,
        "cart.gift": True,
        "cart.items": ["book", "pen"],
        "cart.counts": [1, 2],
        "cart.big": 4503599627370497,
    },
) as root:
    ids["trace"] = format(root.get_span_context().trace_id, "032x")
    ids["root"] = format(root.get_span_context().span_id, "016x")
    log.info("order placed", extra={"order.id": 42})
    with tracer.start_as_current_span(
        "charge card", kind=SpanKind.CLIENT, attributes={"rpc.system": "grpc"}, links=[Link(elsewhere, {"link.why": "batch"})]
    ) as charge:
        ids["charge"] = format(charge.get_span_context().span_id, "016x")
        charge.add_event("cache.miss", {"cache.key": "sku-9"})
        with tracer.start_as_current_span(
            "SELECT orders", kind=SpanKind.CLIENT, attributes={"db.system.name": "postgresql", "db.query.text": "SELECT 1"}
        ) as select:
            ids["select"] = format(select.get_span_context().span_id, "016x")
        try:
            outer(42)
        except ValueError as error:
            charge.record_exception(error)
            charge.set_status(Status(StatusCode.ERROR, "card declined"))
        try:
            ship()
        except RuntimeError:
            log.exception("payment failed")
spans.shutdown()
logs.shutdown()
print(json.dumps(ids))

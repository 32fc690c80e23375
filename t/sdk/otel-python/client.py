"""A service that asks another one, whose address is its argument, and hands the trace on: as traceparent, and
as sentry-trace for those who know only that."""
import json
import sys
import urllib.request

from opentelemetry import propagate
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind

spans = TracerProvider()
spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = spans.get_tracer("shop")
with tracer.start_as_current_span("GET /checkout", kind=SpanKind.SERVER) as root:
    with tracer.start_as_current_span("GET", kind=SpanKind.CLIENT) as call:
        context = call.get_span_context()
        trace, span = format(context.trace_id, "032x"), format(context.span_id, "016x")
        headers = {"sentry-trace": "%s-%s-1" % (trace, span)}
        propagate.inject(headers)
        with urllib.request.urlopen(urllib.request.Request(sys.argv[1], headers=headers), timeout=20) as response:
            answer = json.load(response)
spans.shutdown()
print(json.dumps({"trace": trace, "call": span, "root": format(root.get_span_context().span_id, "016x"), "answer": answer}))

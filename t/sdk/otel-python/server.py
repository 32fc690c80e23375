"""A service that takes up the trace of whoever calls it (W3C traceparent), answers one request, and ends.
Prints its address first."""
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from opentelemetry import propagate
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode

spans = TracerProvider()
spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = spans.get_tracer("stock")


class Stock(BaseHTTPRequestHandler):
    def do_GET(self):
        caller = propagate.extract(dict((k.lower(), v) for k, v in self.headers.items()))
        with tracer.start_as_current_span("GET /stock", context=caller, kind=SpanKind.SERVER) as span:
            with tracer.start_as_current_span("look into the shelf"):
                pass
            try:
                raise KeyError("sku-9")
            except KeyError as error:
                span.record_exception(error)
                span.set_status(StatusCode.ERROR)
            context = span.get_span_context()
            ids = {"trace": format(context.trace_id, "032x"), "span": format(context.span_id, "016x")}
        body = json.dumps(ids).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Stock)
print("http://127.0.0.1:%d/stock" % server.server_port, flush=True)
server.timeout = 30
server.handle_request()
spans.shutdown()

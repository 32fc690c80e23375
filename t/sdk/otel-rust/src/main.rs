// The OpenTelemetry scenario of ../README.md; configured by the OTEL_* variables alone.
use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry::trace::{
    Link, Span, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer,
    TracerProvider,
};
use opentelemetry::{Array, Context, KeyValue, StringValue, Value};
use opentelemetry_otlp::{LogExporter, SpanExporter};
use opentelemetry_sdk::{logs::SdkLoggerProvider, trace::SdkTracerProvider};
use std::fmt;

#[derive(Debug)]
struct Inner;
#[derive(Debug)]
struct Outer(Inner);
impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "inner cause")
    }
}
impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "outer failed for order 42")
    }
}
impl std::error::Error for Inner {}
impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn main() {
    let spans = SdkTracerProvider::builder()
        .with_batch_exporter(SpanExporter::builder().with_http().build().expect("span exporter"))
        .build();
    let logs = SdkLoggerProvider::builder()
        .with_batch_exporter(LogExporter::builder().with_http().build().expect("log exporter"))
        .build();
    let tracer = spans.tracer("shop");
    let logger = logs.logger("shop");

    let root = tracer
        .span_builder("GET /checkout")
        .with_kind(SpanKind::Server)
        .with_attributes([
            KeyValue::new("http.request.method", "GET"),
            KeyValue::new("http.route", "/checkout"),
            KeyValue::new("http.response.status_code", 500),
            KeyValue::new("cart.total", 12.5),
            KeyValue::new("cart.gift", true),
            KeyValue::new("cart.items", Value::Array(Array::String(vec![StringValue::from("book"), StringValue::from("pen")]))),
            KeyValue::new("cart.counts", Value::Array(Array::I64(vec![1, 2]))),
            KeyValue::new("cart.big", 4503599627370497i64),
        ])
        .start(&tracer);
    let in_root = Context::current().with_span(root);
    let root_id = in_root.span().span_context().clone();

    let elsewhere = SpanContext::new(
        TraceId::from_hex("0102030405060708090a0b0c0d0e0f10").unwrap(),
        SpanId::from_hex("0102030405060708").unwrap(),
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    );
    let mut charge = tracer
        .span_builder("charge card")
        .with_kind(SpanKind::Client)
        .with_attributes([KeyValue::new("rpc.system", "grpc")])
        .with_links(vec![Link::new(elsewhere, vec![KeyValue::new("link.why", "batch")], 0)])
        .start_with_context(&tracer, &in_root);
    charge.add_event("cache.miss", vec![KeyValue::new("cache.key", "sku-9")]);
    let charge_id = charge.span_context().clone();
    let mut select = tracer
        .span_builder("SELECT orders")
        .with_kind(SpanKind::Client)
        .with_attributes([KeyValue::new("db.system.name", "postgresql"), KeyValue::new("db.query.text", "SELECT 1")])
        .start_with_context(&tracer, &in_root.with_remote_span_context(charge_id.clone()));
    let select_id = select.span_context().clone();
    select.end();
    charge.record_error(&Outer(Inner));
    charge.set_status(Status::error("card declined"));

    let mut placed = logger.create_log_record();
    placed.set_severity_number(Severity::Info);
    placed.set_severity_text("INFO");
    placed.set_body(AnyValue::from("order placed"));
    placed.add_attribute("order.id", 42i64);
    placed.set_trace_context(root_id.trace_id(), root_id.span_id(), Some(TraceFlags::SAMPLED));
    logger.emit(placed);
    let mut failed = logger.create_log_record();
    failed.set_severity_number(Severity::Error);
    failed.set_severity_text("ERROR");
    failed.set_body(AnyValue::from("payment failed"));
    failed.add_attribute("exception.type", "LogFailure");
    failed.add_attribute("exception.message", "log failure");
    failed.set_trace_context(charge_id.trace_id(), charge_id.span_id(), Some(TraceFlags::SAMPLED));
    logger.emit(failed);

    charge.end();
    in_root.span().end();
    spans.shutdown().expect("spans are sent");
    logs.shutdown().expect("logs are sent");
    println!(
        "{{\"trace\":\"{}\",\"root\":\"{}\",\"charge\":\"{}\",\"select\":\"{}\"}}",
        root_id.trace_id(),
        root_id.span_id(),
        charge_id.span_id(),
        select_id.span_id()
    );
}

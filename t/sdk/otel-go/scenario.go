// The OpenTelemetry scenario of ../README.md; configured by the OTEL_* variables alone.
package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func inner() error { return errors.New("inner cause") }

func outer(order int) error { return fmt.Errorf("outer failed for order %d: %w", order, inner()) }

func main() {
	ctx := context.Background()
	res := must(resource.Merge(resource.Default(), resource.Environment()))
	spans := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(must(otlptracehttp.New(ctx))), sdktrace.WithResource(res))
	logs := sdklog.NewLoggerProvider(
		sdklog.WithProcessor(sdklog.NewBatchProcessor(must(otlploghttp.New(ctx)))), sdklog.WithResource(res))
	tracer := spans.Tracer("shop", trace.WithInstrumentationVersion("0.1"))
	logger := logs.Logger("shop")

	inRoot, root := tracer.Start(ctx, "GET /checkout", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", "GET"),
		attribute.String("http.route", "/checkout"),
		attribute.Int("http.response.status_code", 500),
		attribute.Float64("cart.total", 12.5),
		attribute.Bool("cart.gift", true),
		attribute.StringSlice("cart.items", []string{"book", "pen"}),
		attribute.IntSlice("cart.counts", []int{1, 2}),
		attribute.Int64("cart.big", 4503599627370497)))
	emit(inRoot, logger, log.SeverityInfo, "order placed", attribute.Int("order.id", 42))

	elsewhere := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID:    must(trace.TraceIDFromHex("0102030405060708090a0b0c0d0e0f10")),
		SpanID:     must(trace.SpanIDFromHex("0102030405060708")),
		TraceFlags: trace.FlagsSampled,
	})
	inCharge, charge := tracer.Start(inRoot, "charge card", trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("rpc.system", "grpc")),
		trace.WithLinks(trace.Link{SpanContext: elsewhere, Attributes: []attribute.KeyValue{attribute.String("link.why", "batch")}}))
	charge.AddEvent("cache.miss", trace.WithAttributes(attribute.String("cache.key", "sku-9")))
	_, sel := tracer.Start(inCharge, "SELECT orders", trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.system.name", "postgresql"), attribute.String("db.query.text", "SELECT 1")))
	sel.End()
	charge.RecordError(outer(42), trace.WithStackTrace(true))
	charge.SetStatus(codes.Error, "card declined")
	emit(inCharge, logger, log.SeverityError, "payment failed",
		attribute.String("exception.type", "*shop.LogError"),
		attribute.String("exception.message", "log failure"),
		attribute.String("exception.stacktrace", string(debug.Stack())))
	charge.End()
	root.End()
	if err := errors.Join(spans.Shutdown(ctx), logs.Shutdown(ctx)); err != nil {
		panic(err)
	}
	fmt.Printf("{\"trace\":\"%s\",\"root\":\"%s\",\"charge\":\"%s\",\"select\":\"%s\"}\n", root.SpanContext().TraceID(),
		root.SpanContext().SpanID(), charge.SpanContext().SpanID(), sel.SpanContext().SpanID())
}

func emit(ctx context.Context, logger log.Logger, severity log.Severity, body string, attrs ...attribute.KeyValue) {
	var r log.Record
	r.SetTimestamp(time.Now())
	r.SetSeverity(severity)
	r.SetBody(attribute.StringValue(body))
	r.AddAttributes(attrs...)
	logger.Emit(ctx, r)
}

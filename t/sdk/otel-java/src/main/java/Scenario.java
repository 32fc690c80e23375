// The OpenTelemetry scenario of ../README.md; configured by the OTEL_* variables alone.
import static io.opentelemetry.api.common.AttributeKey.*;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.*;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;

public class Scenario {
    static void inner() {
        throw new IllegalArgumentException("inner cause");
    }

    static void outer(int order) {
        try {
            inner();
        } catch (IllegalArgumentException cause) {
            throw new IllegalStateException("outer failed for order " + order, cause);
        }
    }

    static void ship() {
        throw new UnsupportedOperationException("log failure");
    }

    static String stack(Throwable error) {
        StringWriter out = new StringWriter();
        error.printStackTrace(new PrintWriter(out));
        return out.toString();
    }

    public static void main(String[] args) {
        OpenTelemetrySdk otel = AutoConfiguredOpenTelemetrySdk.initialize().getOpenTelemetrySdk();
        Tracer tracer = otel.getTracer("shop", "0.1");
        Logger log = otel.getLogsBridge().get("shop");

        Span root = tracer.spanBuilder("GET /checkout").setSpanKind(SpanKind.SERVER)
            .setAttribute("http.request.method", "GET")
            .setAttribute("http.route", "/checkout")
            .setAttribute("http.response.status_code", 500L)
            .setAttribute("cart.total", 12.5)
            .setAttribute("cart.gift", true)
            .setAttribute(stringArrayKey("cart.items"), java.util.List.of("book", "pen"))
            .setAttribute(longArrayKey("cart.counts"), java.util.List.of(1L, 2L))
            .setAttribute("cart.big", 4503599627370497L)
            .startSpan();
        Context inRoot = Context.current().with(root);
        log.logRecordBuilder().setContext(inRoot).setSeverity(Severity.INFO).setSeverityText("INFO").setBody("order placed")
            .setAttribute(longKey("order.id"), 42L).emit();

        SpanContext elsewhere = SpanContext.createFromRemoteParent("0102030405060708090a0b0c0d0e0f10", "0102030405060708",
            TraceFlags.getSampled(), TraceState.getDefault());
        Span charge = tracer.spanBuilder("charge card").setParent(inRoot).setSpanKind(SpanKind.CLIENT)
            .setAttribute("rpc.system", "grpc")
            .addLink(elsewhere, Attributes.of(stringKey("link.why"), "batch"))
            .startSpan();
        Context inCharge = inRoot.with(charge);
        charge.addEvent("cache.miss", Attributes.of(stringKey("cache.key"), "sku-9"));
        Span select = tracer.spanBuilder("SELECT orders").setParent(inCharge).setSpanKind(SpanKind.CLIENT)
            .setAttribute("db.system.name", "postgresql").setAttribute("db.query.text", "SELECT 1").startSpan();
        select.end();
        try {
            outer(42);
        } catch (IllegalStateException error) {
            charge.recordException(error);
            charge.setStatus(StatusCode.ERROR, "card declined");
        }
        try {
            ship();
        } catch (UnsupportedOperationException error) {
            log.logRecordBuilder().setContext(inCharge).setSeverity(Severity.ERROR).setSeverityText("ERROR").setBody("payment failed")
                .setAttribute(stringKey("exception.type"), error.getClass().getName())
                .setAttribute(stringKey("exception.message"), error.getMessage())
                .setAttribute(stringKey("exception.stacktrace"), stack(error)).emit();
        }
        charge.end();
        root.end();
        otel.getSdkTracerProvider().shutdown().join(10, TimeUnit.SECONDS);
        otel.getSdkLoggerProvider().shutdown().join(10, TimeUnit.SECONDS);
        System.out.printf("{\"trace\":\"%s\",\"root\":\"%s\",\"charge\":\"%s\",\"select\":\"%s\"}%n", root.getSpanContext().getTraceId(),
            root.getSpanContext().getSpanId(), charge.getSpanContext().getSpanId(), select.getSpanContext().getSpanId());
    }
}

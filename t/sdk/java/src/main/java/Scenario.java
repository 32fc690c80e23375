import io.sentry.Attachment;
import io.sentry.Breadcrumb;
import io.sentry.Hint;
import io.sentry.Sentry;
import io.sentry.SentryLevel;
import io.sentry.protocol.SentryId;
import io.sentry.protocol.User;
import java.nio.charset.StandardCharsets;

public final class Scenario {
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

    static Breadcrumb step(String message, SentryLevel level) {
        Breadcrumb crumb = new Breadcrumb(message);
        crumb.setCategory("test.step");
        crumb.setLevel(level);
        return crumb;
    }

    public static void main(String[] args) {
        Sentry.init(options -> {
            options.setDsn(args[0]);
            options.setRelease("quern-sdk@1.2.3");
            options.setEnvironment("e2e");
        });
        User user = new User();
        user.setId("u-1");
        user.setEmail("ada@example.com");
        user.setUsername("ada");
        Sentry.setUser(user);
        Sentry.setTag("suite", "sdk-java");
        Sentry.setTag("answer", "42");
        Sentry.addBreadcrumb(step("step one", SentryLevel.INFO));
        Sentry.addBreadcrumb(step("step two", SentryLevel.WARNING));
        SentryId exception = SentryId.EMPTY_ID;
        try {
            outer(42);
        } catch (IllegalStateException error) {
            byte[] bytes = "hello attachment".getBytes(StandardCharsets.UTF_8);
            exception = Sentry.captureException(error, Hint.withAttachment(new Attachment(bytes, "note.txt", "text/plain")));
        }
        SentryId message = Sentry.captureMessage("hello from java", SentryLevel.WARNING);
        Sentry.flush(10000);
        Sentry.close();
        System.out.println("{\"exception\":\"" + exception + "\",\"message\":\"" + message + "\"}");
    }
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/getsentry/sentry-go"
)

func inner() error { return errors.New("inner cause") }

func outer(order int) error {
	return fmt.Errorf("outer failed for order %d: %w", order, inner())
}

func main() {
	err := sentry.Init(sentry.ClientOptions{
		Dsn: os.Args[1], Release: "quern-sdk@1.2.3", Environment: "e2e", AttachStacktrace: true,
	})
	if err != nil {
		panic(err)
	}
	ids := map[string]string{}
	sentry.ConfigureScope(func(scope *sentry.Scope) {
		scope.SetTag("suite", "sdk-go")
		scope.SetTag("answer", "42")
		scope.SetUser(sentry.User{ID: "u-1", Email: "ada@example.com", Username: "ada"})
	})
	sentry.AddBreadcrumb(&sentry.Breadcrumb{Category: "test.step", Message: "step one", Level: sentry.LevelInfo})
	sentry.AddBreadcrumb(&sentry.Breadcrumb{Category: "test.step", Message: "step two", Level: sentry.LevelWarning})
	sentry.WithScope(func(scope *sentry.Scope) {
		scope.AddAttachment(&sentry.Attachment{
			Filename: "note.txt", ContentType: "text/plain", Payload: []byte("hello attachment"),
		})
		ids["exception"] = string(*sentry.CaptureException(outer(42)))
	})
	sentry.WithScope(func(scope *sentry.Scope) {
		scope.SetLevel(sentry.LevelWarning)
		ids["message"] = string(*sentry.CaptureMessage("hello from go"))
	})
	sentry.Flush(10 * time.Second)
	out, _ := json.Marshal(ids)
	fmt.Println(string(out))
}

import json
import sys

import sentry_sdk

sentry_sdk.init(dsn=sys.argv[1], release="quern-sdk@1.2.3", environment="e2e")
scope = sentry_sdk.get_isolation_scope()
scope.set_tag("suite", "sdk-python")
scope.set_tag("answer", 42)
scope.set_user({"id": "u-1", "email": "ada@example.com", "username": "ada"})
scope.add_breadcrumb(category="test.step", message="step one", level="info")
scope.add_breadcrumb(category="test.step", message="step two", level="warning")


def inner(order):
    raise KeyError("inner cause")


def outer(order):
    try:
        inner(order)
    except KeyError as cause:
        raise ValueError("outer failed for order %d" % order) from cause


ids = {}
with sentry_sdk.new_scope() as event_scope:
    event_scope.add_attachment(bytes=b"hello attachment", filename="note.txt", content_type="text/plain")
    try:
        outer(42)
    except ValueError as error:
        ids["exception"] = sentry_sdk.capture_exception(error)
ids["message"] = sentry_sdk.capture_message("hello from python", level="warning")
sentry_sdk.flush(timeout=10)
print(json.dumps(ids))

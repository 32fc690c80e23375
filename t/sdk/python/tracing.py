"""A transaction with spans and an error in one of them; see ../README.md."""
import json
import sys

import sentry_sdk

sentry_sdk.init(dsn=sys.argv[1], release="quern-sdk@1.2.3", environment="e2e", traces_sample_rate=1.0)
sentry_sdk.get_isolation_scope().set_tag("service", "sentry-python")
ids = {}
with sentry_sdk.start_transaction(op="http.server", name="GET /checkout") as root:
    ids["trace"] = root.trace_id
    ids["root"] = root.span_id
    root.set_data("cart.items", 2)
    with sentry_sdk.start_span(op="db", name="SELECT orders") as select:
        ids["select"] = select.span_id
        select.set_data("db.system", "postgresql")
    with sentry_sdk.start_span(op="http.client", name="POST /charge") as charge:
        ids["charge"] = charge.span_id
        charge.set_status("not_found")
        try:
            raise LookupError("no such card")
        except LookupError as error:
            ids["event"] = sentry_sdk.capture_exception(error)
sentry_sdk.flush(timeout=10)
print(json.dumps(ids))

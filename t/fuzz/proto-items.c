/* The first byte chooses the reader: auth values, DSNs, timestamps, and the small items. */
#include <stdlib.h>

#include "proto/base64.h"
#include "proto/check_in.h"
#include "proto/client_report.h"
#include "proto/dsn.h"
#include "proto/feedback.h"
#include "proto/limits.h"
#include "proto/session.h"
#include "proto/timestamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void moment(struct text t)
{
    char out[TIMESTAMP_TEXT_MAX];
    int64_t us, again;
    size_t len;

    if (timestamp_read(t, &us) && (len = timestamp_write(us, out)) &&
        (!timestamp_read((struct text){out, len}, &again) || again != us))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text t = size ? (struct text){(const char *)data + 1, size - 1} : TEXT_NONE;
    struct client_report report;
    struct record_feedback feedback;
    struct check_in check_in;
    struct auth auth;
    struct dsn dsn;
    struct arena a;

    arena_init(&a, REQUEST_ARENA_MAX);
    switch (size ? data[0] % 10 : 0) {
    case 0:
        auth_read_header(t, &auth);
        break;
    case 1:
        auth_read_authorization(t, &a, &auth);
        break;
    case 2:
        auth_read_query(t, &a, &auth);
        break;
    case 3:
        dsn_read(t, &dsn);
        break;
    case 4:
        moment(t);
        break;
    case 5:
        client_report_read(t, 1772359200000, &a, &report);
        break;
    case 6:
        session_read(t, TEXT("2026-03-01T10:00:00Z"), 1772359200000000, &a);
        sessions_read(t, TEXT_NONE, 1772359200000000, &a);
        break;
    case 7:
        check_in_read(t, &a, &check_in);
        break;
    case 8:
        feedback_read_report(t, &a, &feedback);
        break;
    default:
        base64_read(t, &a);
    }
    arena_free(&a);
    return 0;
}

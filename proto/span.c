/* span.c -- the words for kinds and statuses, and the reading of ids. */
#include "proto/span.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static const char *const kinds[] = {"", "internal", "server", "client", "producer", "consumer"};

const char *span_kind_name(uint8_t kind)
{
    return kind < COUNT(kinds) ? kinds[kind] : "";
}

uint8_t span_kind_of(struct text name)
{
    if (text_starts_nocase(name, "SPAN_KIND_"))
        name = text_cut(name, 10, name.len);
    for (uint8_t i = 1; i < COUNT(kinds); i++)
        if (text_eq_nocase(name, text_of(kinds[i])))
            return i;
    return SPAN_UNSPECIFIED;
}

static const char *const statuses[STATUSES] = {
    [STATUS_NONE] = "",
    [STATUS_OK] = "ok",
    [STATUS_CANCELLED] = "cancelled",
    [STATUS_UNKNOWN] = "unknown",
    [STATUS_INVALID_ARGUMENT] = "invalid_argument",
    [STATUS_DEADLINE_EXCEEDED] = "deadline_exceeded",
    [STATUS_NOT_FOUND] = "not_found",
    [STATUS_ALREADY_EXISTS] = "already_exists",
    [STATUS_PERMISSION_DENIED] = "permission_denied",
    [STATUS_RESOURCE_EXHAUSTED] = "resource_exhausted",
    [STATUS_FAILED_PRECONDITION] = "failed_precondition",
    [STATUS_ABORTED] = "aborted",
    [STATUS_OUT_OF_RANGE] = "out_of_range",
    [STATUS_UNIMPLEMENTED] = "unimplemented",
    [STATUS_INTERNAL_ERROR] = "internal_error",
    [STATUS_UNAVAILABLE] = "unavailable",
    [STATUS_DATA_LOSS] = "data_loss",
    [STATUS_UNAUTHENTICATED] = "unauthenticated",
};

const char *span_status_name(uint8_t status)
{
    return status < STATUSES ? statuses[status] : "";
}

uint8_t span_status_of(struct text word)
{
    static const struct {
        const char *word;
        uint8_t status;
    } aliases[] = {
        {"success", STATUS_OK},
        {"failure", STATUS_INTERNAL_ERROR},
        {"error", STATUS_INTERNAL_ERROR},
        {"unknown_error", STATUS_INTERNAL_ERROR}, /* Relay since 25.10; before: unknown */
    };

    for (uint8_t i = STATUS_OK; i < STATUSES; i++)
        if (text_eq_nocase(word, text_of(statuses[i])))
            return i;
    for (size_t i = 0; i < COUNT(aliases); i++)
        if (text_eq_nocase(word, text_of(aliases[i].word)))
            return aliases[i].status;
    return STATUS_UNKNOWN;
}

uint8_t span_status_of_number(int64_t number)
{
    return number >= 0 && number <= 16 ? (uint8_t)(number + STATUS_OK) : STATUS_UNKNOWN;
}

bool span_status_failed(uint8_t status)
{
    return status > STATUS_UNKNOWN;
}

bool id_is_zero(const uint8_t *id, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (id[i])
            return false;
    return true;
}

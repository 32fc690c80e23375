/* wire.c -- varints, tags, lengths. */
#include "proto/wire.h"

#include <endian.h>

struct wire wire_open(struct text message)
{
    const uint8_t *at = (const uint8_t *)(message.at ? message.at : "");

    return (struct wire){.at = at, .end = at + message.len};
}

uint64_t wire_varint_long(struct wire *w)
{
    uint64_t v = 0;

    for (unsigned shift = 0; w->at < w->end && shift < 70; shift += 7) {
        uint8_t byte = *w->at++;

        v |= (uint64_t)(byte & 0x7f) << (shift & 63);
        if (byte < 0x80)
            return v;
    }
    w->bad = true;
    w->at = w->end;
    return 0;
}

struct text wire_bytes(struct wire *w, size_t len)
{
    struct text out = {(const char *)w->at, len};

    if (len > (size_t)(w->end - w->at)) {
        w->bad = true;
        w->at = w->end;
        return TEXT_NONE;
    }
    w->at += len;
    return out;
}

bool wire_next(struct wire *w, struct wire_field *f)
{
    uint64_t tag;
    uint64_t fixed64;
    uint32_t fixed32;

    if (w->at == w->end || w->bad)
        return false;
    tag = wire_varint(w);
    f->number = (uint32_t)(tag >> 3);
    f->type = tag & 7;
    f->bytes = TEXT_NONE;
    f->value = 0;
    if (tag >> 32 || f->number == 0)
        w->bad = true;
    if (w->bad)
        return false;
    switch (f->type) {
    case WIRE_VARINT:
        f->value = wire_varint(w);
        break;
    case WIRE_FIXED64:
        f->bytes = wire_bytes(w, 8);
        if (!w->bad) {
            memcpy(&fixed64, f->bytes.at, 8);
            f->value = le64toh(fixed64);
        }
        break;
    case WIRE_BYTES:
        f->bytes = wire_bytes(w, wire_varint(w));
        break;
    case WIRE_FIXED32:
        f->bytes = wire_bytes(w, 4);
        if (!w->bad) {
            memcpy(&fixed32, f->bytes.at, 4);
            f->value = le32toh(fixed32);
        }
        break;
    default: /* groups were never used by OTLP, and protobuf-c refuses them too */
        w->bad = true;
    }
    return !w->bad;
}

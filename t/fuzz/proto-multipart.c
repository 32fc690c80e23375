/* The first line is a Content-Type, the rest the body; and all of it a crash dump and its form. */
#include <stdlib.h>

#include "proto/form.h"
#include "proto/limits.h"
#include "proto/minidump.h"
#include "proto/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct text body, struct text boundary, struct arena *a)
{
    struct multipart m = multipart_start(body, boundary);
    struct multipart_part p;
    struct minidump_form form;

    minidump_form_init(&form, a);
    while (multipart_next(&m, a, &p) == MULTIPART_PART) {
        if (p.data.len && (p.data.at < body.at || p.data.at + p.data.len > body.at + body.len))
            abort();
        minidump_form_add(&form, p.name, p.data);
    }
    minidump_event(&form);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text all = {(const char *)data, size}, body = all, boundary, out;
    struct inflate_buf buf = {0};
    struct form_pair pair;
    struct arena a;

    arena_init(&a, REQUEST_ARENA_MAX);
    if (multipart_boundary(text_cut(all, 0, text_find_byte(all, '\n')), &boundary))
        walk(text_cut(all, text_find_byte(all, '\n') + 1, all.len), boundary, &a);
    if (multipart_sniff(all, &boundary))
        walk(all, boundary, &a);
    minidump_read(all, MIB, &a, &buf, &out);
    while (form_next(&body, &a, &pair))
        ;
    inflate_buf_free(&buf);
    arena_free(&a);
    return 0;
}

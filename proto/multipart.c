#include "proto/multipart.h"

#include "proto/limits.h"

const char *multipart_rc_text(enum multipart_rc rc)
{
    switch (rc) {
    case MULTIPART_PART:
    case MULTIPART_END:
        return "ok";
    case MULTIPART_BAD:
        return "invalid multipart data";
    case MULTIPART_TOO_MANY:
        return "too many parts in multipart data";
    case MULTIPART_SPENT:
        return "multipart data takes too much memory";
    }
    return "invalid multipart data";
}

/* ---- parameters: ; name=value or name="quoted" ---- */

static struct text unquote(struct text t, struct arena *a)
{
    char *out, *to;

    if (text_find_byte(t, '\\') == t.len || !a || !(out = to = arena_alloc(a, t.len)))
        return t;
    for (size_t i = 0; i < t.len; i++) {
        /* Browsers escape only quotes; in old paths a backslash is itself. */
        if (t.at[i] == '\\' && i + 1 < t.len && (t.at[i + 1] == '"' || t.at[i + 1] == '\\'))
            i++;
        *to++ = t.at[i];
    }
    return (struct text){out, (size_t)(to - out)};
}

/* End of the quoted string that begins at t.at[0] == '"': offset of its closing quote, or t.len. */
static size_t quote_end(struct text t)
{
    size_t i = 1;

    while (i < t.len && t.at[i] != '"')
        i += t.at[i] == '\\' && i + 1 < t.len ? 2 : 1;
    return i < t.len ? i : t.len;
}

static struct text parameter(struct text header, const char *name, struct arena *a)
{
    header = text_cut(header, text_find_byte(header, ';'), header.len);
    while (header.len) {
        struct text key, value;
        size_t end;

        header = text_trim(text_cut(header, 1, header.len)); /* the ';' */
        end = text_find_byte(header, '=');
        key = text_trim(text_cut(header, 0, end));
        header = text_cut(header, end + 1, header.len);
        if (text_starts(header, "\"")) {
            end = quote_end(header);
            value = unquote(text_cut(header, 1, end > 0 ? end - 1 : 0), a);
            header = text_cut(header, end, header.len);
            header = text_cut(header, text_find_byte(header, ';'), header.len);
        } else {
            end = text_find_byte(header, ';');
            value = text_trim(text_cut(header, 0, end));
            header = text_cut(header, end, header.len);
        }
        if (text_eq_nocase(key, text_of(name)))
            return value.at ? value : TEXT("");
    }
    return TEXT_NONE;
}

bool multipart_boundary(struct text content_type, struct text *boundary)
{
    if (!text_starts_nocase(text_trim(content_type), "multipart/form-data"))
        return false;
    *boundary = parameter(content_type, "boundary", NULL);
    return boundary->len > 0 && boundary->len <= MULTIPART_BOUNDARY_MAX;
}

bool multipart_sniff(struct text body, struct text *boundary)
{
    struct text line = text_trim(text_cut(body, 0, text_find_byte(body, '\n')));

    if (!text_starts(line, "--"))
        return false;
    *boundary = text_cut(line, 2, line.len);
    return boundary->len > 0 && boundary->len <= MULTIPART_BOUNDARY_MAX;
}

/* ---- parts ---- */

struct multipart multipart_start(struct text body, struct text boundary)
{
    return (struct multipart){.rest = body, .boundary = boundary};
}

/* Offset of the next "--boundary" that begins a line, or t.len. */
static size_t find_boundary(struct text t, struct text boundary)
{
    size_t at = 0;

    for (;;) {
        size_t hit = at + text_find(text_cut(t, at, t.len), boundary);

        if (hit >= t.len)
            return t.len;
        if (hit >= 2 && t.at[hit - 1] == '-' && t.at[hit - 2] == '-' &&
            (hit == 2 || t.at[hit - 3] == '\n'))
            return hit - 2;
        at = hit + 1;
    }
}

/* A line at *t without its line end, cut off. False: there is no end. */
static bool line(struct text *t, struct text *out)
{
    size_t end = text_find_byte(*t, '\n');

    if (end == t->len)
        return false;
    *out = text_cut(*t, 0, end);
    if (text_ends(*out, "\r"))
        out->len--;
    *t = text_cut(*t, end + 1, t->len);
    return true;
}

static bool read_head(struct text *rest, struct arena *a, struct multipart_part *out)
{
    size_t before = rest->len;
    struct text header;

    while (line(rest, &header)) {
        size_t colon = text_find_byte(header, ':');
        struct text name = text_trim(text_cut(header, 0, colon));
        struct text value = text_trim(text_cut(header, colon + 1, header.len));

        if (header.len == 0)
            return true;
        if (before - rest->len > MULTIPART_HEAD_MAX)
            return false;
        if (text_eq_nocase(name, TEXT("content-type"))) {
            out->content_type = value;
        } else if (text_eq_nocase(name, TEXT("content-disposition"))) {
            out->name = parameter(value, "name", a);
            out->filename = parameter(value, "filename", a);
        }
    }
    return false;
}

/* Data in front of a boundary ends before the line end that belongs to the boundary. */
static struct text without_line_end(struct text t)
{
    if (text_ends(t, "\n"))
        t.len--;
    if (text_ends(t, "\r"))
        t.len--;
    return t;
}

enum multipart_rc multipart_next(struct multipart *m, struct arena *a, struct multipart_part *out)
{
    struct text ignored;
    size_t at;

    *out = (struct multipart_part){0};
    if (!m->begun) { /* what stands before the first boundary is for old mail readers */
        m->rest = text_cut(m->rest, find_boundary(m->rest, m->boundary), m->rest.len);
        m->begun = true;
    }
    if (m->rest.len < 2 + m->boundary.len)
        return MULTIPART_BAD;
    m->rest = text_cut(m->rest, 2 + m->boundary.len, m->rest.len);
    if (text_starts(m->rest, "--"))
        return MULTIPART_END;
    if (!line(&m->rest, &ignored) || text_trim(ignored).len || !read_head(&m->rest, a, out))
        return MULTIPART_BAD;
    if (++m->parts > MULTIPART_PARTS_MAX)
        return MULTIPART_TOO_MANY;
    at = find_boundary(m->rest, m->boundary);
    if (at == m->rest.len)
        return MULTIPART_BAD;
    out->data = without_line_end(text_cut(m->rest, 0, at));
    m->rest = text_cut(m->rest, at, m->rest.len);
    return arena_spent(a) ? MULTIPART_SPENT : MULTIPART_PART;
}

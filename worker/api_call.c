/* api_call.c -- what handlers are made of: parameters, answers, statements. */
#include "worker/api_call.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shm/log.h"

/* ---- parameters ---- */

struct text api_param(const struct api_call *c, const char *key)
{
    uint32_t at = 0;
    struct text value;

    return api_param_next(c, key, &at, &value) ? value : TEXT_NONE;
}

bool api_param_next(const struct api_call *c, const char *key, uint32_t *at, struct text *value)
{
    while (*at < c->param_count) {
        const struct api_param *p = &c->params[(*at)++];

        if (text_is(p->key, key)) {
            *value = p->value;
            return true;
        }
    }
    return false;
}

bool api_of_environment(const struct api_call *c, struct text own)
{
    struct text name;
    uint32_t at = 0;
    bool any = false;

    if (!own.at)
        own = TEXT("");
    while (api_param_next(c, "environment", &at, &name)) {
        any = true;
        if (text_eq(name, own))
            return true;
    }
    return !any;
}

bool api_flag(const struct api_call *c, const char *key)
{
    struct text t = api_param(c, key);

    return text_is(t, "1") || text_eq_nocase(t, TEXT("true"));
}

struct text api_member(const struct api_call *c, const char *key)
{
    return json_string(json_get(c->body, key), c->arena);
}

void api_forward(const struct api_call *c, struct buf *b, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct text value = api_member(c, keys[i]);

        if (!text_empty(value))
            json_text(b, keys[i], value);
    }
}

int64_t api_reply_id(const struct api_call *c)
{
    struct json *reply;
    int64_t id = 0;

    if (json_read(c->reply, c->arena, &reply, NULL) == JSON_OK)
        json_int64(json_get(reply, "id"), &id);
    return id;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

struct text api_decode(struct arena *a, struct text t, bool plus)
{
    char *out;
    size_t n = 0;

    if (text_find_byte(t, '%') == t.len && !(plus && text_find_byte(t, '+') < t.len))
        return t;
    if (!(out = arena_alloc(a, t.len + 1)))
        return TEXT_NONE;
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == '%' && i + 2 < t.len && hex_digit(t.at[i + 1]) >= 0 &&
            hex_digit(t.at[i + 2]) >= 0) {
            out[n++] = (char)(hex_digit(t.at[i + 1]) * 16 + hex_digit(t.at[i + 2]));
            i += 2;
        } else {
            out[n++] = plus && t.at[i] == '+' ? ' ' : t.at[i];
        }
    }
    return (struct text){out, n};
}

/* ---- answers ---- */

static bool refuse(struct api_call *c, uint16_t status)
{
    if (c->refused)
        return false;
    c->refused = true;
    c->status = status;
    c->command = NULL;
    c->file = TEXT_NONE;
    c->content_type = "application/json";
    buf_init(&c->out, c->arena, 256, 64 * KIB);
    return true;
}

/* Jaeger's envelope is that of its answers; Tempo has plain text. */
static void write_refusal(struct api_call *c, uint16_t status, const char *detail)
{
    struct buf *b = &c->out;

    switch (c->dialect) {
    case API_SENTRY:
        json_open(b, NULL, '{');
        json_str(b, "detail", detail);
        break;
    case API_JAEGER:
        buf_str(b, "{\"data\":null,\"total\":0,\"limit\":0,\"offset\":0,\"errors\":[{");
        json_uint(b, "code", status);
        json_str(b, "msg", detail);
        buf_str(b, "}]");
        break;
    case API_JAEGER_V3:
        buf_str(b, "{\"error\":{");
        json_uint(b, "httpCode", status);
        json_str(b, "message", detail);
        buf_byte(b, '}');
        break;
    case API_TEMPO:
        c->content_type = "text/plain; charset=utf-8";
        buf_str(b, detail);
        return;
    }
    json_close(b, '}');
}

void api_detail(struct api_call *c, uint16_t status, const char *detail)
{
    api_detailf(c, status, "%s", detail);
}

void api_detailf(struct api_call *c, uint16_t status, const char *format, ...)
{
    char detail[1024];
    va_list ap;

    va_start(ap, format);
    vsnprintf(detail, sizeof detail, format, ap);
    va_end(ap);
    if (refuse(c, status))
        write_refusal(c, status, detail);
}

void api_missing(struct api_call *c)
{
    api_detail(c, 404, "The requested resource does not exist");
}

void api_forbid(struct api_call *c)
{
    api_detail(c, 403, "You do not have permission to perform this action.");
}

void api_wrong(struct api_call *c, const char *field, const char *why)
{
    if (!refuse(c, 400))
        return;
    json_open(&c->out, NULL, '{');
    json_open(&c->out, field, '[');
    json_str(&c->out, NULL, why);
    json_close(&c->out, ']');
    json_close(&c->out, '}');
}

void api_broken(struct api_call *c, const char *doing, const struct db *d)
{
    log_error("api.query", "doing=%s error=\"%s\"", doing, d ? db_error(d) : "catalogue not open");
    if (!refuse(c, 500))
        return;
    if (c->dialect != API_SENTRY) {
        write_refusal(c, 500, "Internal Error");
        return;
    }
    json_open(&c->out, NULL, '{');
    json_str(&c->out, "detail", "Internal Error");
    json_null(&c->out, "errorId");
    json_close(&c->out, '}');
}

void api_done(struct api_call *c, uint16_t status)
{
    if (!c->refused)
        c->status = status;
}

void api_empty(struct api_call *c, uint16_t status)
{
    if (c->refused)
        return;
    c->status = status;
    buf_init(&c->out, c->arena, 16, 16);
}

void api_header(struct api_call *c, const char *name, struct text value)
{
    if (c->header_count < API_HEADERS_MAX)
        c->headers[c->header_count++] = (struct api_header){name, value};
}

/* ---- the writer ---- */

void api_command(struct api_call *c, const char *name, struct text args, api_handler *then)
{
    if (c->refused)
        return;
    if (!args.at || args.len > COMMAND_MAX) {
        api_detail(c, 413, "Request body too large");
        return;
    }
    c->command = name;
    c->command_args = args;
    c->command_actor = (uint32_t)c->caller.user;
    c->then = then;
}

struct buf api_buf(struct api_call *c)
{
    struct buf b;

    buf_init(&b, c->arena, 512, API_ANSWER_MAX);
    return b;
}

/* ---- reading ---- */

#define STMTS_ROOM 64 /* at first: a call that looks into many segments has several of each */

/* Statements are reset when the call ends (call_end in api_route.c): one left in the middle would
 * hold its read transaction open, and later calls would read the past. */
static struct db_stmt *remember(struct api_call *c, struct db_stmt *s)
{
    for (uint32_t i = 0; i < c->stmt_count; i++)
        if (c->stmts[i] == s)
            return s;
    if (c->stmt_count == c->stmt_room) {
        uint32_t room = c->stmt_room ? 2 * c->stmt_room : STMTS_ROOM;
        struct db_stmt **more = arena_alloc(c->arena, room * sizeof *more);

        if (!more)
            return NULL;
        if (c->stmt_count)
            memcpy(more, c->stmts, c->stmt_count * sizeof *more);
        c->stmts = more;
        c->stmt_room = room;
    }
    return c->stmts[c->stmt_count++] = s;
}

static struct db_stmt *ready(struct api_call *c, struct db *d, const char *name, bool file)
{
    struct db_stmt *s = d ? (file ? db_query(d, name) : db_adhoc(d, name)) : NULL;

    return s ? remember(c, s) : NULL;
}

struct db_stmt *api_query(struct api_call *c, const char *name)
{
    struct db_stmt *s = c->refused ? NULL : ready(c, c->db, name, true);

    if (!s && !c->refused)
        api_broken(c, name, c->db);
    return s;
}

struct db_stmt *api_adhoc(struct api_call *c, const char *sql)
{
    struct db_stmt *s = c->refused ? NULL : ready(c, c->db, sql, false);

    if (!s && !c->refused)
        api_broken(c, "search", c->db);
    return s;
}

struct db_stmt *api_segment_query(struct api_call *c, struct db *d, const char *name)
{
    struct db_stmt *s = c->refused ? NULL : ready(c, d, name, true);

    if (!s && !c->refused)
        log_warn("api.segment", "query=%s error=\"%s\"", name, db_error(d));
    return s;
}

bool api_row(struct api_call *c, struct db_stmt *s)
{
    int rc = s && !c->refused ? db_step(s) : 0;

    if (rc < 0)
        api_broken(c, "step", c->db);
    return rc == 1;
}

struct text api_col(struct db_stmt *s, int column)
{
    struct text t;

    t.at = db_col_str(s, column, &t.len);
    return t;
}

struct text api_keep(struct api_call *c, struct text t)
{
    return t.at ? arena_text(c->arena, t) : TEXT_NONE;
}

struct text api_keep_col(struct api_call *c, struct db_stmt *s, int column)
{
    return api_keep(c, api_col(s, column));
}

void api_bind(struct db_stmt *s, const char *name, struct text t)
{
    db_str(s, name, t.at, t.len);
}

static bool project_row(struct api_call *c, struct db_stmt *s, struct api_project *p)
{
    *p = (struct api_project){
        .id = db_col_int(s, 0),
        .org = db_col_int(s, 1),
        .slug = api_keep_col(c, s, 2),
        .name = api_keep_col(c, s, 3),
        .platform = api_keep_col(c, s, 4),
        .created_ms = db_col_int(s, 5),
        .first_event_ms = db_col_int(s, 6),
        .settings = api_keep_col(c, s, 7),
        .has_spans = db_col_int(s, 8) != 0,
    };
    return !arena_spent(c->arena);
}

/* Room for one more at the end of the list, which doubles; NULL: the arena is spent. */
static struct api_project *project_room(struct api_call *c)
{
    uint32_t n = c->project_count;

    if (n >= 16 && (n & (n - 1)) != 0)
        return &c->projects[n];
    if (n == 0 || n >= 16) {
        struct api_project *more = arena_alloc(c->arena, (n ? 2 * n : 16) * sizeof *more);

        if (!more)
            return NULL;
        if (n)
            memcpy(more, c->projects, n * sizeof *more);
        c->projects = more;
    }
    return &c->projects[n];
}

const struct api_project *api_projects(struct api_call *c, uint32_t *count)
{
    struct db_stmt *s = c->projects_loaded ? NULL : api_query(c, "api_projects");
    struct api_project *p;

    c->projects_loaded = true;
    if (s)
        db_int(s, "org", c->org);
    while (s && c->project_count < PROJECTS_MAX && api_row(c, s)) {
        if (!(p = project_room(c)) || !project_row(c, s, p))
            break;
        c->project_count++;
    }
    *count = c->project_count;
    return c->projects;
}

const struct api_project *api_project_by_id(struct api_call *c, int64_t id)
{
    uint32_t count;
    const struct api_project *list = api_projects(c, &count);

    for (uint32_t low = 0, high = count; low < high;) {
        uint32_t mid = (low + high) / 2;

        if (list[mid].id == id)
            return &list[mid];
        if (list[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const struct api_project *api_project_find(struct api_call *c, struct text name)
{
    unsigned long long id;
    uint32_t count;
    const struct api_project *list;

    if (text_u64(name, &id)) /* a slug is never purely numeric */
        return api_project_by_id(c, (int64_t)id);
    list = api_projects(c, &count);
    for (uint32_t i = 0; i < count; i++)
        if (text_eq_nocase(list[i].slug, name))
            return &list[i];
    return NULL;
}

bool api_project_wanted(struct api_call *c, const struct api_project *p)
{
    uint32_t at = 0;
    struct text name;
    bool any = false;

    if (c->project)
        return p->id == c->project->id;
    while (api_param_next(c, "project", &at, &name)) {
        const struct api_project *one = text_is(name, "-1") ? p : api_project_find(c, name);

        any = true;
        if (one == p)
            return true;
    }
    return !any;
}

void api_write_user(struct api_call *c, const char *key, int64_t user)
{
    struct db_stmt *s = user ? api_query(c, "api_user_by_id") : NULL;

    if (s)
        db_int(s, "id", user);
    if (!api_row(c, s)) {
        json_null(&c->out, key);
        return;
    }
    json_open(&c->out, key, '{');
    json_str(&c->out, "type", "user");
    api_id(&c->out, "id", user);
    json_text(&c->out, "name", api_col(s, 2));
    json_text(&c->out, "email", api_col(s, 1));
    json_text(&c->out, "username", api_col(s, 1));
    json_str(&c->out, "avatarUrl", "");
    json_close(&c->out, '}');
}

void api_time(struct buf *b, const char *key, int64_t ms)
{
    if (ms)
        json_time_us(b, key, ms * 1000);
    else
        json_null(b, key);
}

void api_id(struct buf *b, const char *key, int64_t id)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%lld", (long long)id);
    json_str(b, key, digits);
}

bool api_event_id(struct text t, uint8_t out[16])
{
    size_t n = 0;

    for (size_t i = 0; i < t.len; i++) {
        int digit = hex_digit(t.at[i]);

        if (t.at[i] == '-' && t.len == 36)
            continue;
        if (digit < 0 || n == 32)
            return false;
        out[n / 2] = (uint8_t)(n % 2 ? out[n / 2] | digit : digit << 4);
        n++;
    }
    return n == 32;
}

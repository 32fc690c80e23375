/* rules_parse.c -- the two grammars, a rule a line.
 *
 * Stack trace rules:
 *   rule    := [ "[" matcher "]" "|" ] matcher+ [ "|" "[" matcher "]" ] action+ [ "#" comment ]
 *   action  := ["^" | "v"] ("+" | "-") ("app" | "group")  |  name "=" value
 * Fingerprint rules:
 *   rule    := matcher+ "->" ( value [","] )+
 *   value   := "title" "=" quoted  |  quoted  |  "{{ name }}"  |  a run without blank , { */
#include <string.h>

#include "model/rules_read.h"

static bool is_frame_field(uint8_t field)
{
    return field < FIELD_ERROR_TYPE;
}

/* ---- stack trace rules ---- */

struct stack_parts {
    struct matcher frame[RULE_MATCHERS_MAX], owner[RULE_MATCHERS_MAX], caller, callee;
    struct action actions[RULE_ACTIONS_MAX];
    uint16_t frame_count, owner_count, action_count;
    bool has_caller, has_callee;
};

static bool neighbour(struct rules_reader *r, struct matcher *out)
{
    size_t open = r->at;

    rules_take(r, '[');
    rules_blanks(r);
    size_t at = r->at;
    if (!rules_matcher(r, false, true, out))
        return false;
    if (!is_frame_field(out->field))
        return rules_fail(r, at, "a caller or callee is matched by what a frame has");
    rules_blanks(r);
    if (!rules_take(r, ']'))
        return rules_fail(r, r->at < r->end ? r->at : open,
                          "expected \"]\": one matcher stands between brackets");
    return true;
}

static bool begins_action(const struct rules_reader *r)
{
    char c = r->text.at[r->at], next = r->at + 1 < r->end ? r->text.at[r->at + 1] : '\0';
    size_t at = r->at;

    if (c == '+' || c == '-' || c == '^' || (c == 'v' && (next == '+' || next == '-')))
        return true;
    /* name = value; blanks may stand around the sign */
    while (at < r->end &&
           (strchr("_.-", r->text.at[at]) || (unsigned)((r->text.at[at] | 0x20) - 'a') < 26 ||
            (unsigned)(r->text.at[at] - '0') < 10))
        at++;
    if (at == r->at)
        return false;
    while (at < r->end && (r->text.at[at] == ' ' || r->text.at[at] == '\t'))
        at++;
    return at < r->end && r->text.at[at] == '=';
}

static bool flag(struct rules_reader *r, struct action *out)
{
    size_t at;

    if (rules_take(r, '^'))
        out->range = RANGE_UP;
    else if (rules_take(r, 'v'))
        out->range = RANGE_DOWN;
    if (rules_take(r, '+'))
        out->on = true;
    else if (!rules_take(r, '-'))
        return rules_fail(r, r->at, "expected \"+\" or \"-\"");
    at = r->at;
    struct text name = rules_word(r);
    if (text_is(name, "app"))
        out->kind = ACTION_APP;
    else if (text_is(name, "group"))
        out->kind = ACTION_GROUP;
    else
        return rules_fail(r, at, "expected \"app\" or \"group\"");
    return true;
}

static bool variable(struct rules_reader *r, struct action *out)
{
    size_t at = r->at;
    struct text name = rules_word(r), value;
    unsigned long long number;

    rules_blanks(r);
    if (!rules_take(r, '='))
        return rules_fail(r, r->at, "expected \"=\"");
    rules_blanks(r);
    size_t value_at = r->at;
    value = rules_word(r);
    if (value.len == 0)
        return rules_fail(r, value_at, "expected a value behind \"=\"");
    if (text_is(name, "category")) {
        out->kind = ACTION_CATEGORY;
        return rules_category(r, value, &out->value);
    }
    if (text_is(name, "invert-stacktrace")) {
        out->kind = ACTION_NONE; /* Sentry reads it and does nothing */
        return true;
    }
    if (!text_is(name, "max-frames") && !text_is(name, "min-frames"))
        return rules_fail(r, at, "unknown variable \"%.*s\"", TEXT_ARG(text_clip(name, 80)));
    if (!text_u64(value, &number) || number > 1000000)
        return rules_fail(r, value_at, "expected a number of frames");
    out->kind = text_is(name, "max-frames") ? ACTION_MAX_FRAMES : ACTION_MIN_FRAMES;
    out->value = (uint32_t)number;
    return true;
}

static bool matchers_of(struct rules_reader *r, struct stack_parts *p)
{
    if (rules_peek(r, '[')) {
        if (!neighbour(r, &p->caller))
            return false;
        p->has_caller = true;
        rules_blanks(r);
        if (!rules_take(r, '|'))
            return rules_fail(r, r->at, "expected \"|\" behind the caller");
    }
    while (!rules_at_end(r) && !rules_peek(r, '|') && !begins_action(r)) {
        struct matcher m;

        if (rules_peek(r, '#'))
            break;
        if (rules_peek(r, '['))
            return rules_fail(r, r->at, "the caller stands first, a callee behind \"|\"");
        if (p->frame_count + p->owner_count == RULE_MATCHERS_MAX)
            return rules_fail(r, r->at, "more than %d matchers", RULE_MATCHERS_MAX);
        if (!rules_matcher(r, false, false, &m))
            return false;
        if (is_frame_field(m.field))
            p->frame[p->frame_count++] = m;
        else
            p->owner[p->owner_count++] = m;
    }
    if (p->frame_count + p->owner_count == 0)
        return rules_fail(r, r->at, "expected a matcher, such as function:main");
    if (rules_take(r, '|')) {
        rules_blanks(r);
        if (!rules_peek(r, '['))
            return rules_fail(r, r->at, "expected \"[\": a callee stands between brackets");
        p->has_callee = true;
        return neighbour(r, &p->callee);
    }
    return true;
}

static bool actions_of(struct rules_reader *r, struct stack_parts *p)
{
    while (!rules_at_end(r) && !rules_peek(r, '#')) {
        struct action *out = &p->actions[p->action_count];

        if (p->action_count == RULE_ACTIONS_MAX)
            return rules_fail(r, r->at, "more than %d actions", RULE_ACTIONS_MAX);
        if (!begins_action(r))
            return rules_fail(r, r->at,
                              "expected an action: +app, -app, +group, -group, "
                              "category=…, max-frames=…, min-frames=…");
        *out = (struct action){.range = RANGE_FRAME};
        char c = r->text.at[r->at], next = r->at + 1 < r->end ? r->text.at[r->at + 1] : '\0';
        bool is_flag =
            c == '+' || c == '-' || c == '^' || (c == 'v' && (next == '+' || next == '-'));
        if (!(is_flag ? flag(r, out) : variable(r, out)))
            return false;
        p->action_count++;
    }
    return p->action_count || rules_fail(r, r->at, "expected an action, such as -app or +group");
}

static void *copy(struct arena *a, const void *from, size_t size)
{
    return size ? arena_dup(a, from, size) : NULL;
}

static bool keep_stack_rule(struct rules_reader *r, const struct stack_parts *p,
                            struct stack_rule *out)
{
    struct arena *a = r->arena;

    *out = (struct stack_rule){
        .text = text_cut(r->text, r->line_at, r->end - r->line_at),
        .line = r->line,
        .frame_count = p->frame_count,
        .owner_count = p->owner_count,
        .action_count = p->action_count,
        .frame = copy(a, p->frame, p->frame_count * sizeof *p->frame),
        .owner = copy(a, p->owner, p->owner_count * sizeof *p->owner),
        .actions = copy(a, p->actions, p->action_count * sizeof *p->actions),
        .caller = p->has_caller ? copy(a, &p->caller, sizeof p->caller) : NULL,
        .callee = p->has_callee ? copy(a, &p->callee, sizeof p->callee) : NULL,
    };
    out->text = text_trim(out->text);
    return !arena_spent(a);
}

static uint32_t lines_of(struct text t)
{
    uint32_t n = 1;

    for (size_t i = 0; i < t.len; i++)
        n += t.at[i] == '\n';
    return n < RULES_MAX ? n : RULES_MAX;
}

static struct rules_reader reader_of(struct text text, const char *which, struct arena *a,
                                     struct group_rules *rules, struct group_rules_error *error)
{
    *error = (struct group_rules_error){.which = which, .reason = TEXT("out of memory")};
    return (struct rules_reader){
        .text = text, .arena = a, .categories = &rules->categories, .error = error, .which = which};
}

static bool too_long(struct rules_reader *r)
{
    if (r->text.len <= RULES_TEXT_MAX)
        return false;
    r->line = 1;
    rules_fail(r, 0, "longer than %d bytes", RULES_TEXT_MAX);
    return true;
}

bool rules_parse_stack(struct text text, struct arena *a, struct group_rules *out,
                       struct group_rules_error *error)
{
    struct rules_reader r = reader_of(text, "stack trace rules", a, out, error);

    if (too_long(&r) ||
        !(out->stack.rules = arena_zero(a, lines_of(text), sizeof *out->stack.rules)))
        return false;
    while (rules_next_line(&r)) {
        struct stack_parts p = {.frame_count = 0};

        if (out->stack.count == RULES_MAX)
            return rules_fail(&r, r.at, "more than %d rules", RULES_MAX);
        if (!matchers_of(&r, &p) || !actions_of(&r, &p) ||
            !keep_stack_rule(&r, &p, &out->stack.rules[out->stack.count]))
            return false;
        out->stack.count++;
    }
    return !arena_spent(a);
}

/* ---- fingerprint rules ---- */

static bool at_arrow(struct rules_reader *r)
{
    rules_blanks(r);
    return r->at + 1 < r->end && r->text.at[r->at] == '-' && r->text.at[r->at + 1] == '>';
}

/* "{{ name }}" as a whole, blanks left as they are. */
static bool braces(struct rules_reader *r, struct text *out)
{
    size_t from = r->at, end = r->at + 2;

    while (end + 1 < r->end && !(r->text.at[end] == '}' && r->text.at[end + 1] == '}'))
        end++;
    if (end + 1 >= r->end)
        return rules_fail(r, from, "\"{{\" is not closed");
    if (text_trim(text_cut(r->text, from + 2, end - from - 2)).len == 0)
        return rules_fail(r, from, "a variable without a name");
    r->at = end + 2;
    *out = text_cut(r->text, from, r->at - from);
    return true;
}

static bool value_of(struct rules_reader *r, struct text *out, struct text *title)
{
    size_t from = r->at;

    *title = TEXT_NONE;
    if (rules_peek(r, '"'))
        return rules_quoted(r, true, out);
    if (rules_peek(r, '{')) {
        if (r->at + 1 < r->end && r->text.at[r->at + 1] == '{')
            return braces(r, out);
        return rules_fail(r, from, "a lone \"{\": quote it, or write {{ name }}");
    }
    struct text name = rules_word(r);
    if (name.len && rules_peek(r, '=') && r->at + 1 < r->end && r->text.at[r->at + 1] == '"') {
        if (!text_is(name, "title"))
            return rules_fail(r, from, "unknown attribute \"%.*s\"", TEXT_ARG(text_clip(name, 80)));
        r->at++;
        return rules_quoted(r, true, title);
    }
    r->at = from;
    while (r->at < r->end && !memchr(" \t\r\v\f,{", r->text.at[r->at], 7))
        r->at++;
    *out = text_cut(r->text, from, r->at - from);
    return out->len || rules_fail(r, from, "expected a value");
}

static bool values_of(struct rules_reader *r, struct finger_rule *out)
{
    struct text values[RULE_VALUES_MAX], value, title;
    bool some = false;

    while (!rules_at_end(r) && !rules_peek(r, '#')) {
        if (!value_of(r, &value, &title))
            return false;
        some = true;
        if (title.at) {
            out->title = title;
        } else if (out->value_count == RULE_VALUES_MAX) {
            return rules_fail(r, r->at, "more than %d values", RULE_VALUES_MAX);
        } else {
            values[out->value_count++] = value;
        }
        rules_blanks(r);
        rules_take(r, ',');
    }
    out->values = copy(r->arena, values, out->value_count * sizeof *values);
    return some || rules_fail(r, r->at, "expected a fingerprint behind \"->\"");
}

static bool finger_rule(struct rules_reader *r, struct finger_rule *out)
{
    struct matcher matchers[RULE_MATCHERS_MAX];

    *out = (struct finger_rule){.line = r->line, .title = TEXT_NONE};
    while (!at_arrow(r)) {
        if (r->at == r->end)
            return rules_fail(r, r->at, "expected \"->\" and a fingerprint");
        if (out->matcher_count == RULE_MATCHERS_MAX)
            return rules_fail(r, r->at, "more than %d matchers", RULE_MATCHERS_MAX);
        if (!rules_matcher(r, true, false, &matchers[out->matcher_count]))
            return false;
        out->matcher_count++;
    }
    if (out->matcher_count == 0)
        return rules_fail(r, r->at, "expected a matcher, such as type:ValueError, before \"->\"");
    r->at += 2;
    out->matchers = copy(r->arena, matchers, out->matcher_count * sizeof *matchers);
    if (!values_of(r, out))
        return false;
    out->text = text_trim(text_cut(r->text, r->line_at, r->end - r->line_at));
    return !arena_spent(r->arena);
}

bool rules_parse_finger(struct text text, struct arena *a, struct group_rules *out,
                        struct group_rules_error *error)
{
    struct rules_reader r = reader_of(text, "fingerprint rules", a, out, error);

    if (too_long(&r) ||
        !(out->finger.rules = arena_zero(a, lines_of(text), sizeof *out->finger.rules)))
        return false;
    while (rules_next_line(&r)) {
        if (out->finger.count == RULES_MAX)
            return rules_fail(&r, r.at, "more than %d rules", RULES_MAX);
        if (!finger_rule(&r, &out->finger.rules[out->finger.count]))
            return false;
        out->finger.count++;
    }
    return !arena_spent(a);
}

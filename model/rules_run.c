/* rules_run.c -- stack trace rules at work: which frames are the application's, which take part. */
#include <string.h>

#include "model/rules.h"

#define WORDS 4       /* of a bit per frame: 256 of them */
#define MEMOS 8       /* values of a field that are remembered … */
#define MEMO_RULES 24 /* … if they may match so many rules at most */
#define UNNUMBERED 64 /* numbers of values are bits of a word */
#define UNKNOWN TEXT("<unknown>")

/* The rules that a value may match, for the next frames that have it. */
struct memo {
    struct text value;
    uint8_t family, count; /* of rules; above MEMO_RULES: too many, not to be used */
    uint8_t number;        /* of the value */
    uint16_t rules[MEMO_RULES];
};

/* One set of rules, and which frames may match which of them. */
struct run {
    const struct stack_rules *set;
    uint64_t (*hits)[WORDS]; /* per rule, a bit per frame; only of those that are touched */
    uint64_t *touched;       /* bits: rules with hits */
    struct memo memos[INDEXED_FIELDS][MEMOS];
    uint8_t turn[INDEXED_FIELDS];    /* the memo that is replaced next */
    uint8_t numbers[INDEXED_FIELDS]; /* given to values */
    struct memo *filling;            /* NULL: none is */
};

struct stack_run {
    struct run run[2]; /* built-in, project */
    struct rule_frame *frames;
    uint32_t count;
    const struct rule_owner *owner;
    uint64_t categories;                    /* that some frame has or had … */
    uint64_t having[CATEGORIES_MAX][WORDS]; /* … and which; only of those */
    struct rule_limits *limits;
};

/* ---- candidates ---- */

static void touch(struct run *r, uint16_t rule, uint32_t frame)
{
    struct memo *m = r->filling;
    uint64_t bit = (uint64_t)1 << rule % 64;

    if (!(r->touched[rule / 64] & bit)) {
        r->touched[rule / 64] |= bit;
        memset(r->hits[rule], 0, sizeof r->hits[rule]);
    }
    r->hits[rule][frame / 64] |= (uint64_t)1 << frame % 64;
    if (!m || m->count > MEMO_RULES)
        return;
    if (m->count < MEMO_RULES)
        m->rules[m->count] = rule;
    m->count++;
}

static inline enum glob_style style_of(unsigned field)
{
    return field >= FIELD_PATH ? GLOB_PATH : GLOB_PLAIN;
}

static inline unsigned char folded(unsigned field, char byte)
{
    return glob_fold(style_of(field), (unsigned char)byte);
}

/* The first bytes of a value as gates want them: folded, and behind them zeros, which stand in no
 * literal. */
struct probe {
    uint64_t word[2];
};

static struct probe probe_at(unsigned field, bool rooted, const char *at, size_t len)
{
    const uint8_t *fold = glob_folded[style_of(field)];
    uint8_t bytes[sizeof(struct probe)] = {0};
    struct probe p;

    bytes[0] = '/';
    if (len > sizeof bytes - rooted)
        len = sizeof bytes - rooted;
    for (size_t i = 0; i < len; i++)
        bytes[rooted + i] = fold[(unsigned char)at[i]];
    memcpy(&p, bytes, sizeof p);
    return p;
}

/* Gates are asked byte two first: most dirs and names differ there, and the probe is not made. */
static void pass_bucket(struct run *r, const struct rule_index *ix, struct rule_bucket b,
                        unsigned field, bool rooted, const char *at, size_t len, uint32_t frame)
{
    const struct rule_gate *g = ix->gates + b.from;
    uint64_t second = (uint64_t)folded(field, rooted ? at[0] : len > 1 ? at[1] : '\0') << 8;
    struct probe p = {{0, 0}};
    bool made = false;

    for (uint16_t i = 0; i < b.count; i++, g++) {
        if ((second ^ g->bytes[0]) & g->mask[0] & 0xff00)
            continue;
        if (!made) {
            p = probe_at(field, rooted, at, len);
            made = true;
        }
        if (!((p.word[0] ^ g->bytes[0]) & g->mask[0]) && !((p.word[1] ^ g->bytes[1]) & g->mask[1]))
            touch(r, g->rule, frame);
    }
}

static void candidates_by_start(struct run *r, const struct rule_index *ix, unsigned field,
                                struct text value, uint32_t frame)
{
    unsigned char first = folded(field, value.at[0]);

    if (ix->starts[field][first].count)
        pass_bucket(r, ix, ix->starts[field][first], field, false, value.at, value.len, frame);
    /* a path may be meant from the root */
    if (field >= FIELD_PATH && first != '/' && ix->starts[field]['/'].count)
        pass_bucket(r, ix, ix->starts[field]['/'], field, true, value.at, value.len, frame);
}

/* Behind every directory, and at the start. */
static void candidates_by_dir(struct run *r, const struct rule_index *ix, unsigned field,
                              struct text value, uint32_t frame)
{
    const struct rule_bucket *dirs = ix->dirs[field - FIELD_PATH];
    const char *at = value.at, *end = value.at + value.len;
    char separator = memchr(at, '/', value.len) ? '/' : '\\';

    do {
        struct rule_bucket b = dirs[folded(field, *at)];

        if (b.count)
            pass_bucket(r, ix, b, field, false, at, (size_t)(end - at), frame);
        at = memchr(at, separator, (size_t)(end - at));
    } while (at && ++at < end);
}

static bool stands_at(const struct rule_search *s, struct text value, const char *hit)
{
    size_t at = (size_t)(hit - value.at);

    if (at < s->at || value.len - (at - s->at) < s->literal.len)
        return false;
    for (size_t i = 0; i < s->literal.len; i++)
        if (folded(s->field, value.at[at - s->at + i]) != (unsigned char)s->literal.at[i])
            return false;
    return true;
}

static bool found_by(const struct rule_search *s, struct text value, char byte)
{
    const char *end = value.at + value.len, *hit = value.at;

    while ((hit = memchr(hit, byte, (size_t)(end - hit)))) {
        if (stands_at(s, value, hit))
            return true;
        if (++hit == end)
            break;
    }
    return false;
}

static bool found(const struct rule_search *s, struct text value)
{
    return found_by(s, value, s->byte) || (s->other != s->byte && found_by(s, value, s->other));
}

uint64_t rules_letters(unsigned field, struct text t)
{
    const uint8_t *fold = glob_folded[style_of(field)];
    uint64_t bits = 0;

    for (size_t i = 0; i < t.len; i++)
        bits |= (uint64_t)1 << (fold[(unsigned char)t.at[i]] & 63);
    return bits;
}

/* Modules, files and images are those of frames nearby, and of deep stacks functions are too. */
static bool remembered(struct run *r, unsigned field, struct rule_frame *f, uint32_t frame)
{
    struct text value = f->field[field];

    for (unsigned i = 0; i < MEMOS; i++) {
        const struct memo *m = &r->memos[field][i];

        if (m->value.len != value.len || m->family != f->family || m->count > MEMO_RULES ||
            memcmp(m->value.at, value.at, value.len) != 0)
            continue;
        for (unsigned k = 0; k < m->count; k++)
            touch(r, m->rules[k], frame);
        f->value_number[field] = m->number;
        return true;
    }
    r->filling = &r->memos[field][r->turn[field]++ % MEMOS];
    r->filling->value = value;
    r->filling->family = f->family;
    r->filling->count = 0;
    r->filling->number = r->numbers[field];
    r->numbers[field] += r->numbers[field] < UNNUMBERED;
    f->value_number[field] = r->filling->number;
    return false;
}

static void candidates_by_field(struct run *r, const struct rule_frame *f, unsigned field,
                                uint32_t frame)
{
    const struct rule_index *ix = &r->set->index[f->family];
    struct text value = f->field[field];

    candidates_by_start(r, ix, field, value, frame);
    if (field >= FIELD_PATH && ix->has_dirs[field - FIELD_PATH])
        candidates_by_dir(r, ix, field, value, frame);
    if (ix->search_from[field] == ix->search_from[field + 1])
        return;
    uint64_t letters = rules_letters(field, value) | rules_letters(field, TEXT("/"));
    for (uint32_t i = ix->search_from[field]; i < ix->search_from[field + 1]; i++)
        if (!(ix->searches[i].letters & ~letters) && found(&ix->searches[i], value))
            touch(r, ix->searches[i].rule, frame);
}

static void candidates(struct run *r, struct rule_frame *f, uint32_t frame)
{
    const struct rule_index *ix = &r->set->index[f->family];

    for (unsigned field = 0; field < INDEXED_FIELDS; field++) {
        if (f->field[field].len == 0 || remembered(r, field, f, frame))
            continue;
        candidates_by_field(r, f, field, frame);
        r->filling = NULL;
    }
    for (uint32_t i = 0; i < ix->everywhere_count; i++)
        touch(r, ix->everywhere[i], frame);
}

/* ---- matching ---- */

static bool text_holds(const struct matcher *m, struct text value)
{
    return value.at && glob_match(&m->glob, value);
}

static bool frame_holds(const struct matcher *m, const struct rule_frame *f)
{
    bool holds;

    switch (m->field) {
    case FIELD_CATEGORY:
        holds = f->category && m->categories >> (f->category - 1) & 1;
        break;
    case FIELD_APP:
        holds = m->truth != TRI_UNKNOWN && (m->truth == TRI_YES) == (f->in_app == TRI_YES);
        break;
    case FIELD_FAMILY:
        holds = m->families >> f->family & 1;
        break;
    default:
        holds = text_holds(m, f->field[m->field]);
    }
    return holds != m->negated;
}

static bool owner_holds(const struct matcher *m, const struct rule_owner *o)
{
    const struct thread *t = o->thread;
    bool holds = false;

    switch (m->field) {
    case FIELD_ERROR_TYPE:
        holds = text_holds(m, o->type.at ? o->type : UNKNOWN);
        break;
    case FIELD_ERROR_VALUE:
        holds = text_holds(m, o->value.at ? o->value : UNKNOWN);
        break;
    case FIELD_ERROR_MECHANISM:
        holds = text_holds(m, o->mechanism.at ? o->mechanism : UNKNOWN);
        break;
    case FIELD_THREAD_NAME:
        holds = t && text_holds(m, t->name);
        break;
    case FIELD_THREAD_ID:
        holds = t && text_holds(m, t->id);
        break;
    case FIELD_THREAD_CRASHED:
        holds = m->truth != TRI_UNKNOWN && (m->truth == TRI_YES) == (t && t->crashed);
        break;
    default:
        holds = m->truth != TRI_UNKNOWN && (m->truth == TRI_YES) == (t && t->current);
    }
    return holds != m->negated;
}

static bool owners_hold(const struct stack_rule *r, const struct rule_owner *o)
{
    for (uint16_t i = 0; i < r->owner_count; i++)
        if (!owner_holds(&r->owner[i], o))
            return false;
    return true;
}

/* What a rule's first matcher said of values by their number: one pattern, few files and images. */
struct verdicts {
    uint64_t asked, held;
};

static bool first_holds(const struct matcher *m, const struct rule_frame *f, struct verdicts *v)
{
    unsigned number = m->field < INDEXED_FIELDS ? f->value_number[m->field] : UNNUMBERED;
    uint64_t bit;
    bool holds;

    if (number >= UNNUMBERED)
        return frame_holds(m, f);
    bit = (uint64_t)1 << number;
    if (v->asked & bit)
        return v->held & bit;
    holds = frame_holds(m, f);
    v->asked |= bit;
    v->held |= holds ? bit : 0;
    return holds;
}

/* A neighbour that is not there never matches, negated or not. */
static bool rule_holds(const struct stack_rule *r, const struct stack_run *s, uint32_t i,
                       struct verdicts *v)
{
    const struct rule_frame *f = &s->frames[i];

    if (!(r->families >> f->family & 1))
        return false;
    if (r->frame_count && r->decided != 1 && !first_holds(&r->frame[0], f, v))
        return false;
    for (uint16_t m = 1; m < r->frame_count; m++)
        if (m + 1 != r->decided && !frame_holds(&r->frame[m], f))
            return false;
    if (r->caller && (i == 0 || !frame_holds(r->caller, f - 1)))
        return false;
    return !r->callee || (i + 1 < s->count && frame_holds(r->callee, f + 1));
}

/* ---- acting ---- */

static void set_category(struct stack_run *s, uint32_t frame, uint32_t category)
{
    uint64_t bit = (uint64_t)1 << category;

    if (!(s->categories & bit))
        memset(s->having[category], 0, sizeof s->having[category]);
    s->categories |= bit;
    s->having[category][frame / 64] |= (uint64_t)1 << frame % 64;
    s->frames[frame].category = (uint8_t)(category + 1);
}

static void act(const struct stack_rule *r, const struct action *a, struct stack_run *s,
                uint32_t frame, bool classifying)
{
    uint32_t from = frame, to = frame + 1;

    if (a->range == RANGE_UP) {
        from = frame + 1;
        to = s->count;
    } else if (a->range == RANGE_DOWN) {
        from = 0;
        to = frame;
    }
    switch (a->kind) {
    case ACTION_APP:
        for (uint32_t i = from; classifying && i < to; i++) {
            s->frames[i].in_app = a->on ? TRI_YES : TRI_NO;
            s->frames[i].app_rule = r;
        }
        break;
    case ACTION_CATEGORY:
        if (classifying) {
            set_category(s, frame, a->value);
        }
        break;
    case ACTION_GROUP:
        for (uint32_t i = from; !classifying && i < to; i++) {
            s->frames[i].group = a->on ? TRI_YES : TRI_NO;
            s->frames[i].group_rule = r;
        }
        break;
    case ACTION_MAX_FRAMES:
        s->limits->max_frames = a->value;
        s->limits->max_rule = r;
        break;
    case ACTION_MIN_FRAMES:
        s->limits->min_frames = a->value;
        s->limits->min_rule = r;
        break;
    default:
        break;
    }
}

/* Frames that a rule about categories may match: those that have or had one of them. */
static uint64_t worth_asking(const struct stack_rule *r, const struct stack_run *s, unsigned word)
{
    uint64_t bits = 0;

    if (!r->needs[0])
        return ~(uint64_t)0;
    for (uint64_t c = r->needs[0] & s->categories; c; c &= c - 1)
        bits |= s->having[__builtin_ctzll(c)][word];
    return bits;
}

static void apply(const struct run *run, uint32_t number, struct stack_run *s, bool classifying)
{
    const struct stack_rule *r = &run->set->rules[number];
    uint64_t matched[WORDS] = {0}, any = 0;
    struct verdicts verdicts = {0, 0};

    if (!owners_hold(r, s->owner))
        return;
    for (unsigned n = 0; n < 3; n++)
        if (r->needs[n] && !(r->needs[n] & s->categories))
            return;
    bool dynamic = run->set->dynamic[number / 64] >> number % 64 & 1;
    for (unsigned w = 0; w < WORDS && w * 64 < s->count; w++) {
        uint64_t bits = dynamic ? worth_asking(r, s, w) : run->hits[number][w];

        for (; bits; bits &= bits - 1) {
            uint32_t i = w * 64 + (uint32_t)__builtin_ctzll(bits);

            if (i >= s->count)
                break;
            if (rule_holds(r, s, i, &verdicts))
                matched[w] |= bits & -bits;
        }
        any |= matched[w];
    }
    for (unsigned w = 0; any && w < WORDS; w++)
        for (uint64_t bits = matched[w]; bits; bits &= bits - 1)
            for (uint16_t a = 0; a < r->action_count; a++)
                act(r, &r->actions[a], s, w * 64 + (uint32_t)__builtin_ctzll(bits), classifying);
}

static void pass(const struct run *run, struct stack_run *s, bool classifying)
{
    if (!run->set)
        return;
    for (uint32_t w = 0; w <= run->set->count / 64; w++)
        for (uint64_t bits =
                 (run->touched[w] | run->set->dynamic[w]) & run->set->pass[!classifying][w];
             bits; bits &= bits - 1)
            apply(run, w * 64 + (uint32_t)__builtin_ctzll(bits), s, classifying);
}

static bool begin(struct run *r, const struct stack_rules *set, struct arena *a)
{
    if (set->count == 0)
        return true;
    *r = (struct run){.set = set};
    r->hits = arena_alloc(a, set->count * sizeof *r->hits);
    r->touched = arena_zero(a, set->count / 64 + 1, sizeof *r->touched);
    return r->hits && r->touched;
}

bool rules_run_stack(const struct group_rules *project, struct rule_frame *frames, uint32_t count,
                     const struct rule_owner *owner, struct arena *a, struct rule_limits *limits)
{
    struct stack_run s;

    s.frames = frames;
    s.count = count;
    s.owner = owner;
    s.categories = 0;
    s.limits = limits;
    s.run[0].set = s.run[1].set = NULL;
    *limits = (struct rule_limits){0};
    if (count > WORDS * 64 || !begin(&s.run[0], &rules_built_in()->stack, a) ||
        (project && !begin(&s.run[1], &project->stack, a)))
        return false;
    for (uint32_t i = 0; i < count; i++)
        memset(frames[i].value_number, UNNUMBERED, sizeof frames[i].value_number);
    for (uint32_t i = 0; i < count; i++)
        for (unsigned set = 0; set < 2; set++)
            if (s.run[set].set)
                candidates(&s.run[set], &frames[i], i);
    pass(&s.run[0], &s, true);
    pass(&s.run[1], &s, true);
    pass(&s.run[0], &s, false);
    pass(&s.run[1], &s, false);
    return true;
}

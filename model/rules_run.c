/* rules_run.c -- stack trace rules at work: which frames are the application's, which take part.
 *
 * Rules are asked about sets of frames, a bit each: a pattern is tried on each value once, however many
 * frames have it, and what rules ask of categories and flags is one operation on words. */
#include <string.h>

#include "model/rules.h"

#define WORDS 4     /* of a bit per frame: 256 of them */
#define SLOT_BITS 6 /* of values that are looked for among those seen before */
#define UNKNOWN TEXT("<unknown>")

/* Frames. Only the words that the stack trace has are in use. */
struct set {
    uint64_t bits[WORDS];
};

/* What some field of some frames holds. */
struct value {
    struct text text;
    uint8_t family;
    struct set frames;
};

/* One set of rules, and which frames may match which of them: those of which the matcher that the index
 * knows holds. */
struct run {
    const struct stack_rules *rules;
    struct set *hits;  /* per rule; only of those that are touched */
    uint64_t *touched; /* bits: rules with hits */
};

struct stack_run {
    struct run run[2]; /* built-in, project */
    struct rule_frame *frames;
    uint32_t count, words;
    const struct rule_owner *owner;
    struct set all, family[FAMILIES];
    struct set app;                    /* changes with the actions, as do categories: */
    uint64_t categories;               /* that some frame has or had … */
    struct set having[CATEGORIES_MAX]; /* … and which have it; only of those */
    struct rule_limits *limits;
};

static inline void set_add(struct set *s, uint32_t frame)
{
    s->bits[frame / 64] |= (uint64_t)1 << frame % 64;
}

static inline void set_drop(struct set *s, uint32_t frame)
{
    s->bits[frame / 64] &= ~((uint64_t)1 << frame % 64);
}

/* ---- candidates ---- */

static bool text_holds(const struct matcher *m, struct text value)
{
    return value.at && glob_match(&m->glob, value);
}

/* Those of `among` whose text fits. */
static struct set fitting(const struct stack_run *s, const struct matcher *m,
                          const struct set *among)
{
    struct set out = {{0}};

    for (unsigned w = 0; w < s->words; w++)
        for (uint64_t bits = among->bits[w]; bits; bits &= bits - 1) {
            uint32_t i = w * 64 + (uint32_t)__builtin_ctzll(bits);

            if (text_holds(m, s->frames[i].field[m->field]))
                out.bits[w] |= bits & -bits;
        }
    return out;
}

/* A value at which the index may know some rules. */
struct look {
    struct run *run;
    const struct rule_index *index;
    unsigned field;
    const struct value *value;
};

static void hit(struct run *r, uint16_t number, const struct set *frames)
{
    uint64_t bit = (uint64_t)1 << number % 64;

    if (!(r->touched[number / 64] & bit)) {
        r->touched[number / 64] |= bit;
        r->hits[number] = *frames;
        return;
    }
    for (unsigned w = 0; w < WORDS; w++)
        r->hits[number].bits[w] |= frames->bits[w];
}

/* The first bytes fit; does the whole? */
static void touch(const struct look *k, uint16_t number)
{
    const struct stack_rule *rule = &k->run->rules->rules[number];

    if (rule->decided || text_holds(&rule->frame[rule->way], k->value->text))
        hit(k->run, number, &k->value->frames);
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
static void pass_bucket(const struct look *k, struct rule_bucket b, bool rooted, const char *at,
                        size_t len)
{
    const struct rule_gate *g = k->index->gates + b.from;
    uint64_t second = (uint64_t)folded(k->field, rooted ? at[0] : len > 1 ? at[1] : '\0') << 8;
    struct probe p = {{0, 0}};
    bool made = false;

    for (uint16_t i = 0; i < b.count; i++, g++) {
        if ((second ^ g->bytes[0]) & g->mask[0] & 0xff00)
            continue;
        if (!made) {
            p = probe_at(k->field, rooted, at, len);
            made = true;
        }
        if (!((p.word[0] ^ g->bytes[0]) & g->mask[0]) && !((p.word[1] ^ g->bytes[1]) & g->mask[1]))
            touch(k, g->rule);
    }
}

static void candidates_by_start(const struct look *k, struct text value)
{
    const struct rule_bucket *starts = k->index->starts[k->field];
    unsigned char first = folded(k->field, value.at[0]);

    if (starts[first].count)
        pass_bucket(k, starts[first], false, value.at, value.len);
    /* a path may be meant from the root */
    if (k->field >= FIELD_PATH && first != '/' && starts['/'].count)
        pass_bucket(k, starts['/'], true, value.at, value.len);
}

/* Behind every directory, and at the start. */
static void candidates_by_dir(const struct look *k, struct text value)
{
    const struct rule_bucket *dirs = k->index->dirs[k->field - FIELD_PATH];
    const char *at = value.at, *end = value.at + value.len;
    char separator = memchr(at, '/', value.len) ? '/' : '\\';

    do {
        struct rule_bucket b = dirs[folded(k->field, *at)];

        if (b.count)
            pass_bucket(k, b, false, at, (size_t)(end - at));
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

static void candidates_by_search(const struct look *k, struct text value)
{
    const struct rule_index *ix = k->index;
    uint32_t i = ix->search_from[k->field], end = ix->search_from[k->field + 1];
    uint64_t letters;

    if (i == end)
        return;
    letters = rules_letters(k->field, value) | rules_letters(k->field, TEXT("/"));
    for (; i < end; i++)
        if (!(ix->searches[i].letters & ~letters) && found(&ix->searches[i], value))
            touch(k, ix->searches[i].rule);
}

static void candidates_of_value(struct run *r, unsigned field, const struct value *v)
{
    struct look k = {r, &r->rules->index[v->family], field, v};

    candidates_by_start(&k, v->text);
    if (field >= FIELD_PATH && k.index->has_dirs[field - FIELD_PATH])
        candidates_by_dir(&k, v->text);
    candidates_by_search(&k, v->text);
}

/* ---- values ---- */

static inline bool is_value(const struct value *v, struct text t, uint8_t family)
{
    return v->text.len == t.len && v->family == family && text_same(v->text.at, t.at, t.len);
}

/* Modules, files and images are those of frames nearby, and of deep stacks functions are too. Where two
 * values meet in a slot, one of them is taken for a new one when it comes again, which costs time only.
 */
static uint32_t values_of(const struct stack_run *s, unsigned field, struct value *values)
{
    uint16_t slots[1 << SLOT_BITS]; /* 1 + number of the value */
    uint32_t n = 0;

    memset(slots, 0, sizeof slots);
    for (uint32_t i = 0; i < s->count; i++) {
        struct text t = s->frames[i].field[field];
        uint8_t family = s->frames[i].family;
        uint16_t *slot;

        if (!t.len)
            continue;
        slot = &slots[text_slot(t, SLOT_BITS)];
        if (!*slot || !is_value(&values[*slot - 1], t, family)) {
            values[n] = (struct value){.text = t, .family = family};
            *slot = (uint16_t)++n;
        }
        set_add(&values[*slot - 1].frames, i);
    }
    return n;
}

/* Rules that the index cannot find by a value: every frame of a family may match. */
static void candidates_everywhere(struct run *r, const struct stack_run *s)
{
    for (unsigned f = 0; f < FAMILIES; f++) {
        const struct rule_index *ix = &r->rules->index[f];

        for (uint32_t i = 0; i < ix->everywhere_count; i++) {
            const struct stack_rule *rule = &r->rules->rules[ix->everywhere[i]];

            struct set frames = s->family[f];

            if (rule->way != WAY_NONE) /* there was no room for it in the index */
                frames = fitting(s, &rule->frame[rule->way], &frames);
            hit(r, ix->everywhere[i], &frames);
        }
    }
}

static bool find_candidates(struct stack_run *s, struct arena *a)
{
    struct value *values = arena_alloc(a, (s->count + 1) * sizeof *values);

    if (!values)
        return false;
    for (unsigned field = 0; field < INDEXED_FIELDS; field++) {
        uint32_t n = values_of(s, field, values);

        for (unsigned set = 0; set < 2; set++)
            for (uint32_t i = 0; s->run[set].rules && i < n; i++)
                candidates_of_value(&s->run[set], field, &values[i]);
    }
    for (unsigned set = 0; set < 2; set++)
        if (s->run[set].rules)
            candidates_everywhere(&s->run[set], s);
    return true;
}

/* ---- matching ---- */

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

/* Frames that have one of the categories. */
static struct set categorised(const struct stack_run *s, uint64_t categories)
{
    struct set out = {{0}};

    for (uint64_t c = categories & s->categories; c; c &= c - 1)
        for (unsigned w = 0; w < s->words; w++)
            out.bits[w] |= s->having[__builtin_ctzll(c)].bits[w];
    return out;
}

static struct set families(const struct stack_run *s, uint8_t families)
{
    struct set out = {{0}};

    for (unsigned f = 0; f < FAMILIES; f++)
        for (unsigned w = 0; families >> f & 1 && w < s->words; w++)
            out.bits[w] |= s->family[f].bits[w];
    return out;
}

/* The frames of `among` of which the matcher holds. */
static struct set holding(const struct stack_run *s, const struct matcher *m,
                          const struct set *among)
{
    struct set out = {{0}};

    switch (m->field) {
    case FIELD_CATEGORY:
        out = categorised(s, m->categories);
        break;
    case FIELD_APP:
        if (m->truth == TRI_YES)
            out = s->app;
        for (unsigned w = 0; m->truth == TRI_NO && w < s->words; w++)
            out.bits[w] = ~s->app.bits[w];
        break;
    case FIELD_FAMILY:
        out = families(s, m->families);
        break;
    default:
        out = fitting(s, m, among);
    }
    for (unsigned w = 0; w < s->words; w++)
        out.bits[w] = among->bits[w] & (m->negated ? ~out.bits[w] : out.bits[w]);
    return out;
}

/* The frames that call those, that are called by those. */
static struct set callers_of(const struct stack_run *s, const struct set *of)
{
    struct set out = {{0}};

    for (unsigned w = 0; w < s->words; w++)
        out.bits[w] = of->bits[w] >> 1 | (w + 1 < s->words ? of->bits[w + 1] << 63 : 0);
    return out;
}

static struct set callees_of(const struct stack_run *s, const struct set *of)
{
    struct set out = {{0}};

    for (unsigned w = 0; w < s->words; w++)
        out.bits[w] = (of->bits[w] << 1 | (w ? of->bits[w - 1] >> 63 : 0)) & s->all.bits[w];
    return out;
}

static bool any_of(const struct stack_run *s, const struct set *of)
{
    uint64_t any = 0;

    for (unsigned w = 0; w < s->words; w++)
        any |= of->bits[w];
    return any;
}

/* The frames that a rule matches. A neighbour that is not there never does, negated or not. */
static struct set matching(const struct run *run, uint32_t number, const struct stack_run *s)
{
    const struct stack_rule *r = &run->rules->rules[number];
    bool known = run->touched[number / 64] >> number % 64 & 1;
    struct set out = known ? run->hits[number] : families(s, r->families), beside;

    for (uint16_t m = 0; m < r->frame_count && any_of(s, &out); m++)
        if (!known || m != r->way)
            out = holding(s, &r->frame[m], &out);
    if (r->caller && any_of(s, &out)) {
        beside = callers_of(s, &out);
        beside = holding(s, r->caller, &beside);
        out = callees_of(s, &beside);
    }
    if (r->callee && any_of(s, &out)) {
        beside = callees_of(s, &out);
        beside = holding(s, r->callee, &beside);
        out = callers_of(s, &beside);
    }
    return out;
}

/* ---- acting ---- */

static void set_category(struct stack_run *s, uint32_t frame, uint32_t category)
{
    uint64_t bit = (uint64_t)1 << category;
    struct rule_frame *f = &s->frames[frame];

    if (f->category)
        set_drop(&s->having[f->category - 1], frame);
    if (!(s->categories & bit))
        s->having[category] = (struct set){{0}};
    s->categories |= bit;
    set_add(&s->having[category], frame);
    f->category = (uint8_t)(category + 1);
}

static void set_app(struct stack_run *s, uint32_t frame, bool on, const struct stack_rule *r)
{
    struct rule_frame *f = &s->frames[frame];

    f->in_app = on ? TRI_YES : TRI_NO;
    f->app_rule = r;
    if (on)
        set_add(&s->app, frame);
    else
        set_drop(&s->app, frame);
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
        for (uint32_t i = from; classifying && i < to; i++)
            set_app(s, i, a->on, r);
        break;
    case ACTION_CATEGORY:
        if (classifying)
            set_category(s, frame, a->value);
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

static void apply(const struct run *run, uint32_t number, struct stack_run *s, bool classifying)
{
    const struct stack_rule *r = &run->rules->rules[number];
    struct set matched;

    for (unsigned n = 0; n < 3; n++)
        if (r->needs[n] && !(r->needs[n] & s->categories))
            return;
    if (!owners_hold(r, s->owner))
        return;
    matched = matching(run, number, s);
    for (unsigned w = 0; w < s->words; w++)
        for (uint64_t bits = matched.bits[w]; bits; bits &= bits - 1)
            for (uint16_t a = 0; a < r->action_count; a++)
                act(r, &r->actions[a], s, w * 64 + (uint32_t)__builtin_ctzll(bits), classifying);
}

static void pass(const struct run *run, struct stack_run *s, bool classifying)
{
    const struct stack_rules *rules = run->rules;

    for (uint32_t w = 0; rules && w <= rules->count / 64; w++)
        for (uint64_t bits = (run->touched[w] | rules->dynamic[w]) & rules->pass[!classifying][w];
             bits; bits &= bits - 1)
            apply(run, w * 64 + (uint32_t)__builtin_ctzll(bits), s, classifying);
}

static bool begin(struct run *r, const struct stack_rules *rules, struct arena *a)
{
    if (rules->count == 0)
        return true;
    *r = (struct run){.rules = rules};
    r->hits = arena_alloc(a, rules->count * sizeof *r->hits);
    r->touched = arena_zero(a, rules->count / 64 + 1, sizeof *r->touched);
    return r->hits && r->touched;
}

static void see_frames(struct stack_run *s)
{
    for (unsigned f = 0; f < FAMILIES; f++)
        s->family[f] = (struct set){{0}};
    s->all = s->app = (struct set){{0}};
    for (uint32_t i = 0; i < s->count; i++) {
        set_add(&s->all, i);
        set_add(&s->family[s->frames[i].family], i);
        if (s->frames[i].in_app == TRI_YES)
            set_add(&s->app, i);
    }
}

bool rules_run_stack(const struct group_rules *project, struct rule_frame *frames, uint32_t count,
                     const struct rule_owner *owner, struct arena *a, struct rule_limits *limits)
{
    struct stack_run s; /* its categories are not cleared */

    s.frames = frames;
    s.count = count;
    s.words = (count + 63) / 64;
    s.owner = owner;
    s.categories = 0;
    s.limits = limits;
    s.run[0].rules = s.run[1].rules = NULL;
    *limits = (struct rule_limits){0};
    if (count > WORDS * 64 || !begin(&s.run[0], &rules_built_in()->stack, a) ||
        (project && !begin(&s.run[1], &project->stack, a)))
        return false;
    see_frames(&s);
    if (!find_candidates(&s, a))
        return false;
    pass(&s.run[0], &s, true);
    pass(&s.run[1], &s, true);
    pass(&s.run[0], &s, false);
    pass(&s.run[1], &s, false);
    return true;
}

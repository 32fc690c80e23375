/* rules_compile.c -- from parsed rules to rules that are quick to ask: what each needs, and an
 * index over the first bytes of what frames carry. */
#include <stdlib.h>
#include <string.h>

#include "model/rules.h"

enum { GATES_MAX = 8192, EVERYWHERE = 0xffff };

/* ---- what a rule needs ---- */

static void know_categories(struct matcher *m, const struct categories *known)
{
    if (!m || m->field != FIELD_CATEGORY)
        return;
    for (uint32_t i = 0; i < known->count; i++)
        if (glob_match(&m->glob, known->names[i]))
            m->categories |= (uint64_t)1 << i;
}

static uint64_t needed(const struct matcher *m)
{
    return m && m->field == FIELD_CATEGORY && !m->negated ? m->categories : 0;
}

/* Families are settled by the choice of the index, so their matchers can go. */
static void settle_families(struct stack_rule *r)
{
    uint16_t kept = 0;

    r->families = (1 << FAMILIES) - 1;
    for (uint16_t i = 0; i < r->frame_count; i++) {
        if (r->frame[i].field != FIELD_FAMILY)
            r->frame[kept++] = r->frame[i];
        else
            r->families &= r->frame[i].negated ? ~r->frame[i].families : r->frame[i].families;
    }
    r->frame_count = kept;
}

static void prepare(struct stack_rule *r, const struct categories *known)
{
    settle_families(r);
    for (uint16_t i = 0; i < r->frame_count; i++) {
        know_categories(&r->frame[i], known);
        if (needed(&r->frame[i]))
            r->needs[0] = needed(&r->frame[i]);
    }
    know_categories(r->caller, known);
    know_categories(r->callee, known);
    r->needs[1] = needed(r->caller);
    r->needs[2] = needed(r->callee);
    for (uint16_t i = 0; i < r->action_count; i++) {
        r->classifies |= r->actions[i].kind == ACTION_APP || r->actions[i].kind == ACTION_CATEGORY;
        r->contributes |= r->actions[i].kind == ACTION_GROUP ||
                          r->actions[i].kind == ACTION_MAX_FRAMES ||
                          r->actions[i].kind == ACTION_MIN_FRAMES;
    }
}

/* ---- the index ---- */

/* One way in: where it hangs, and what must stand there. */
struct way {
    uint16_t slot; /* starts: field × 256 + byte; dirs: behind them; EVERYWHERE */
    struct rule_gate gate;
};
#define DIR_SLOTS (INDEXED_FIELDS * 256)

struct ways {
    struct way *at;
    uint32_t count, room;
    struct rule_search *searches;
    uint32_t search_count;
    uint16_t *everywhere;
    uint32_t everywhere_count;
};

/* `exact`: the value ends with the literal, so the zero behind it is asked for too. */
static struct rule_gate gate_of(uint16_t rule, struct text literal, bool exact)
{
    struct rule_gate g = {.rule = rule};
    size_t len = literal.len < sizeof g.bytes ? literal.len : sizeof g.bytes;

    memcpy(g.bytes, literal.at, len);
    memset(g.mask, 0xff, len + (exact && len < sizeof g.mask));
    return g;
}

/* The last "/" of the literal that has a byte behind it; literal.len when there is none. */
static size_t last_dir(struct text literal)
{
    for (size_t i = literal.len; i-- > 0;)
        if (literal.at[i] == '/' && i + 1 < literal.len)
            return i;
    return literal.len;
}

/* Where the byte stands that is least likely to occur by chance. */
static size_t rarest(struct text literal)
{
    static const char frequent[] = "etaoinsrhl_:ducmfpgwybvk./xjqz";
    size_t best = 0, rank = 0;

    for (size_t i = 0; i < literal.len; i++) {
        const char *at = strchr(frequent, literal.at[i]);

        if (!at)
            return i;
        if ((size_t)(at - frequent) > rank) {
            rank = (size_t)(at - frequent);
            best = i;
        }
    }
    return best;
}

enum quality { BY_NOTHING, BY_SEARCH, BY_DIR, BY_START };

static enum quality quality_of(const struct matcher *m)
{
    enum quality worst = BY_START;

    if (m->negated || m->field >= INDEXED_FIELDS)
        return BY_NOTHING;
    for (const struct glob *g = &m->glob; g; g = g->other) {
        enum quality q = BY_SEARCH;

        if (g->shape == GLOB_ANY || (g->shape != GLOB_NEVER && g->literal.len == 0))
            q = BY_NOTHING;
        else if (g->shape == GLOB_EXACT || g->shape == GLOB_PREFIX || g->shape == GLOB_NEVER ||
                 (g->shape == GLOB_GENERAL && g->from_start))
            q = BY_START;
        else if (m->field >= FIELD_PATH && last_dir(g->literal) < g->literal.len)
            q = BY_DIR;
        if (q < worst)
            worst = q;
    }
    return worst;
}

static bool add_ways(struct ways *w, uint16_t rule, const struct matcher *m)
{
    for (const struct glob *g = &m->glob; g; g = g->other) {
        size_t dir = last_dir(g->literal);
        bool start = g->shape == GLOB_EXACT || g->shape == GLOB_PREFIX ||
                     (g->shape == GLOB_GENERAL && g->from_start);

        if (g->shape == GLOB_NEVER)
            continue;
        if (w->count == w->room)
            return false;
        if (start) {
            w->at[w->count++] =
                (struct way){.slot = (uint16_t)(m->field * 256 + (unsigned char)g->literal.at[0]),
                             .gate = gate_of(rule, g->literal, g->shape == GLOB_EXACT)};
        } else if (m->field >= FIELD_PATH && dir < g->literal.len) {
            struct text behind = text_cut(g->literal, dir + 1, g->literal.len);

            w->at[w->count++] =
                (struct way){.slot = (uint16_t)(DIR_SLOTS + (m->field - FIELD_PATH) * 256 +
                                                (unsigned char)behind.at[0]),
                             .gate = gate_of(rule, behind, false)};
        } else {
            size_t at = rarest(g->literal);
            char byte = g->literal.at[at];
            bool letter = byte >= 'a' && byte <= 'z' && m->field >= FIELD_PATH;

            w->searches[w->search_count++] =
                (struct rule_search){.rule = rule,
                                     .field = m->field,
                                     .byte = byte,
                                     .other = letter ? (char)(byte ^ 0x20) : byte,
                                     .at = (uint16_t)at,
                                     .letters = rules_letters(m->field, g->literal),
                                     .literal = g->literal};
            w->count++; /* keeps the bound; the place itself stays out of use */
            w->at[w->count - 1].slot = EVERYWHERE;
        }
    }
    return true;
}

/* Does passing the gate mean that the pattern fits? */
static bool is_decided(const struct matcher *m)
{
    const size_t room = sizeof((struct rule_gate *)0)->bytes;

    for (const struct glob *g = &m->glob; g; g = g->other) {
        bool start = (g->shape == GLOB_EXACT && g->literal.len < room) ||
                     (g->shape == GLOB_PREFIX && g->literal.len <= room);
        bool dir = g->shape == GLOB_CONTAINS && m->field >= FIELD_PATH && g->rootless &&
                   g->literal.at[0] == '/' && last_dir(g->literal) == 0 &&
                   g->literal.len - 1 <= room;

        if (!start && !dir)
            return false;
    }
    return true;
}

/* The most telling matcher is the way to a rule. */
static void way_of(struct ways *w, uint16_t rule, struct stack_rule *r)
{
    enum quality best = BY_NOTHING;
    uint32_t count = w->count, searches = w->search_count;

    r->way = WAY_NONE;
    for (uint16_t i = 0; i < r->frame_count; i++) {
        enum quality q = quality_of(&r->frame[i]);

        if (q > best) {
            best = q;
            r->way = i;
        }
    }
    if (r->way != WAY_NONE && add_ways(w, rule, &r->frame[r->way])) {
        r->decided = is_decided(&r->frame[r->way]);
        return;
    }
    w->count = count;
    w->search_count = searches;
    w->everywhere[w->everywhere_count++] = rule;
}

/* Rules that ask for nothing that the index knows hang on categories and flags: they are tried in
 * their turn, when such a category is about. */
static bool is_dynamic(const struct stack_rule *r)
{
    for (uint16_t i = 0; i < r->frame_count; i++)
        if (!r->frame[i].negated && r->frame[i].field < INDEXED_FIELDS)
            return false;
    return true;
}

static int by_slot(const void *a, const void *b)
{
    const struct way *x = a, *y = b;

    return x->slot != y->slot ? (int)x->slot - (int)y->slot : (int)x->gate.rule - (int)y->gate.rule;
}

static int by_field(const void *a, const void *b)
{
    const struct rule_search *x = a, *y = b;

    return x->field != y->field ? (int)x->field - (int)y->field : (int)x->rule - (int)y->rule;
}

static void sort_searches(struct rule_index *ix, struct ways *w)
{
    uint32_t at = 0;

    qsort(w->searches, w->search_count, sizeof *w->searches, by_field);
    for (unsigned field = 0; field < INDEXED_FIELDS; field++) {
        ix->search_from[field] = at;
        while (at < w->search_count && w->searches[at].field == field)
            at++;
    }
    ix->search_from[INDEXED_FIELDS] = at;
}

static bool hang(struct rule_index *ix, struct ways *w, struct arena *a)
{
    struct rule_bucket *bucket;

    qsort(w->at, w->count, sizeof *w->at, by_slot);
    if (!(ix->gates = arena_alloc(a, (w->count + 1) * sizeof *ix->gates)))
        return false;
    for (uint32_t i = 0; i < w->count && w->at[i].slot != EVERYWHERE; i++) {
        uint16_t slot = w->at[i].slot;

        ix->gates[i] = w->at[i].gate;
        if (slot < DIR_SLOTS) {
            bucket = &ix->starts[slot / 256][slot % 256];
        } else {
            bucket = &ix->dirs[(slot - DIR_SLOTS) / 256][slot % 256];
            ix->has_dirs[(slot - DIR_SLOTS) / 256] = true;
        }
        if (bucket->count++ == 0)
            bucket->from = (uint16_t)i;
    }
    sort_searches(ix, w);
    ix->everywhere_count = w->everywhere_count;
    ix->searches = (void *)arena_dup(a, w->searches, w->search_count * sizeof *w->searches);
    ix->everywhere =
        (void *)arena_dup(a, w->everywhere, w->everywhere_count * sizeof *w->everywhere);
    return !arena_spent(a);
}

bool rules_index(struct stack_rules *rules, const struct categories *known, struct arena *a)
{
    uint32_t words = rules->count / 64 + 1, room = GATES_MAX;
    struct ways w = {.room = room};
    bool good;

    rules->dynamic = arena_zero(a, words, sizeof *rules->dynamic);
    rules->pass[0] = arena_zero(a, words, sizeof *rules->pass[0]);
    rules->pass[1] = arena_zero(a, words, sizeof *rules->pass[1]);
    if (arena_spent(a))
        return false;
    for (uint32_t i = 0; i < rules->count; i++) {
        struct stack_rule *r = &rules->rules[i];
        uint64_t bit = (uint64_t)1 << i % 64;

        prepare(r, known);
        rules->dynamic[i / 64] |= is_dynamic(r) ? bit : 0;
        rules->pass[0][i / 64] |= r->classifies ? bit : 0;
        rules->pass[1][i / 64] |= r->contributes ? bit : 0;
    }
    /* The lists are made at full size, then copied at the size they came to. */
    w.at = malloc(room * sizeof *w.at);
    w.searches = malloc(room * sizeof *w.searches);
    w.everywhere = malloc((rules->count + 1) * sizeof *w.everywhere);
    good = w.at && w.searches && w.everywhere;
    for (unsigned f = 0; good && f < FAMILIES; f++) {
        w.count = w.search_count = w.everywhere_count = 0;
        for (uint32_t i = 0; i < rules->count; i++)
            if (rules->rules[i].families >> f & 1 && !is_dynamic(&rules->rules[i]))
                way_of(&w, (uint16_t)i, &rules->rules[i]);
        good = hang(&rules->index[f], &w, a);
    }
    free(w.at);
    free(w.searches);
    free(w.everywhere);
    return good;
}

struct group_rules *group_rules_compile(struct text fingerprint_rules, struct text stack_rules,
                                        struct arena *a, struct group_rules_error *error)
{
    const struct group_rules *built_in = rules_built_in();
    struct group_rules *out = arena_zero(a, 1, sizeof *out);

    *error = (struct group_rules_error){.which = "rules", .reason = TEXT("out of memory")};
    if (!out)
        return NULL;
    if (built_in) /* categories of the built-in rules keep their numbers */
        out->categories = built_in->categories;
    if (!rules_parse_finger(fingerprint_rules, a, out, error) ||
        !rules_parse_stack(stack_rules, a, out, error) ||
        !rules_index(&out->stack, &out->categories, a))
        return NULL;
    return out;
}

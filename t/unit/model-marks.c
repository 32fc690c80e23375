/* Marks of blocks: every trace and word is found again, few others are. */
#include "model/marks.h"
#include "t/lib/tap.h"

static void id_of(uint32_t n, uint8_t id[16])
{
    uint64_t half[2] = {n % 3 ? n * 0x9e3779b97f4a7c15 : 0, n * 0xbf58476d1ce4e5b9};

    memcpy(id, half, 16);
}

static uint64_t word_of(uint32_t n)
{
    char value[16];

    snprintf(value, sizeof value, "v%u", n);
    return marks_word(TEXT("key"), text_of(value));
}

static void round_of(struct marks *m, uint32_t count)
{
    uint32_t lost = 0, wrong = 0, ghosts = 0;
    struct text traces, words;
    uint8_t id[16];

    marks_clear(m);
    for (uint32_t i = 0; i < count; i++) {
        id_of(i, id);
        marks_add_trace(m, id);
        marks_add_trace(m, id);
        marks_add_word(m, word_of(i));
        marks_add_word(m, word_of(i));
    }
    traces = marks_traces(m);
    words = marks_words(m);
    ok(traces.len <= count * sizeof(uint32_t), "each trace once");
    is_int(m->word_count, count, "%u words, each once", count);
    for (uint32_t i = 0; i < count; i++) {
        id_of(i, id);
        lost += !marks_has_trace(traces, marks_trace(id)) || !marks_has_word(words, word_of(i));
    }
    is_int(lost, 0, "all are found again");
    for (uint32_t i = count; i < count + 20000; i++) {
        id_of(i, id);
        wrong += marks_has_trace(traces, marks_trace(id));
        ghosts += marks_has_word(words, word_of(i));
    }
    ok(wrong <= 2, "of 20,000 other traces %u seem to be there", wrong);
    ok(ghosts < 20000 / 12, "of 20,000 other words %u", ghosts);
    note("%zu bytes of traces, %zu of words", traces.len, words.len);
}

/* Filters of segments that were written before they were cut. */
static void test_uncut(void)
{
    uint8_t filter[64] = {0};
    uint64_t word = word_of(7);
    struct text words = {(const char *)filter, sizeof filter};

    for (uint64_t probe = 0; probe < 3; probe++) {
        uint32_t bit = (uint32_t)((word >> 32) + probe * ((uint32_t)word | 1)) & 511;

        filter[bit / 8] |= (uint8_t)(1u << bit % 8);
    }
    ok(marks_has_word(words, word), "an old filter has its word");
    ok(!marks_has_word(words, word_of(8)) && !marks_has_word(words, word_of(9)), "and no others");
    ok(!marks_slice(words, 0), "it is not cut");
    filter[63] = 2;
    words.len = 63;
    ok(marks_has_word(words, word_of(8)), "what is none may hold anything");
}

/* A word is found by its slice alone, also where a small filter repeats itself. */
static void test_slices(struct marks *m, uint32_t count)
{
    uint32_t lost = 0, ghosts = 0;
    struct text words;

    marks_clear(m);
    for (uint32_t i = 0; i < count; i++)
        marks_add_word(m, word_of(i));
    words = marks_words(m);
    for (uint32_t i = 0; i < count + 5000; i++) {
        const uint8_t *slice = marks_slice(words, marks_slice_of(word_of(i)));
        bool has = slice && marks_slice_has(slice, word_of(i));

        lost += has != marks_has_word(words, word_of(i)) || (i < count && !has);
        ghosts += i >= count && has;
    }
    is_int(lost, 0, "%u words in %zu bytes are found by their slices", count, words.len);
    ok(ghosts < 5000 / 30, "of 5,000 others %u", ghosts);
}

int main(void)
{
    struct attr text = {
        .key = TEXT("http.response.status_code"), .kind = ATTR_STRING, .text = TEXT("500")};
    struct attr number = {
        .key = TEXT("http.response.status_code"), .kind = ATTR_INT, .integer = 500};
    struct marks m = {0};

    round_of(&m, 0);
    round_of(&m, 1);
    round_of(&m, 600);
    round_of(&m, 4000);
    test_slices(&m, 1);
    test_slices(&m, 500);
    test_slices(&m, 3000);
    test_uncut();
    marks_clear(&m);
    marks_add_attr(&m, &number);
    marks_add_attr(&m, &text);
    is_int(m.word_count, 1, "8.63 the number 500 and the text 500 are one word");
    ok(marks_has_word(marks_words(&m), marks_word(text.key, text.text)), "and it is found");
    ok(marks_has_word(TEXT(""), 5), "no filter holds everything back");
    marks_free(&m);
    return done_testing();
}

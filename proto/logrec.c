/* logrec.c -- the words for severities. */
#include "proto/logrec.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

const char *severity_name(uint8_t severity)
{
    static const char *const names[] = {"", "trace", "debug", "info", "warn", "error", "fatal"};

    return names[severity_level(severity)];
}

uint8_t severity_level(uint8_t severity)
{
    return severity <= 24 ? (uint8_t)((severity + 3) / 4) : 0;
}

uint8_t severity_of(struct text word)
{
    static const struct {
        const char *word;
        uint8_t severity;
    } words[] = {
        {"trace", 1},      {"verbose", 1},    {"finest", 1},      {"silly", 1}, {"debug", 5},
        {"fine", 5},       {"info", 9},       {"information", 9}, {"log", 9},   {"notice", 10},
        {"warn", 13},      {"warning", 13},   {"error", 17},      {"err", 17},  {"severe", 17},
        {"exception", 17}, {"fatal", 21},     {"critical", 21},   {"crit", 21}, {"panic", 21},
        {"alert", 21},     {"emergency", 21}, {"emerg", 21},
    };

    word = text_trim(word);
    for (size_t i = 0; i < COUNT(words); i++)
        if (text_eq_nocase(word, text_of(words[i].word)))
            return words[i].severity;
    return 0;
}

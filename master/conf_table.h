/* conf_table.h -- the one table of configuration keys, and one value's way in and out.
 * Private to conf*.c. */
#ifndef QUERN_MASTER_CONF_TABLE_H
#define QUERN_MASTER_CONF_TABLE_H

#include "master/conf.h"

enum conf_type {
    CONF_TEXT,    /* a word or path, at most CONF_TEXT_MAX - 1 bytes */
    CONF_URL,     /* http:// or https://, kept without trailing slash */
    CONF_LISTEN,  /* ADDR:PORT [tls] or unix:PATH; may be repeated */
    CONF_WORKERS, /* a number, or auto */
    CONF_NUMBER,  /* within min … max */
    CONF_BYTES,   /* the same, with K, M, G, T (powers of 1024) */
    CONF_CHOICE   /* one of `words`, separated by |; stored as its index */
};

struct conf_key {
    const char *name;
    enum conf_type type;
    size_t at;         /* offset in struct conf */
    const char *words; /* CONF_CHOICE */
    int64_t min, max;
    const char *fallback; /* the default, as it would stand in the file */
    const char *unit;
    bool hup;    /* a reload may change it */
    bool writer; /* the writer has to be started anew for it */
    const char *sentence;
};

extern const struct conf_key conf_keys[];
extern const uint32_t conf_key_count;

const struct conf_key *conf_key_find(const char *name);
/* Read `value` into the field of `key`. NULL: done; else why not, in `why`. */
const char *conf_key_set(const struct conf_key *key, struct conf *c, const char *value, char *why,
                         size_t room);
/* The field as it would stand in the file ("" for none). CONF_LISTEN: the line number `nth`. */
const char *conf_key_text(const struct conf_key *key, const struct conf *c, uint32_t nth, char *out,
                          size_t room);
/* "power|process", "1 … 32 or auto", "bytes, 64K … 20M" */
const char *conf_key_range(const struct conf_key *key, char *out, size_t room);
bool conf_key_same(const struct conf_key *key, const struct conf *a, const struct conf *b);

#endif

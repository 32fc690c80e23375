/* conf_print.c -- the configuration in words: reference, sample file, values in force. */
#include "master/conf.h"

#include <string.h>

#include "master/conf_table.h"

/* Print `text` wrapped, each line behind `lead`. */
static void print_wrapped(FILE *out, const char *lead, const char *text)
{
    size_t width = 98 - strlen(lead);

    while (*text) {
        size_t len = strlen(text);

        if (len > width) {
            len = width;
            while (len > 0 && text[len] != ' ')
                len--;
            if (len == 0)
                len = strcspn(text, " ");
        }
        fprintf(out, "%s%.*s\n", lead, (int)len, text);
        text += len;
        text += strspn(text, " ");
    }
}

static void describe(const struct conf_key *key, char *out, size_t room)
{
    char range[96];

    snprintf(out, room, "%s; %s.", conf_key_range(key, range, sizeof(range)),
             key->hup ? "a reload (HUP) may change it" : "fixed while the server runs");
}

void conf_explain(FILE *out)
{
    for (uint32_t i = 0; i < conf_key_count; i++) {
        const struct conf_key *key = &conf_keys[i];
        char facts[192];

        describe(key, facts, sizeof(facts));
        fprintf(out, "%s%s = %s\n", i ? "\n" : "", key->name,
                *key->fallback ? key->fallback : "(none)");
        print_wrapped(out, "    ", facts);
        print_wrapped(out, "    ", key->sentence);
    }
}

void conf_print_file(FILE *out)
{
    fputs(
        "# quern.conf -- every key with its default; take the # away to change one.\n"
        "# Check with `quern serve -t -c FILE`, apply with `systemctl reload quern` or kill -HUP.\n"
        "# Options on the command line (--data, --listen, --workers) go before this file.\n",
        out);
    for (uint32_t i = 0; i < conf_key_count; i++) {
        const struct conf_key *key = &conf_keys[i];
        char facts[192];

        fputc('\n', out);
        print_wrapped(out, "# ", key->sentence);
        describe(key, facts, sizeof(facts));
        print_wrapped(out, "# ", facts);
        fprintf(out, "#%s =%s%s\n", key->name, *key->fallback ? " " : "", key->fallback);
    }
}

void conf_print(const struct conf *c, FILE *out)
{
    char value[CONF_TEXT_MAX];

    for (uint32_t i = 0; i < conf_key_count; i++) {
        const struct conf_key *key = &conf_keys[i];
        uint32_t lines = key->type == CONF_LISTEN ? c->listen_count : 1;

        for (uint32_t nth = 0; nth < lines; nth++)
            fprintf(out, "%s = %s\n", key->name, conf_key_text(key, c, nth, value, sizeof(value)));
    }
}

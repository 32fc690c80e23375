/* sql.h -- the texts of schema/migrate and schema/query, built into the binary, sorted by name. */
#ifndef QUERN_SCHEMA_SQL_H
#define QUERN_SCHEMA_SQL_H

struct sql_text {
    const char *name; /* base name of the file, without .sql */
    const char *text;
};
extern const struct sql_text sql_texts[];
extern const unsigned sql_text_count;

#endif

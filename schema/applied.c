#include "schema/applied.h"

int applied_set(struct db *d, uint32_t slot, uint64_t incarnation, uint64_t position)
{
    struct db_stmt *q = db_query(d, "applied_set");

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, slot);
    db_int_at(q, 2, (int64_t)incarnation);
    db_int_at(q, 3, (int64_t)position);
    return db_run(q);
}

int applied_get(struct db *d, uint32_t slot, uint64_t incarnation, uint64_t *position)
{
    struct db_stmt *q = db_query(d, "applied_get");
    int rc;

    *position = 0;
    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, slot);
    db_int_at(q, 2, (int64_t)incarnation);
    if ((rc = db_step(q)) == 1)
        *position = (uint64_t)db_col_int(q, 0);
    db_reset(q);
    return rc < 0 ? rc : DB_OK;
}

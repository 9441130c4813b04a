/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/store/inside.h"

/* Columns that creation and change write alike: ?4 to ?17. */
static void bind_object(sqlite3_stmt *statement, const struct bn_object *object)
{
    bn_bind(statement, 4, object->state);
    bn_bind(statement, 5, object->state_day);
    bn_bind(statement, 6, object->planned_state);
    bn_bind(statement, 7, object->planned_day);
    bn_bind(statement, 8, object->visibility);
    bn_bind(statement, 9, (int64_t)object->workstreams);
    bn_bind(statement, 10, object->version);
    bn_bind(statement, 11, (int64_t)object->body);
    bn_bind(statement, 12, (int64_t)object->changed);
    bn_bind(statement, 13, object->progress);
    bn_bind(statement, 14, object->health);
    bn_bind(statement, 16, object->recorded_ms);
    bn_bind_text(statement, 17, object->language);
}

static enum bn_code run_for(struct bn_store *store, enum bn_sql which, uint64_t object)
{
    sqlite3_stmt *statement;
    enum bn_code code = bn_sql_take(store, which, &statement);
    if (code != BN_OK)
        return code;
    bn_bind(statement, 1, (int64_t)object);
    return bn_sql_run(store, statement);
}

static enum bn_code add_invited(struct bn_store *store, uint64_t object, uint32_t organisation)
{
    sqlite3_stmt *add;
    enum bn_code code = bn_sql_take(store, BN_SQL_INVITED_ADD, &add);
    if (code != BN_OK)
        return code;
    bn_bind(add, 1, (int64_t)object);
    bn_bind(add, 2, organisation);
    return bn_sql_run(store, add);
}

static enum bn_code put_invited(struct bn_store *store, const struct bn_object *object)
{
    enum bn_code code = BN_OK;
    for (size_t i = 0; i < object->invited_count && code == BN_OK; i++)
        code = add_invited(store, object->number, object->invited[i]);
    return code == BN_OK ? run_for(store, BN_SQL_INVITED_COUNT, object->number) : code;
}

enum bn_code bn_store_object_create(struct bn_store *store, const struct bn_object *object)
{
    /* What the header asks for; later readers find the text of a new object by its number. */
    assert(object->number == object->body && object->number == object->changed);
    assert(object->number > 0 && object->number < bn_store_next_sequence(store));
    sqlite3_stmt *add;
    enum bn_code code = bn_sql_take(store, BN_SQL_OBJECT_ADD, &add);
    if (code != BN_OK)
        return code;
    bn_bind(add, 1, (int64_t)object->number);
    bn_bind(add, 2, object->kind);
    bn_bind(add, 3, object->owner);
    bn_bind(add, 15, object->created_ms);
    bind_object(add, object);
    code = bn_sql_run(store, add);
    return code == BN_OK && object->invited_count > 0 ? put_invited(store, object) : code;
}

static enum bn_code add_revision(struct bn_store *store, const struct bn_object *object)
{
    sqlite3_stmt *add;
    enum bn_code code = bn_sql_take(store, BN_SQL_REVISION_ADD, &add);
    if (code != BN_OK)
        return code;
    bn_bind(add, 1, (int64_t)object->number);
    bn_bind(add, 2, object->version);
    bn_bind(add, 3, (int64_t)object->body);
    return bn_sql_run(store, add);
}

enum bn_code bn_store_object_change(struct bn_store *store, const struct bn_object *object, bool with_invited)
{
    sqlite3_stmt *change;
    enum bn_code code = bn_sql_take(store, BN_SQL_OBJECT_CHANGE, &change);
    if (code != BN_OK)
        return code;
    bn_bind(change, 1, (int64_t)object->number);
    bind_object(change, object);
    code = bn_sql_run(store, change);
    if (code == BN_OK && sqlite3_changes(store->db) == 0)
        return BN_NOT_FOUND;
    if (code == BN_OK && object->body == object->changed)
        code = add_revision(store, object);
    if (code == BN_OK && with_invited) {
        code = run_for(store, BN_SQL_INVITED_DROP, object->number);
        if (code == BN_OK)
            code = put_invited(store, object);
    }
    return code;
}

/* ---- reading ---- */

/* NULL sees everything: whatever the visibility, its bit is set for the relation in which everybody stands. */
static void bind_view(sqlite3_stmt *statement, const struct bn_view *view)
{
    static const struct bn_view everything = {.seen = {[BN_RELATION_ANY] = UINT32_MAX}};
    if (view == NULL)
        view = &everything;
    bn_bind(statement, BN_VIEW_ORGANISATION, view->organisation);
    bn_bind(statement, BN_VIEW_PILOT_OF, (int64_t)view->pilot_of);
    bn_bind(statement, BN_VIEW_MEMBER_OF, (int64_t)view->member_of);
    for (int relation = 0; relation < BN_RELATIONS; relation++)
        bn_bind(statement, BN_VIEW_SEEN + relation, view->seen[relation]);
}

static enum bn_code read_object(struct bn_store *store, sqlite3_stmt *find, struct bn_object *object)
{
    enum bn_code code = bn_sql_one(store, find);
    if (code != BN_OK)
        return code;
    *object = (struct bn_object){
        .number = bn_column(find, 0),
        .kind = bn_column_u32(find, 2),
        .owner = bn_column_u32(find, 3),
        .state = bn_column_u32(find, 4),
        .state_day = sqlite3_column_int(find, 5),
        .planned_state = bn_column_u32(find, 6),
        .planned_day = sqlite3_column_int(find, 7),
        .visibility = bn_column_u32(find, 8),
        .workstreams = bn_column(find, 9),
        .version = bn_column_u32(find, 10),
        .body = bn_column(find, 11),
        .changed = bn_column(find, 12),
        .progress = sqlite3_column_int(find, 13),
        .health = bn_column_u32(find, 14),
        .created_ms = sqlite3_column_int64(find, 15),
        .recorded_ms = sqlite3_column_int64(find, 16),
        .language = bn_lend_text(store, 0, find, 18),
    };
    bool has_invited = bn_column(find, 17) > 0;
    bn_column_bytes(find, 1, &object->id, BN_ID_BYTES);
    bn_sql_end(find);
    if (object->language == NULL)
        return BN_RESOURCE_EXHAUSTED;
    if (!has_invited)
        return BN_OK;
    return bn_lend_numbers(store, 1, BN_SQL_INVITED, object->number, &object->invited, &object->invited_count);
}

enum bn_code bn_store_object_by_id(struct bn_store *store, const struct bn_id *id, const struct bn_view *view,
                                   struct bn_object *object)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_OBJECT_BY_ID, &find);
    if (code != BN_OK)
        return code;
    bn_bind_id(find, 1, id);
    bind_view(find, view);
    return read_object(store, find, object);
}

enum bn_code bn_store_object_by_number(struct bn_store *store, uint64_t number, const struct bn_view *view,
                                       struct bn_object *object)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_OBJECT_BY_NUMBER, &find);
    if (code != BN_OK)
        return code;
    bn_bind(find, 1, (int64_t)number);
    bind_view(find, view);
    return read_object(store, find, object);
}

enum bn_code bn_store_object_next(struct bn_store *store, uint64_t before, const struct bn_object_filter *filter,
                                  const struct bn_view *view, struct bn_object *object)
{
    sqlite3_stmt *find;
    bool by_owner = filter->owner != 0;
    enum bn_code code = bn_sql_take(store, by_owner ? BN_SQL_OBJECT_NEWEST_OF : BN_SQL_OBJECT_NEWEST, &find);
    if (code != BN_OK)
        return code;
    bn_bind(find, 1, before == 0 || before > INT64_MAX ? INT64_MAX : (int64_t)before);
    bn_bind(find, 2, filter->kind);
    bn_bind(find, 3, filter->state);
    bn_bind(find, 4, (int64_t)filter->workstreams);
    bn_bind_text(find, 5, filter->language);
    bn_bind(find, 6, filter->today);
    if (by_owner)
        bn_bind(find, 7, filter->owner);
    bind_view(find, view);
    return read_object(store, find, object);
}

/* ---- in the order of change ---- */

struct place {
    uint64_t sequence, object;
};

static bool comes_before(struct place a, struct place b)
{
    return a.sequence < b.sequence || (a.sequence == b.sequence && a.object < b.object);
}

static const struct place nowhere = {UINT64_MAX, UINT64_MAX};

/* The next creation: an object's number is the sequence of its request. */
static enum bn_code next_created(struct bn_store *store, struct place after, struct place *next)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_OBJECT_CREATED, &find);
    if (code != BN_OK)
        return code;
    bn_bind(find, 1, (int64_t)(after.object < after.sequence ? after.sequence : after.sequence + 1));
    code = bn_sql_one(store, find);
    *next = nowhere;
    if (code == BN_OK) {
        *next = (struct place){bn_column(find, 0), bn_column(find, 0)};
        bn_sql_end(find);
    }
    return code == BN_NOT_FOUND ? BN_OK : code;
}

static enum bn_code next_changed(struct bn_store *store, struct place after, struct place *next)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_CHANGED, &find);
    if (code != BN_OK)
        return code;
    bn_bind(find, 1, (int64_t)after.sequence);
    bn_bind(find, 2, (int64_t)after.object);
    code = bn_sql_one(store, find);
    *next = nowhere;
    if (code == BN_OK) {
        *next = (struct place){bn_column(find, 0), bn_column(find, 1)};
        bn_sql_end(find);
    }
    return code == BN_NOT_FOUND ? BN_OK : code;
}

/* Creations and changes are kept apart, so that a submission needs no row among the changes: merged here. */
enum bn_code bn_store_object_changed_next(struct bn_store *store, uint64_t after_sequence, uint64_t after_object,
                                          uint64_t *sequence, struct bn_object *object)
{
    struct place after = {after_sequence, after_object}, created = nowhere, changed = nowhere;
    enum bn_code code = next_created(store, after, &created);
    if (code == BN_OK)
        code = next_changed(store, after, &changed);
    if (code != BN_OK)
        return code;
    struct place next = comes_before(changed, created) ? changed : created;
    if (next.sequence == nowhere.sequence)
        return BN_NOT_FOUND;
    *sequence = next.sequence;
    return bn_store_object_by_number(store, next.object, NULL, object);
}

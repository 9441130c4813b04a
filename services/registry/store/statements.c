/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/store/statements.h"

#include "registry/view.h"

/* The columns that ..._of_row functions read, in their order. An organisation that is not there gives no id. */
#define ACCEPTED_COLUMNS \
    "a.sequence, a.request, a.organisation, g.id, a.recorded_ms, a.type, a.digest, a.object, a.version"
#define ACCEPTED_FROM " FROM accepted a LEFT JOIN organisation g ON g.number = a.organisation "
#define ACCEPTED      "SELECT " ACCEPTED_COLUMNS ACCEPTED_FROM
#define ORGANISATION                                                                               \
    "SELECT number, id, slug, legal_name, kind, state, roles, version, country, body, recorded_ms" \
    " FROM organisation "
#define KEY "SELECT id, organisation, public_key, role, state, label, expires_ms, recorded_ms FROM enrolled_key "
#define OBJECT_REST                                                                                   \
    ", a.request, o.kind, o.owner, o.state, o.state_day, o.planned_state, o.planned_day,"             \
    " o.visibility, o.workstreams, o.version, o.body, o.changed, o.progress, o.health, o.created_ms," \
    " o.recorded_ms, o.invited, o.language FROM "
#define OBJECT "SELECT o.number" OBJECT_REST

/* registry/view.h as SQL: one bit test for each relation. ?14 to ?18 are view.seen. */
_Static_assert(BN_RELATION_ANY == 0 && BN_RELATION_OWNER == 1 && BN_RELATION_INVITED == 2 && BN_RELATION_PILOT == 3 &&
                   BN_RELATION_WORKSTREAM == 4 && BN_RELATIONS == 5,
               "SEEN has one line for each relation, in this order");
#define SEEN                                                                \
    " (((1 << o.visibility) & ?14) != 0"                                    \
    " OR (((1 << o.visibility) & ?15) != 0 AND o.owner = ?11)"              \
    " OR (((1 << o.visibility) & ?17) != 0 AND (o.workstreams & ?12) != 0)" \
    " OR (((1 << o.visibility) & ?18) != 0 AND (o.workstreams & ?13) != 0)" \
    " OR (((1 << o.visibility) & ?16) != 0 AND o.invited > 0"               \
    " AND EXISTS (SELECT 1 FROM invited i WHERE i.object = o.number AND i.organisation = ?11))) "

/* bn_object_filter. CROSS JOIN keeps the order of the tables: an object that does not pass costs no second look-up. */
#define PASSES                                                                    \
    " (?2 = 0 OR o.kind = ?2) AND (?4 = 0 OR (o.workstreams & ?4) != 0)"          \
    " AND (?5 = '' OR o.language = ?5)"                                           \
    " AND (?3 = 0 OR ?3 = CASE WHEN o.planned_state != 0 AND o.planned_day <= ?6" \
    " THEN o.planned_state ELSE o.state END) "
#define NEWEST_FIRST " ORDER BY o.number DESC LIMIT 1"

#define READ(text)                     \
    {                                  \
        .sql = (text), .writes = false \
    }
#define WRITE(text)                   \
    {                                 \
        .sql = (text), .writes = true \
    }

const struct bn_statement bn_statements[BN_SQL_COUNT] = {
    [BN_SQL_BEGIN_READ] = READ("BEGIN"),
    [BN_SQL_BEGIN_WRITE] = READ("BEGIN IMMEDIATE"), /* begun as a read it could fail at its first write */
    [BN_SQL_COMMIT] = READ("COMMIT"),
    [BN_SQL_ROLLBACK] = READ("ROLLBACK"),

    [BN_SQL_ACCEPT] = WRITE("INSERT INTO accepted (sequence, request, organisation, recorded_ms, type, digest, object,"
                            " version, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"),
    [BN_SQL_ACCEPTED_BY_REQUEST] = READ(ACCEPTED "WHERE a.request = ?1 AND a.organisation = ?2"),
    [BN_SQL_ACCEPTED_BY_SEQUENCE] = READ(ACCEPTED "WHERE a.sequence = ?1"),
    [BN_SQL_ACCEPTED_RANGE] = READ(ACCEPTED "WHERE a.sequence >= ?1 AND a.sequence < ?2 ORDER BY a.sequence"),
    [BN_SQL_REQUEST_TAKEN] = READ("SELECT 1 FROM accepted WHERE request = ?1 LIMIT 1"),
    [BN_SQL_SEQUENCE_NEWEST] = READ("SELECT sequence FROM accepted ORDER BY sequence DESC LIMIT 1"),
    [BN_SQL_BODY] = READ("SELECT body FROM accepted WHERE sequence = ?1"),
    [BN_SQL_LOG_ADD] = WRITE("INSERT INTO log (size, root) VALUES (?1, ?2)"),
    [BN_SQL_LOG_HEAD] = READ("SELECT size, root FROM log ORDER BY size DESC LIMIT 1"),
    [BN_SQL_LOG_HEAD_OF] = READ("SELECT size, root FROM log WHERE size >= ?1 ORDER BY size LIMIT 1"),
    [BN_SQL_TILE_ADD] = WRITE("INSERT INTO tile (level, position, hash) VALUES (?1, ?2, ?3)"),
    [BN_SQL_TILE_RANGE] = READ("SELECT position, hash FROM tile WHERE level = ?1 AND position >= ?2 AND position < ?3"
                               " ORDER BY position"),

    [BN_SQL_ORGANISATION_NUMBER_NEXT] = READ("SELECT coalesce(max(number), 0) + 1 FROM organisation"),
    [BN_SQL_ORGANISATION_ADD] =
        WRITE("INSERT INTO organisation (number, id, slug, legal_name, kind, state, roles, version, country, body,"
              " recorded_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"),
    [BN_SQL_ORGANISATION_CHANGE] =
        WRITE("UPDATE organisation SET id = ?2, slug = ?3, legal_name = ?4, kind = ?5, state = ?6, roles = ?7,"
              " version = ?8, country = ?9, body = ?10, recorded_ms = ?11 WHERE number = ?1"),
    [BN_SQL_ORGANISATION_BY_NUMBER] = READ(ORGANISATION "WHERE number = ?1"),
    [BN_SQL_ORGANISATION_BY_ID] = READ(ORGANISATION "WHERE id = ?1"),
    [BN_SQL_ORGANISATION_BY_SLUG] = READ(ORGANISATION "WHERE slug = ?1"),
    [BN_SQL_ORGANISATION_NEXT] = READ(ORGANISATION "WHERE number > ?1 AND (?2 = 0 OR kind = ?2) AND (?3 = 0 OR"
                                                   " state = ?3) AND (?4 = '' OR country = ?4)"
                                                   " ORDER BY number LIMIT 1"),
    [BN_SQL_IDENTIFIER_OWNER] = READ("SELECT organisation FROM identifier WHERE scheme = ?1 AND value = ?2"),
    [BN_SQL_IDENTIFIERS_DROP] = WRITE("DELETE FROM identifier WHERE organisation = ?1"),
    [BN_SQL_IDENTIFIER_ADD] =
        WRITE("INSERT OR IGNORE INTO identifier (scheme, value, organisation) VALUES (?1, ?2, ?3)"),
    [BN_SQL_KEY_PUT] =
        WRITE("INSERT INTO enrolled_key (id, organisation, public_key, role, state, label, expires_ms, recorded_ms)"
              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO UPDATE SET organisation = ?2,"
              " public_key = ?3, role = ?4, state = ?5, label = ?6, expires_ms = ?7, recorded_ms = ?8"),
    [BN_SQL_KEY_BY_ID] = READ(KEY "WHERE id = ?1"),
    [BN_SQL_KEY_BY_PUBLIC] = READ(KEY "WHERE public_key = ?1"),
    [BN_SQL_KEYS] = READ(KEY "ORDER BY number"),
    [BN_SQL_KEYS_OF] = READ(KEY "WHERE organisation = ?1 ORDER BY number"),
    [BN_SQL_WORKSTREAM_NEXT] = READ("SELECT coalesce(max(number) + 1, 0) FROM workstream"),
    [BN_SQL_WORKSTREAM_ADD] = WRITE("INSERT INTO workstream (number, id, slug, pilot, version, body, title,"
                                    " recorded_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"),
    [BN_SQL_WORKSTREAM_CHANGE] = WRITE("UPDATE workstream SET id = ?2, slug = ?3, pilot = ?4, version = ?5, body = ?6,"
                                       " title = ?7, recorded_ms = ?8 WHERE number = ?1"),
    [BN_SQL_WORKSTREAM] = READ("SELECT number, id, slug, pilot, version, body, title, recorded_ms FROM workstream"
                               " WHERE number = ?1"),
    [BN_SQL_MEMBERS_DROP] = WRITE("DELETE FROM member WHERE workstream = ?1"),
    [BN_SQL_MEMBER_ADD] = WRITE("INSERT OR IGNORE INTO member (workstream, organisation) VALUES (?1, ?2)"),
    [BN_SQL_MEMBERS] = READ("SELECT organisation FROM member WHERE workstream = ?1 ORDER BY organisation"),
    [BN_SQL_PROGRAMME_PUT] =
        WRITE("INSERT INTO programme (number, name, version, body, packed, recorded_ms) VALUES (1, ?1, ?2, ?3, ?4, ?5)"
              " ON CONFLICT (number) DO UPDATE SET name = ?1, version = ?2, body = ?3, packed = ?4, recorded_ms = ?5"),
    [BN_SQL_PROGRAMME] = READ("SELECT name, version, body, packed, recorded_ms FROM programme"),

    [BN_SQL_OBJECT_ADD] =
        WRITE("INSERT INTO object (number, kind, owner, state, state_day, planned_state, planned_day, visibility,"
              " workstreams, version, body, changed, progress, health, created_ms, recorded_ms, language, invited)"
              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, 0)"),
    [BN_SQL_OBJECT_CHANGE] =
        WRITE("UPDATE object SET state = ?4, state_day = ?5, planned_state = ?6, planned_day = ?7, visibility = ?8,"
              " workstreams = ?9, version = ?10, body = ?11, changed = ?12, progress = ?13, health = ?14,"
              " recorded_ms = ?16, language = ?17 WHERE number = ?1"),
    /* Several organisations may have used one request id, but only one of these requests created an object. */
    [BN_SQL_OBJECT_BY_ID] = READ(OBJECT "accepted a CROSS JOIN object o ON o.number = a.sequence"
                                        " WHERE a.request = ?1 AND" SEEN "LIMIT 1"),
    [BN_SQL_OBJECT_BY_NUMBER] = READ(OBJECT "object o CROSS JOIN accepted a ON a.sequence = o.number"
                                            " WHERE o.number = ?1 AND" SEEN),
    [BN_SQL_OBJECT_NEWEST] = READ(OBJECT "object o CROSS JOIN accepted a ON a.sequence = o.number"
                                         " WHERE o.number < ?1 AND" PASSES "AND" SEEN NEWEST_FIRST),
    [BN_SQL_OBJECT_NEWEST_OF] =
        READ(OBJECT "object o CROSS JOIN accepted a ON a.sequence = o.number WHERE o.owner = ?7 AND o.number < ?1"
                    " AND o.number > (SELECT upto FROM owned_upto) AND" PASSES "AND" SEEN
                    "UNION ALL SELECT w.number" OBJECT_REST
                    "owned w CROSS JOIN object o ON o.number = w.number CROSS JOIN accepted a ON a.sequence = o.number"
                    " WHERE w.owner = ?7 AND w.number < ?1 AND" PASSES "AND" SEEN "ORDER BY 1 DESC LIMIT 1"),
    [BN_SQL_OBJECT_CREATED] = READ("SELECT number FROM object WHERE number >= ?1 ORDER BY number LIMIT 1"),
    [BN_SQL_OWNED_UPTO] = READ("SELECT upto FROM owned_upto"),
    /* Sorted, so that each owner's page is met once. */
    [BN_SQL_OWNED_FILL] = WRITE("INSERT INTO owned (owner, number) SELECT owner, number FROM object"
                                " WHERE number > ?1 AND number <= ?2 ORDER BY owner, number"),
    [BN_SQL_OWNED_UPTO_SET] = WRITE("UPDATE owned_upto SET upto = ?1"),
    [BN_SQL_OBJECT_VERSION] = READ("SELECT version FROM object WHERE number = ?1"),
    [BN_SQL_INVITED_DROP] = WRITE("DELETE FROM invited WHERE object = ?1"),
    [BN_SQL_INVITED_ADD] = WRITE("INSERT OR IGNORE INTO invited (object, organisation) VALUES (?1, ?2)"),
    [BN_SQL_INVITED_COUNT] =
        WRITE("UPDATE object SET invited = (SELECT count(*) FROM invited WHERE object = ?1) WHERE number = ?1"),
    [BN_SQL_INVITED] = READ("SELECT organisation FROM invited WHERE object = ?1 ORDER BY organisation"),
    [BN_SQL_REVISION_ADD] = WRITE("INSERT INTO revision (object, version, body) VALUES (?1, ?2, ?3)"),
    [BN_SQL_REVISION] = READ("SELECT body FROM revision WHERE object = ?1 AND version <= ?2"
                             " ORDER BY version DESC LIMIT 1"),
    [BN_SQL_CHANGE_ADD] = WRITE("INSERT INTO change (sequence, object, type, version, state_before, state_after,"
                                " effective_day) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
    [BN_SQL_CHANGE_NEXT] = READ("SELECT sequence, object, type, version, state_before, state_after, effective_day"
                                " FROM change WHERE object = ?1 AND sequence > ?2 ORDER BY sequence LIMIT 1"),
    [BN_SQL_CHANGED] = READ("SELECT sequence, object FROM change WHERE (sequence, object) > (?1, ?2)"
                            " ORDER BY sequence, object LIMIT 1"),
    [BN_SQL_EXTERNAL_PUT] =
        WRITE("INSERT INTO external (owner, kind, scheme, id, object, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
              " ON CONFLICT (owner, kind, scheme, id) DO UPDATE SET object = ?5, content = ?6"),
    [BN_SQL_EXTERNAL] = READ("SELECT object, content FROM external WHERE owner = ?1 AND kind = ?2 AND scheme = ?3"
                             " AND id = ?4"),

    [BN_SQL_VERIFY_ACCEPTED] = READ("SELECT " ACCEPTED_COLUMNS ", a.body" ACCEPTED_FROM
                                    "WHERE a.sequence >= ?1 AND a.sequence < ?2 ORDER BY a.sequence"),
    [BN_SQL_VERIFY_LENGTH] = READ("SELECT (SELECT coalesce(max(sequence), 0) FROM accepted)"
                                  " - (SELECT coalesce(max(size), 0) FROM log)"),
    [BN_SQL_VERIFY_OWNED] =
        READ("SELECT (SELECT count(*) FROM object WHERE number <= (SELECT upto FROM owned_upto)) -"
             " (SELECT count(*) FROM owned w JOIN object o ON o.number = w.number AND o.owner = w.owner"
             " WHERE w.number <= (SELECT upto FROM owned_upto))"),
    /* Rows that speak of a request or an object that is not there, where no foreign key watches. */
    [BN_SQL_VERIFY_ORPHAN] =
        READ("SELECT 'object ' || number FROM object WHERE number NOT IN (SELECT sequence FROM accepted) UNION ALL"
             " SELECT 'change ' || sequence FROM change WHERE sequence NOT IN (SELECT sequence FROM accepted) LIMIT 1"),
};

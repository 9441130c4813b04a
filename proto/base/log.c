/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/clock.h"
#include "base/code.h"
#include "base/utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef BN_JOURNAL
#include <syslog.h>
#include <systemd/sd-journal.h>
#endif

/* A pipe takes up to 4,096 bytes whole (PIPE_BUF); a longer line could be torn by another writer of the same pipe. */
enum { LINE_BYTES_MAX = 4096, VALUE_BYTES_MAX = 1024, PAIRS_MAX = 32, NUMBERS = 16, NUMBER_SIZE = 24 };

static const char *const level_names[] = {
    [BN_LOG_ERROR] = "error",
    [BN_LOG_WARN] = "warn",
    [BN_LOG_INFO] = "info",
    [BN_LOG_DEBUG] = "debug",
};

static const char *program_name = "binome";
static _Atomic int level_max = BN_LOG_INFO;
static bool to_journal;

static _Thread_local char numbers[NUMBERS][NUMBER_SIZE];
static _Thread_local unsigned numbers_next;

struct pair {
    const char *key, *value;
};

/* A line in the making. full is set by the first piece that did not fit; nothing is added after it. */
struct line {
    char text[LINE_BYTES_MAX];
    size_t size, size_max;
    bool full;
};

/* systemd says in JOURNAL_STREAM which descriptor leads to the journal; after a redirection it is no longer stderr. */
static bool stderr_is_journal(void)
{
#ifdef BN_JOURNAL
    const char *stream = getenv("JOURNAL_STREAM");
    uintmax_t device, inode;
    struct stat status;
    return stream != NULL && sscanf(stream, "%ju:%ju", &device, &inode) == 2 && fstat(STDERR_FILENO, &status) == 0 &&
           status.st_dev == device && status.st_ino == inode;
#else
    return false;
#endif
}

void bn_log_start(const char *program)
{
    program_name = program;
    to_journal = stderr_is_journal();
}

void bn_log_level_set(enum bn_log_level level)
{
    atomic_store(&level_max, (int)level);
}

bool bn_log_level_parse(const char *text, enum bn_log_level *level)
{
    for (unsigned i = 0; text != NULL && i < BN_COUNT(level_names); i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *level = (enum bn_log_level)i;
            return true;
        }
    }
    return false;
}

const char *bn_log_number(int64_t value)
{
    char *text = numbers[numbers_next++ % NUMBERS];
    snprintf(text, NUMBER_SIZE, "%" PRId64, value);
    return text;
}

/* Whatever lies in the ring was written by bn_log_number. */
static bool is_number(const char *value)
{
    uintptr_t at = (uintptr_t)value, ring = (uintptr_t)numbers;
    return at >= ring && at < ring + sizeof numbers;
}

static void put(struct line *line, const char *text, size_t size)
{
    if (line->full || size > line->size_max - line->size) {
        line->full = true;
        return;
    }
    memcpy(line->text + line->size, text, size);
    line->size += size;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

/* Good UTF-8 without controls; quotes and what else JSON wants escaped may be in it. */
static void put_good(struct line *line, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"' || text[i] == '\\')
            put(line, "\\", 1);
        if (text[i] == '\n')
            put(line, "\\n", 2);
        else if (text[i] == '\t')
            put(line, "\\t", 2);
        else
            put(line, text + i, 1);
    }
}

/* A control character as JSON writes it; a byte that is no UTF-8 as the four characters \xNN. Gives its size. */
static size_t put_fault(struct line *line, enum bn_utf8 fault, const char *at)
{
    char escaped[16];
    const unsigned char *bytes = (const unsigned char *)at;
    if (fault == BN_UTF8_BROKEN) {
        snprintf(escaped, sizeof escaped, "\\\\x%02x", bytes[0]);
        put_text(line, escaped);
        return 1;
    }
    bool two = bytes[0] >= 0x80; /* U+0080 to U+009F */
    snprintf(escaped, sizeof escaped, "\\u%04x", two ? bytes[1] : bytes[0]);
    put_text(line, escaped);
    return two ? 2 : 1;
}

static void put_string(struct line *line, const char *text)
{
    size_t whole = strlen(text), size = bn_utf8_cut(text, whole, VALUE_BYTES_MAX), at = 0;
    put(line, "\"", 1);
    while (at < size) {
        size_t good = size - at;
        enum bn_utf8 fault = bn_utf8_check(text + at, size - at, &good);
        put_good(line, text + at, good);
        at += good;
        if (fault != BN_UTF8_GOOD)
            at += put_fault(line, fault, text + at);
    }
    put_text(line, size < whole ? "...\"" : "\"");
}

static void put_value(struct line *line, const char *value)
{
    if (value == NULL)
        put_text(line, "null");
    else if (is_number(value))
        put_text(line, value);
    else
        put_string(line, value);
}

/* A pair that does not fit is taken back whole, so that what stays is JSON. */
static void put_pair(struct line *line, const char *key, const char *value)
{
    size_t before = line->size;
    if (line->full)
        return;
    put(line, before == 0 ? "{" : ",", 1);
    put_string(line, key);
    put(line, ":", 1);
    put_value(line, value);
    if (line->full)
        line->size = before;
}

static void to_stderr(enum bn_log_level level, const char *event, const struct pair *pairs, size_t count)
{
    static const char cut_tail[] = ",\"cut\":true}\n", tail[] = "}\n";
    struct line line;
    char time[BN_INSTANT_SIZE];
    line.size = 0;
    line.size_max = sizeof line.text - sizeof cut_tail;
    line.full = false;
    bn_instant_format(bn_clock_wall_ms(), time);
    put_pair(&line, "time", time);
    put_pair(&line, "level", level_names[level]);
    put_pair(&line, "program", program_name);
    put_pair(&line, "event", event);
    for (size_t i = 0; i < count; i++)
        put_pair(&line, pairs[i].key, pairs[i].value);
    const char *end = line.full ? cut_tail : tail;
    memcpy(line.text + line.size, end, strlen(end));
    line.size += strlen(end);
    ssize_t written = write(STDERR_FILENO, line.text, line.size);
    (void)written; /* there is nobody left to tell */
}

#ifdef BN_JOURNAL
static const int priorities[] = {
    [BN_LOG_ERROR] = LOG_ERR,
    [BN_LOG_WARN] = LOG_WARNING,
    [BN_LOG_INFO] = LOG_INFO,
    [BN_LOG_DEBUG] = LOG_DEBUG,
};

/* Field names of the journal are upper case, digits and underscores. */
static char *journal_field(const char *key, const char *value)
{
    char *field;
    size_t prefix = strlen("BINOME_");
    if (asprintf(&field, "BINOME_%s=%.*s", key, VALUE_BYTES_MAX, value == NULL ? "" : value) < 0)
        return NULL;
    for (char *at = field + prefix; *at != '='; at++) {
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
        else if (!((*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9')))
            *at = '_';
    }
    return field;
}

/* "session.closed org=acme age_ms=12", for those who read the journal as plain lines. */
static char *journal_message(const char *event, const struct pair *pairs, size_t count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    fprintf(out, "MESSAGE=%s", event);
    for (size_t i = 0; i < count; i++)
        fprintf(out, " %s=%.*s", pairs[i].key, VALUE_BYTES_MAX, pairs[i].value == NULL ? "-" : pairs[i].value);
    return fclose(out) == 0 ? text : (free(text), NULL);
}

static bool to_the_journal(enum bn_log_level level, const char *event, const struct pair *pairs, size_t count)
{
    struct iovec fields[PAIRS_MAX + 4];
    int used = 0;
    char priority[16];
    char *identifier;
    snprintf(priority, sizeof priority, "PRIORITY=%d", priorities[level]);
    if (asprintf(&identifier, "SYSLOG_IDENTIFIER=%s", program_name) < 0)
        identifier = NULL;
    char *own[PAIRS_MAX + 3] = {identifier, journal_message(event, pairs, count), journal_field("EVENT", event)};
    for (size_t i = 0; i < count; i++)
        own[i + 3] = journal_field(pairs[i].key, pairs[i].value);
    fields[used++] = (struct iovec){priority, strlen(priority)};
    for (size_t i = 0; i < count + 3; i++)
        if (own[i] != NULL)
            fields[used++] = (struct iovec){own[i], strlen(own[i])};
    bool sent = sd_journal_sendv(fields, used) >= 0;
    for (size_t i = 0; i < count + 3; i++)
        free(own[i]);
    return sent;
}
#else
static bool to_the_journal(enum bn_log_level level, const char *event, const struct pair *pairs, size_t count)
{
    (void)level, (void)event, (void)pairs, (void)count;
    return false;
}
#endif

void bn_log_event(enum bn_log_level level, const char *event, ...)
{
    if ((int)level > atomic_load(&level_max))
        return;
    struct pair pairs[PAIRS_MAX];
    size_t count = 0;
    va_list args;
    va_start(args, event);
    for (const char *key; (key = va_arg(args, const char *)) != NULL; count++) {
        assert(count < PAIRS_MAX);
        pairs[count] = (struct pair){key, va_arg(args, const char *)};
    }
    va_end(args);
    if (!to_journal || !to_the_journal(level, event, pairs, count))
        to_stderr(level, event, pairs, count);
}

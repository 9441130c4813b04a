/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/log.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

/* Takes stderr away into a file; gives it back with everything that was written meanwhile. */
struct capture {
    FILE *file;
    int kept;
    char text[1 << 20];
};

static struct capture *capture_start(void)
{
    struct capture *capture = calloc(1, sizeof *capture);
    assert_non_null(capture);
    capture->file = tmpfile();
    assert_non_null(capture->file);
    fcntl(fileno(capture->file), F_SETFL, O_APPEND);
    capture->kept = dup(STDERR_FILENO);
    dup2(fileno(capture->file), STDERR_FILENO);
    return capture;
}

static const char *capture_end(struct capture *capture)
{
    dup2(capture->kept, STDERR_FILENO);
    close(capture->kept);
    rewind(capture->file);
    size_t size = fread(capture->text, 1, sizeof capture->text - 1, capture->file);
    capture->text[size] = '\0';
    fclose(capture->file);
    return capture->text;
}

static json_t *json_of(const char *line)
{
    json_error_t error;
    json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        fail_msg("%s: %s", error.text, line);
    return json;
}

static void test_an_event_is_one_line_of_json(void **state)
{
    (void)state;
    struct capture *capture = capture_start();
    BN_LOG(INFO, "session.closed", "org", "acme", "reason", NULL, "age_ms", BN_NUM(-12), "text", "-12");
    const char *line = capture_end(capture);
    assert_string_equal(strchr(line, '\n'), "\n");
    json_t *json = json_of(line);
    assert_string_equal(json_string_value(json_object_get(json, "level")), "info");
    assert_string_equal(json_string_value(json_object_get(json, "program")), "log_test");
    assert_string_equal(json_string_value(json_object_get(json, "event")), "session.closed");
    assert_string_equal(json_string_value(json_object_get(json, "org")), "acme");
    assert_true(json_is_null(json_object_get(json, "reason")));
    assert_int_equal(json_integer_value(json_object_get(json, "age_ms")), -12);
    assert_string_equal(json_string_value(json_object_get(json, "text")), "-12");
    assert_int_equal(strlen(json_string_value(json_object_get(json, "time"))), 24);
    json_decref(json);
    free(capture);
}

static void test_values_that_are_not_clean_are_escaped(void **state)
{
    (void)state;
    struct capture *capture = capture_start();
    BN_LOG(ERROR, "e", "v", "\"q\"\\ \n\t\r\x1b[2J\x7f\xc2\x9b \xff\xc3 \xc3\xa9");
    const char *line = capture_end(capture);
    assert_null(strpbrk(line, "\x1b\x7f\r\t"));
    json_t *json = json_of(line);
    assert_string_equal(json_string_value(json_object_get(json, "v")),
                        "\"q\"\\ \n\t\r\x1b[2J\x7f\xc2\x9b \\xff\\xc3 \xc3\xa9");
    json_decref(json);
    free(capture);
}

static void test_a_long_line_is_cut_and_still_json(void **state)
{
    (void)state;
    char value[3000];
    struct test_random random = test_random_start();
    for (int round = 0; round < 300; round++) {
        for (size_t i = 0; i < sizeof value - 1; i++)
            value[i] = round % 3 == 0 ? (char)(1 + test_random_below(&random, 255)) : round % 3 == 1 ? 'a' : '\x01';
        value[sizeof value - 1] = '\0';
        struct capture *capture = capture_start();
        BN_LOG(WARN, "e", "a", value, "b", value, "c", value, "d", value, "e", value, "f", "last");
        const char *line = capture_end(capture);
        assert_true(strlen(line) <= 4096);
        json_t *json = json_of(line);
        assert_true(json_is_true(json_object_get(json, "cut")));
        assert_null(json_object_get(json, "f"));
        json_decref(json);
        free(capture);
    }
}

static void test_only_what_the_level_lets_through_is_written(void **state)
{
    (void)state;
    enum bn_log_level level;
    assert_true(bn_log_level_parse("warn", &level));
    assert_false(bn_log_level_parse("loud", &level));
    assert_false(bn_log_level_parse(NULL, &level));
    struct capture *capture = capture_start();
    BN_LOG(DEBUG, "debug");
    bn_log_level_set(level);
    BN_LOG(INFO, "info");
    BN_LOG(WARN, "warn");
    BN_LOG(ERROR, "error");
    bn_log_level_set(BN_LOG_INFO);
    const char *text = capture_end(capture);
    assert_null(strstr(text, "\"event\":\"debug\""));
    assert_null(strstr(text, "\"event\":\"info\""));
    assert_non_null(strstr(text, "\"event\":\"warn\""));
    assert_non_null(strstr(text, "\"event\":\"error\""));
    free(capture);
}

enum { THREADS = 4, LINES = 200 };

static void *write_lines(void *ctx)
{
    (void)ctx;
    for (int i = 0; i < LINES; i++)
        BN_LOG(INFO, "line", "n", BN_NUM(i), "text", "some words that make the line longer");
    return NULL;
}

static void test_lines_of_several_threads_are_never_mixed(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    struct capture *capture = capture_start();
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    int lines = 0;
    for (char *line = (char *)capture_end(capture), *end; (end = strchr(line, '\n')) != NULL; line = end + 1, lines++) {
        *end = '\0';
        json_decref(json_of(line));
    }
    assert_int_equal(lines, THREADS * LINES);
    free(capture);
}

static void test_sixteen_numbers_live_at_once(void **state)
{
    (void)state;
    const char *numbers[16];
    for (int i = 0; i < 16; i++)
        numbers[i] = BN_NUM(i * 1000);
    for (int i = 0; i < 16; i++)
        assert_int_equal(atoi(numbers[i]), i * 1000);
    assert_string_equal(BN_NUM(INT64_MIN), "-9223372036854775808");
}

static void test_a_journal_that_is_not_behind_stderr_is_not_used(void **state)
{
    (void)state;
    setenv("JOURNAL_STREAM", "1:1", 1);
    bn_log_start("log_test");
    struct capture *capture = capture_start();
    BN_LOG(INFO, "here");
    assert_non_null(strstr(capture_end(capture), "\"event\":\"here\""));
    unsetenv("JOURNAL_STREAM");
    free(capture);
}

#ifdef BN_JOURNAL
enum { JOURNAL_GOOD, JOURNAL_BAD, JOURNAL_NOT_HERE };

/* A journal of our own: in a mount namespace of our own, where /run is empty but for its socket. */
static int listen_as_journal(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/run", "tmpfs", 0, NULL) != 0 || mkdir("/run/systemd", 0755) != 0 ||
        mkdir("/run/systemd/journal", 0755) != 0)
        return -1;
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    return fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ? -1 : fd;
}

static int speak_to_the_journal(void)
{
    char stream[64], text[4096];
    struct stat status;
    int fd = listen_as_journal();
    if (fd < 0)
        return JOURNAL_NOT_HERE;
    fstat(STDERR_FILENO, &status);
    snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    bn_log_start("log_test");
    BN_LOG(WARN, "session.closed", "org", "acme", "age_ms", BN_NUM(12), "odd-key", NULL);
    ssize_t size = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
    text[size < 0 ? 0 : size] = '\0';
    static const char *const wanted[] = {"BINOME_ORG=acme\n",
                                         "BINOME_AGE_MS=12\n",
                                         "BINOME_ODD_KEY=\n",
                                         "PRIORITY=4\n",
                                         "BINOME_EVENT=session.closed\n",
                                         "SYSLOG_IDENTIFIER=log_test\n",
                                         "MESSAGE=session.closed org=acme age_ms=12 odd-key=-\n"};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (strstr(text, wanted[i]) == NULL) {
            fprintf(stderr, "no %s in %s\n", wanted[i], text);
            return JOURNAL_BAD;
        }
    }
    return JOURNAL_GOOD;
}

static void test_the_journal_gets_fields_of_its_own(void **state)
{
    (void)state;
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(speak_to_the_journal());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == JOURNAL_NOT_HERE)
        skip(); /* no right to a mount namespace */
    assert_int_equal(WEXITSTATUS(status), JOURNAL_GOOD);
}
#endif

int main(void)
{
    bn_log_start("log_test");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_event_is_one_line_of_json),
        cmocka_unit_test(test_values_that_are_not_clean_are_escaped),
        cmocka_unit_test(test_a_long_line_is_cut_and_still_json),
        cmocka_unit_test(test_only_what_the_level_lets_through_is_written),
        cmocka_unit_test(test_lines_of_several_threads_are_never_mixed),
        cmocka_unit_test(test_sixteen_numbers_live_at_once),
        cmocka_unit_test(test_a_journal_that_is_not_behind_stderr_is_not_used),
#ifdef BN_JOURNAL
        cmocka_unit_test(test_the_journal_gets_fields_of_its_own),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

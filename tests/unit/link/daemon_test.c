/* SPDX-License-Identifier: Apache-2.0 */
#include "link/loop.h"
#include "test.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct bn_loop *loop;
static int seen[4];
static size_t seen_count;

static void on_signal(void *ctx)
{
    for (int number; (number = bn_signal_next(*(int *)ctx)) != 0;)
        seen[seen_count++] = number;
    if (seen_count >= 2)
        bn_loop_stop(loop);
}

static void test_signals_come_through_the_loop(void **state)
{
    (void)state;
    int descriptor = -1;
    assert_int_equal(bn_signal_open((int[]){SIGHUP, SIGTERM}, 2, &descriptor), BN_OK);
    assert_int_equal(bn_signal_next(descriptor), 0);
    loop = bn_loop_create();
    assert_int_equal(bn_loop_descriptor(loop, descriptor, on_signal, &descriptor), BN_OK);
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGTERM);
    assert_int_equal(bn_loop_run(loop), BN_OK);
    assert_int_equal(seen_count, 2);
    assert_int_equal(seen[0] + seen[1], SIGHUP + SIGTERM);
    bn_loop_destroy(&loop);
    close(descriptor);
}

static void test_a_number_that_is_no_signal_is_refused(void **state)
{
    (void)state;
    int descriptor = -1;
    assert_int_equal(bn_signal_open((int[]){12345}, 1, &descriptor), BN_INVALID_ARGUMENT);
    assert_int_equal(descriptor, -1);
}

/* Listens where NOTIFY_SOCKET says; an abstract address starts with a NUL, which the variable writes as @. */
static int listen_at(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    assert_true(length < sizeof address.sun_path);
    memcpy(address.sun_path, name, length);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    int listener = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    return listener;
}

static void expect_state(const char *name)
{
    char got[64];
    int listener = listen_at(name);
    bn_notify("READY=1\nSTATUS=serving");
    ssize_t size = recv(listener, got, sizeof got, MSG_DONTWAIT);
    assert_int_equal(size, strlen("READY=1\nSTATUS=serving"));
    assert_memory_equal(got, "READY=1\nSTATUS=serving", (size_t)size);
    close(listener);
}

static void test_systemd_hears_our_state_at_either_kind_of_address(void **state)
{
    (void)state;
    char abstract[64];
    expect_state(test_path(test_folder(), "notify"));
    snprintf(abstract, sizeof abstract, "@binome-test-%ld", (long)getpid());
    expect_state(abstract);
}

static void test_without_systemd_nothing_happens(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    bn_notify("READY=1");
    setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
    bn_notify("READY=1");
    setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
    bn_notify("READY=1");
    unsetenv("NOTIFY_SOCKET");
}

static void test_the_watchdog_wants_a_sign_in_half_its_time(void **state)
{
    (void)state;
    char pid[32];
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    assert_int_equal(bn_notify_watchdog_ms(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(bn_notify_watchdog_ms(), 15000);
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(bn_notify_watchdog_ms(), 15000);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(bn_notify_watchdog_ms(), 0);
    unsetenv("WATCHDOG_PID");
    setenv("WATCHDOG_USEC", "soon", 1);
    assert_int_equal(bn_notify_watchdog_ms(), 0);
    setenv("WATCHDOG_USEC", "1500", 1);
    assert_int_equal(bn_notify_watchdog_ms(), 1);
    unsetenv("WATCHDOG_USEC");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signals_come_through_the_loop),
        cmocka_unit_test(test_a_number_that_is_no_signal_is_refused),
        cmocka_unit_test(test_systemd_hears_our_state_at_either_kind_of_address),
        cmocka_unit_test(test_without_systemd_nothing_happens),
        cmocka_unit_test(test_the_watchdog_wants_a_sign_in_half_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

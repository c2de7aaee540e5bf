/* Token buckets: burst, refill, changes of the rate; who waits, in which order. */
#include "engine/base/clock.h"
#include "engine/table/meter.h"

#include <sched.h>

#include "tests/unit/harness.h"

#define S NS_PER_S
#define START (1000 * S)

static void test_burst_and_refill(void **state)
{
	struct meter m = {0};
	uint64_t now = START;
	assert_true(meter_has(&m, 1e9, now)); /* no limit */
	meter_take(&m, 1000, now);
	meter_set_rate(&m, 10, false, now);
	assert_true(meter_has(&m, 2999, now));
	assert_false(meter_has(&m, 3000, now)); /* 300 seconds' worth */
	meter_take(&m, 2999, now);
	assert_true(meter_has(&m, 0, now));
	meter_take(&m, 1, now);
	assert_false(meter_has(&m, 0, now));
	assert_true(meter_ready_at(&m) > now && meter_ready_at(&m) < now + 10);
	now += S / 20;
	assert_true(meter_has(&m, 0.4, now));
	assert_false(meter_has(&m, 0.5, now));
	meter_take(&m, 100, now); /* more than there is: it goes below zero */
	assert_false(meter_has(&m, 0, now + 9 * S));
	assert_true(meter_has(&m, 0, now + 10 * S));
	now += 1000 * S; /* full again, and no fuller */
	assert_true(meter_has(&m, 2999, now));
	assert_false(meter_has(&m, 3000, now));
}

static void test_halves(void **state)
{
	struct meter m = {0};
	meter_set_rate(&m, 1, false, START);
	for (int i = 0; i < 599; i++)
		meter_take(&m, 0.5, START);
	assert_true(meter_has(&m, 0, START));
	meter_take(&m, 0.5, START);
	assert_false(meter_has(&m, 0, START));
	meter_count(&m, 0.5);
	meter_count(&m, 2);
	assert_int_equal(m.used, 5);
}

static void test_rate_changes(void **state)
{
	struct meter m = {0};
	meter_set_rate(&m, 10, false, START);
	meter_take(&m, 2990, START);
	meter_set_rate(&m, 100, false, START); /* the ten units that are left stay */
	assert_true(meter_has(&m, 9.9, START));
	assert_false(meter_has(&m, 10.1, START));
	assert_true(meter_has(&m, 109, START + S));
	meter_set_rate(&m, 1, false, START + 200 * S); /* cut to what it holds */
	assert_true(meter_has(&m, 299, START + 200 * S));
	assert_false(meter_has(&m, 300, START + 200 * S));
	meter_take(&m, 400, START + 200 * S);
	meter_set_rate(&m, 50, false, START + 200 * S); /* a debt stays a debt */
	assert_false(meter_has(&m, 0, START + 200 * S + S));
	assert_true(meter_has(&m, 0, START + 200 * S + 21 * S / 10));
	meter_set_rate(&m, 0, false, START);
	assert_true(meter_has(&m, 1e9, START));
	meter_set_rate(&m, 5, true, START);
	assert_true(meter_has(&m, 1499, START));
}

static void *take_many(void *arg)
{
	for (int i = 0; i < 100000; i++)
		meter_take(arg, 0.5, START);
	return NULL;
}

static void test_threads(void **state)
{
	struct meter m = {0};
	pthread_t t[4];
	meter_set_rate(&m, 1000, false, START);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, take_many, &m);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(m.full_at, START + 200 * S); /* nothing was lost */
}

static void test_definitions(void **state)
{
	struct index_def indexes[] = {{.name = "local", .local = true, .id = 1}, {.name = "one", .id = 2, .provisioned = {3, 4}}};
	struct table_def def = {.billing = BILLING_PROVISIONED,
		.read_units = 1,
		.write_units = 2,
		.on_demand = {7, 8},
		.indexes = indexes,
		.index_count = 2};
	struct table_meters m = {0};
	table_meters_follow(&m, &def, START);
	assert_int_equal(m.use[METER_READ].rate, 1);
	assert_int_equal(m.use[METER_WRITE].rate, 2);
	assert_int_equal(table_meters_index(&m, 1)->use[METER_WRITE].rate, 0);
	assert_int_equal(table_meters_index(&m, 2)->use[METER_READ].rate, 3);
	assert_null(table_meters_index(&m, 3));
	meter_count(&table_meters_index(&m, 2)->use[METER_WRITE], 1);
	def.billing = BILLING_PAY_PER_REQUEST;
	indexes[1].on_demand.write = 9;
	table_meters_follow(&m, &def, START);
	assert_int_equal(m.use[METER_READ].rate, 7);
	assert_true(m.use[METER_READ].on_demand);
	assert_int_equal(table_meters_index(&m, 2)->use[METER_READ].rate, 0);
	assert_int_equal(table_meters_index(&m, 2)->use[METER_WRITE].rate, 9);
	assert_int_equal(table_meters_index(&m, 2)->use[METER_WRITE].used, 2);
	snprintf(indexes[1].name, sizeof indexes[1].name, "another"); /* under the same id */
	table_meters_follow(&m, &def, START);
	assert_int_equal(table_meters_index(&m, 2)->use[METER_WRITE].used, 0);
	table_meters_finish(&m);
}

/* Waiting. The buckets' clock stands still unless a test moves it. */

static _Atomic(uint64_t) fake_ns;
static _Atomic(bool) stop;

static uint64_t fake_clock(void)
{
	return fake_ns;
}

static bool asked_to_stop(void *arg)
{
	return stop;
}

static const struct caller patient = {.face = FACE_FS, .interrupted = asked_to_stop};

struct waiter {
	struct meter_waiters *w;
	struct meter *m;
	pthread_t thread;
	enum status st;
	int *order, got; /* how many came before */
};

static void *wait_and_take(void *arg)
{
	struct waiter *x = arg;
	struct meter_turn turn = {0};
	x->st = meter_wait(x->w, x->m, &turn, &patient, clock_monotonic_ns() + 20 * S, fake_clock);
	if (!x->st) {
		assert_true(meter_is_turn(x->m, &turn));
		x->got = (*x->order)++; /* one at a time is here */
		meter_take(x->m, 1, fake_ns);
	}
	meter_leave(x->w, &turn);
	return NULL;
}

static void start(struct waiter *x, uint32_t queued)
{
	pthread_create(&x->thread, NULL, wait_and_take, x);
	while (x->m->waiting < queued)
		sched_yield();
}

/** One after the other, in the order in which they came, each when there is something for it. */
static void test_turns(void **state)
{
	struct meter m = {0};
	struct meter_waiters w;
	struct waiter x[4];
	struct meter_turn newcomer = {0};
	int order = 0;
	meter_waiters_init(&w);
	fake_ns = START;
	meter_set_rate(&m, 1, false, START);
	meter_take(&m, 300, START);
	for (uint32_t i = 0; i < 4; i++) {
		x[i] = (struct waiter){.w = &w, .m = &m, .order = &order, .got = -1};
		start(&x[i], i + 1);
	}
	assert_false(meter_is_turn(&m, &newcomer));
	for (int i = 0; i < 4; i++) {
		fake_ns += S;
		pthread_join(x[i].thread, NULL);
		assert_int_equal(x[i].st, ST_OK);
		assert_int_equal(x[i].got, i);
		assert_int_equal(order, i + 1);
	}
	assert_true(meter_is_turn(&m, &newcomer));
	meter_waiters_finish(&w);
}

static void test_no_longer(void **state)
{
	struct meter m = {0};
	struct meter_waiters w;
	struct meter_turn turn = {0};
	int order = 0;
	meter_waiters_init(&w);
	stop = false;
	fake_ns = START;
	meter_set_rate(&m, 1, false, START);
	meter_take(&m, 400, START);
	uint64_t before = clock_monotonic_ns();
	assert_int_equal(meter_wait(&w, &m, &turn, &patient, before + S / 5, fake_clock), ST_THROTTLED);
	assert_true(clock_monotonic_ns() >= before + S / 5);
	assert_null(turn.meter);
	struct waiter x = {.w = &w, .m = &m, .order = &order};
	start(&x, 1);
	stop = true;
	pthread_join(x.thread, NULL);
	assert_int_equal(x.st, ST_INTERRUPTED);
	assert_int_equal(m.waiting, 0);
	stop = false;
	struct waiter many[CAPACITY_WAITERS_MAX];
	for (uint32_t i = 0; i < CAPACITY_WAITERS_MAX; i++) {
		many[i] = (struct waiter){.w = &w, .m = &m, .order = &order};
		start(&many[i], i + 1);
	}
	assert_int_equal(meter_wait(&w, &m, &turn, &patient, clock_monotonic_ns() + 20 * S, fake_clock), ST_THROTTLED);
	stop = true;
	for (int i = 0; i < CAPACITY_WAITERS_MAX; i++)
		pthread_join(many[i].thread, NULL);
	stop = false;
	meter_waiters_finish(&w);
}

#define T(f) cmocka_unit_test(f)

int main(void)
{
	const struct CMUnitTest tests[] = {T(test_burst_and_refill), T(test_halves), T(test_rate_changes), T(test_threads),
		T(test_definitions), T(test_turns), T(test_no_longer)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

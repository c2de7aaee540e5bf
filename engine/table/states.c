/*
 * States that take time. The service needs seconds to minutes to create, change or delete a table, and a client's waiting for it wants to be
 * tried; so an option lets states last. What ends them is this thread, started with the first state that will end. A state's end
 * stands in the table's record, so that a restart neither cuts it short nor loses a deletion.
 */
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/table/state.h"

#define RETRY_NS (NS_PER_S) /* after an error of the store */

struct round {
	struct engine *e;
	uint64_t next_ns; /* when the next one ends */
};

static void end_state(struct engine *e, struct table *t, enum table_state state)
{
	struct err err = {0};
	enum status st = state == TABLE_DELETING ? ddl_drop(e, NULL, t, false, &err) : ddl_set_state(e, t, TABLE_ACTIVE, 0, &err);
	if (!st)
		reaper_poke(e); /* the table's indexes waited for it */
	if (st && st != ST_NO_TABLE)
		log_warn("table '%s' stays in its state for now: %s", t->name, err.text);
}

static bool look_at(struct table *t, void *arg)
{
	struct round *r = arg;
	mutex_lock(&t->lock);
	enum table_state state = t->state;
	uint64_t until = t->until_ns, now = clock_wall_ns();
	mutex_unlock(&t->lock);
	if (state == TABLE_ACTIVE)
		return true;
	if (until <= now) {
		end_state(r->e, t, state);
		until = now + RETRY_NS; /* only looked at again if it failed */
	}
	r->next_ns = until < r->next_ns ? until : r->next_ns;
	return true;
}

/** Waits for the next end, or to be woken. False: the engine closes. */
static bool wait_until(struct engine *e, uint64_t until_ns)
{
	struct timespec ts = clock_timespec(until_ns);
	mutex_lock(&e->states_lock);
	while (!e->states_stop && !e->states_work && clock_wall_ns() < until_ns)
		pthread_cond_timedwait(&e->states_wake, &e->states_lock.os, &ts);
	e->states_work = false;
	bool go_on = !e->states_stop;
	mutex_unlock(&e->states_lock);
	return go_on;
}

static void *states_main(void *arg)
{
	struct engine *e = arg;
	struct round r = {.e = e};
	do {
		r.next_ns = clock_wall_ns() + 3600 * NS_PER_S;
		mutex_lock(&e->ddl);
		table_list(e, 0, look_at, &r);
		mutex_unlock(&e->ddl);
	} while (wait_until(e, r.next_ns));
	return NULL;
}

void states_begin(struct engine *e)
{
	mutex_lock(&e->states_lock);
	e->states_work = true;
	pthread_cond_signal(&e->states_wake);
	mutex_unlock(&e->states_lock);
	if (e->states_running)
		return;
	int rc = pthread_create(&e->states, NULL, states_main, e);
	if (rc)
		log_error("cannot start a thread: states of tables will not end: %s", strerror(rc));
	e->states_running = !rc;
}

static bool is_active(struct table *t, void *arg)
{
	mutex_lock(&t->lock);
	bool active = t->state == TABLE_ACTIVE;
	mutex_unlock(&t->lock);
	*(bool *)arg |= !active;
	return active;
}

void states_resume(struct engine *e)
{
	bool any = false;
	table_list(e, 0, is_active, &any);
	if (any)
		states_begin(e);
}

void states_finish(struct engine *e)
{
	if (!e->states_running)
		return;
	mutex_lock(&e->states_lock);
	e->states_stop = true;
	pthread_cond_signal(&e->states_wake);
	mutex_unlock(&e->states_lock);
	pthread_join(e->states, NULL);
	e->states_running = false;
}

/* Waiting for capacity, in turn. Few wait at once, so there is one list for all meters. */
#include "engine/base/clock.h"
#include "engine/table/meter.h"

#include <string.h>

#define LOOK_NS (NS_PER_S / 20) /* how often a waiter asks whether its caller is still there */

void meter_waiters_init(struct meter_waiters *w) NO_THREAD_SAFETY_ANALYSIS /* nobody else has it yet */
{
	w->first = NULL;
	w->count = 0;
	mutex_init(&w->lock);
}

void meter_waiters_finish(struct meter_waiters *w)
{
	mutex_finish(&w->lock);
}

static struct meter_turn *first_of(struct meter_waiters *w, const struct meter *m) REQUIRES(w->lock)
{
	struct meter_turn *t = w->first;
	while (t && t->meter != m)
		t = t->next;
	return t;
}

static void enter(struct meter_waiters *w, struct meter *m, struct meter_turn *turn) REQUIRES(w->lock)
{
	struct meter_turn **end = &w->first;
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&turn->wake, &attr);
	pthread_condattr_destroy(&attr);
	turn->meter = m;
	turn->next = turn->prev = NULL;
	for (; *end; end = &(*end)->next)
		turn->prev = *end;
	*end = turn;
	w->count++;
	atomic_fetch_add(&m->waiting, 1);
}

static void leave(struct meter_waiters *w, struct meter_turn *turn) REQUIRES(w->lock)
{
	struct meter *m = turn->meter;
	*(turn->prev ? &turn->prev->next : &w->first) = turn->next;
	if (turn->next)
		turn->next->prev = turn->prev;
	turn->meter = NULL;
	w->count--;
	atomic_fetch_sub(&m->waiting, 1);
	pthread_cond_destroy(&turn->wake);
	struct meter_turn *next = first_of(w, m);
	if (next)
		pthread_cond_signal(&next->wake);
}

void meter_leave(struct meter_waiters *w, struct meter_turn *turn)
{
	if (!turn->meter)
		return;
	mutex_lock(&w->lock);
	leave(w, turn);
	mutex_unlock(&w->lock);
}

bool meter_is_turn(const struct meter *m, const struct meter_turn *turn)
{
	return atomic_load(&m->waiting) == 0 || turn->meter == m; /* only who is first in a queue is running */
}

/** Until the bucket has something for the first of its queue, or until it is time to look around. */
static void sleep_a_while(struct meter_waiters *w, struct meter_turn *turn, uint64_t bucket_ns, uint64_t until_ns) REQUIRES(w->lock)
{
	uint64_t now = clock_monotonic_ns(), wake = now + LOOK_NS, ready = meter_ready_at(turn->meter);
	if (ready > bucket_ns && ready - bucket_ns < LOOK_NS && first_of(w, turn->meter) == turn)
		wake = now + (ready - bucket_ns);
	struct timespec at = clock_timespec(wake < until_ns ? wake : until_ns);
	pthread_cond_timedwait(&turn->wake, &w->lock.os, &at);
}

static enum status wait_turn(struct meter_waiters *w, struct meter_turn *turn, const struct caller *c, uint64_t until_ns,
	uint64_t (*clock_ns)(void)) REQUIRES(w->lock)
{
	for (;;) {
		uint64_t now = clock_ns();
		if (c->interrupted && c->interrupted(c->arg))
			return ST_INTERRUPTED;
		if (first_of(w, turn->meter) == turn && meter_has(turn->meter, 0, now))
			return ST_OK;
		if (clock_monotonic_ns() >= until_ns)
			return ST_THROTTLED;
		sleep_a_while(w, turn, now, until_ns);
	}
}

enum status meter_wait(struct meter_waiters *w, struct meter *m, struct meter_turn *turn, const struct caller *c, uint64_t until_ns,
	uint64_t (*clock_ns)(void))
{
	enum status st = ST_OK;
	mutex_lock(&w->lock);
	if (turn->meter && turn->meter != m)
		leave(w, turn);
	if (!turn->meter && w->count >= CAPACITY_WAITERS_MAX)
		st = ST_THROTTLED;
	else if (!turn->meter)
		enter(w, m, turn);
	if (!st)
		st = wait_turn(w, turn, c, until_ns, clock_ns);
	if (st && turn->meter)
		leave(w, turn);
	mutex_unlock(&w->lock);
	return st;
}

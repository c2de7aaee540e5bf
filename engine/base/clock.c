#include "engine/base/clock.h"

#include <stdatomic.h>
#include <stdio.h>

static _Atomic uint64_t last_ns;

static uint64_t read_clock(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t clock_wall_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

uint64_t clock_monotonic_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_hybrid_ns(void)
{
	uint64_t now = clock_wall_ns(), last = atomic_load(&last_ns), next;
	do {
		next = now > last ? now : last + 1;
	} while (!atomic_compare_exchange_weak(&last_ns, &last, next));
	return next;
}

void clock_raise_floor(uint64_t ns)
{
	uint64_t last = atomic_load(&last_ns);
	while (last < ns && !atomic_compare_exchange_weak(&last_ns, &last, ns))
		;
}

void clock_format(uint64_t ns, char out[CLOCK_TEXT_MAX])
{
	time_t s = (time_t)(ns / NS_PER_S);
	struct tm tm;
	gmtime_r(&s, &tm);
	size_t n = strftime(out, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, CLOCK_TEXT_MAX - n, ".%03uZ", (unsigned)(ns / 1000000 % 1000));
}

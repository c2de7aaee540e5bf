/**
 * Time in nanoseconds since 1970 (uint64_t reaches the year 2554).
 *
 * The hybrid clock follows the machine's clock but never goes back and never gives the same time twice: commit times and, later,
 * log times come from it. The engine raises its floor from what the store last wrote, so that it does not go back over a
 * restart either, even when somebody set the machine's clock back.
 * Locks: none; safe from any thread.
 */
#ifndef ENGINE_BASE_CLOCK_H
#define ENGINE_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

uint64_t clock_wall_ns(void);      /* the machine's clock, as it is */
uint64_t clock_monotonic_ns(void); /* for durations */
uint64_t clock_hybrid_ns(void);    /* later than every earlier answer */
void clock_raise_floor(uint64_t ns); /* answers from now on are later than `ns` */

static inline struct timespec clock_timespec(uint64_t ns)
{
	return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

/** Writes "2026-01-05T12:00:00.123Z" (25 bytes with the NUL) into `out`. */
#define CLOCK_TEXT_MAX 32
void clock_format(uint64_t ns, char out[CLOCK_TEXT_MAX]);

#endif

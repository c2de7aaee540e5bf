#include "src/opening.h"

#include <stdlib.h>
#include <time.h>

#include "engine/base/clock.h"
#include "src/mounts.h"

#define STEP_MS 20

static bool is_mounted(const char *store)
{
	char *dir = mounts_dir_of(store);
	free(dir);
	return dir != NULL;
}

enum status opening_open(const struct engine_options *o, const struct secret *secret, struct engine **ret, struct err *err)
{
	const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
	uint64_t until = clock_monotonic_ns() + OPENING_WAIT_MS * (NS_PER_S / 1000);
	enum status st = engine_open(o, ret, err);
	while (st == ST_STORE_BUSY && !is_mounted(o->path) && clock_monotonic_ns() < until) {
		nanosleep(&step, NULL);
		st = engine_open(o, ret, err);
	}
	if (st == ST_WRONG_KEY)
		err_prefix(err, "%s", buf_str(&secret->from));
	return st;
}

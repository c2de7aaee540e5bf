/** One line on a terminal that says how far a long work is; nothing elsewhere. */
#ifndef SRC_IMPORT_PROGRESS_H
#define SRC_IMPORT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool shown;     /* standard error is a terminal */
	bool on_line;   /* something stands on the line now */
	uint64_t total; /* bytes; 0: not known */
	uint64_t start_ns, last_ns;
};

void progress_start(struct progress *p, uint64_t total);
/** Prints at most ten times a second. */
void progress_update(struct progress *p, uint64_t items, uint64_t rejects, uint64_t bytes);
/** Clears the line, so that something else can be printed. */
void progress_clear(struct progress *p);
double progress_seconds(const struct progress *p);

#endif

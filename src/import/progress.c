#include "src/import/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "src/words.h"

#define EVERY_NS (NS_PER_S / 10)

void progress_start(struct progress *p, uint64_t total)
{
	*p = (struct progress){.shown = isatty(STDERR_FILENO), .total = total, .start_ns = clock_monotonic_ns()};
}

double progress_seconds(const struct progress *p)
{
	return (double)(clock_monotonic_ns() - p->start_ns) / (double)NS_PER_S;
}

static void print_bytes(const struct progress *p, uint64_t bytes, double seconds)
{
	char done[16], total[16];
	word_format_size(bytes, done);
	if (!p->total || bytes > p->total) {
		fprintf(stderr, "  %s", done);
		return;
	}
	word_format_size(p->total, total);
	fprintf(stderr, "  %s of %s (%u%%)", done, total, (unsigned)(bytes * 100 / p->total));
	if (bytes && seconds > 1) {
		unsigned left = (unsigned)(seconds * (double)(p->total - bytes) / (double)bytes);
		fprintf(stderr, "  %u:%02u left", left / 60, left % 60);
	}
}

void progress_update(struct progress *p, uint64_t items, uint64_t rejects, uint64_t bytes)
{
	char count[32], rate[32];
	uint64_t now = clock_monotonic_ns();
	if (!p->shown || now - p->last_ns < EVERY_NS)
		return;
	p->last_ns = now;
	p->on_line = true;
	double seconds = progress_seconds(p);
	word_format_count(items, count);
	word_format_count(seconds > 0 ? (uint64_t)((double)items / seconds) : 0, rate);
	fprintf(stderr, "\r\033[K%s items  %s/s", count, rate);
	print_bytes(p, bytes, seconds);
	if (rejects)
		fprintf(stderr, "  %llu rejected", (unsigned long long)rejects);
	fflush(stderr);
}

void progress_clear(struct progress *p)
{
	if (p->on_line)
		fputs("\r\033[K", stderr);
	p->on_line = false;
}

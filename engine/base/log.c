#include "engine/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <syslog.h>

static _Atomic int shown = LOG_LEVEL_WARN;
static _Atomic bool use_syslog;

static const struct {
	const char *word;
	int priority;
} levels[] = {
	[LOG_LEVEL_ERROR] = {"error", LOG_ERR},
	[LOG_LEVEL_WARN] = {"warning", LOG_WARNING},
	[LOG_LEVEL_INFO] = {"info", LOG_INFO},
	[LOG_LEVEL_DEBUG] = {"debug", LOG_DEBUG},
};

void log_set_level(enum log_level level)
{
	shown = (int)level;
}

void log_to_syslog(const char *ident)
{
	openlog(ident, LOG_PID, LOG_DAEMON);
	use_syslog = true;
}

void log_event(enum log_level level, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	if ((int)level > shown)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (use_syslog)
		syslog(levels[level].priority, "%s", line);
	else
		fprintf(stderr, "itemfs: %s: %s\n", levels[level].word, line);
}

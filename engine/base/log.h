/**
 * The program's log: one line an event, to standard error, or to the system log once log_to_syslog() was called.
 *
 * Never logged: item data, keys of items, secrets. Table names and paths may be.
 * Locks: none; safe from any thread (one write a line).
 */
#ifndef ENGINE_BASE_LOG_H
#define ENGINE_BASE_LOG_H

#include "engine/base/slice.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_set_level(enum log_level level); /* what is shown: this level and those before it; default WARN */
void log_to_syslog(const char *ident);    /* `ident` is borrowed for good */
void log_event(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_event(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_event(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_event(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_event(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif

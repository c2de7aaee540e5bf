/** Small files, whole. */
#ifndef ENGINE_BASE_FILE_H
#define ENGINE_BASE_FILE_H

#include <sys/types.h>

#include "engine/base/buf.h"
#include "engine/status.h"

/** Appends the whole file to `out`. Errors: ST_NOT_FOUND; ST_IO (also when it holds more than `max` bytes). */
enum status file_read(const char *path, size_t max, struct buf *out, struct err *err);

/** Writes a file that must not exist yet, and syncs it and its directory. On failure nothing is left. Errors: ST_STORE_EXISTS, ST_IO, ST_FULL. */
enum status file_write_new(const char *path, mode_t mode, struct slice bytes, struct err *err);

/** fsync() of the directory that `path` is in. */
enum status file_sync_dir(const char *path, struct err *err);

#endif

/** Table names as file names: spelt like string keys, so that a table called ".x" is listed as "%2Ex". */
#ifndef FS_TABLES_H
#define FS_TABLES_H

#include "fs/kind.h"

/** The table that a name stands for; `file`: with ".json". ST_NO_TABLE with no text when there is none. */
enum status tables_open(struct ask *a, struct slice name, bool file, struct table **ret);
/** The table's name itself, whether it exists or not, into `ret` (LIMIT_TABLE_NAME_MAX + 1). Errors: ST_NAME, ST_VALIDATION. */
enum status tables_parse(struct ask *a, struct slice name, bool file, char *ret);

#endif

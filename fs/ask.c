/** How requests fail. */
#include "fs/path.h"
#include "fs/session.h"

void ask_record(struct ask *a, struct node *n, const char *name, const struct err *err)
{
	struct buf path = BUF_INIT;
	path_add(&path, n, name);
	errors_record(&a->fs->errors, a->caller.uid, buf_str(&path), status_info(err->code)->errno_code, err);
	log_info("%s: %s", status_info(err->code)->name, buf_str(&path));
	buf_finish(&path);
}

/** A name that is not there is the answer to a question, not a failure. */
static bool is_news(const struct ask *a, enum status st)
{
	return !a->quiet && st != ST_NOT_FOUND && !(st == ST_NO_TABLE && a->err.code == ST_OK);
}

void ask_fail(struct ask *a, enum status st, struct node *n, const char *name)
{
	if (a->err.code != st)
		err_code(&a->err, st);
	if (is_news(a, st))
		ask_record(a, n, name, &a->err);
	fuse_reply_err(a->req, status_info(st)->errno_code);
}

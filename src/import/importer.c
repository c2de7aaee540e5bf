#include "src/import/importer.h"

#include "engine/json.h"

void importer_finish(struct importer *im)
{
	for (size_t i = 0; i < IMPORT_BATCH; i++) {
		buf_finish(&im->batch[i].text);
		buf_finish(&im->batch[i].item);
	}
	target_close(im->target);
	im->target = NULL;
}

/* Rejects */

/** Lines were counted by us: "line 1, " of a reader that saw one record only would mislead. */
static const char *reason(const struct err *err)
{
	static const char one_line[] = "line 1, ";
	return strncmp(err->text, one_line, sizeof one_line - 1) == 0 ? err->text + sizeof one_line - 1 : err->text;
}

/** One JSON object a line; `jq -r .text` gives the lines back once their fault is mended. */
static void write_reject(FILE *to, const struct record *r, const struct err *err)
{
	struct buf line = BUF_INIT;
	buf_add_str(&line, "{\"file\":");
	json_write_string(slice_str(r->file), &line);
	buf_addf(&line, ",\"line\":%lu,\"reason\":", r->line);
	json_write_string(slice_str(reason(err)), &line);
	buf_add_str(&line, ",\"text\":");
	json_write_string(buf_slice(&r->text), &line);
	buf_add_str(&line, "}\n");
	fwrite(line.ptr, 1, line.len, to);
	buf_finish(&line);
}

static void reject(struct importer *im, const struct record *r, const struct err *err)
{
	im->rejects++;
	if (im->rejects_file) {
		write_reject(im->rejects_file, r, err);
		return;
	}
	if (im->rejects > IMPORT_REJECTS_SHOWN)
		return;
	progress_clear(&im->progress);
	fprintf(stderr, "%s:%lu: %s\n", r->file, r->line, reason(err));
	if (im->rejects == IMPORT_REJECTS_SHOWN)
		fputs("(further ones are only counted; --rejects FILE keeps them all)\n", stderr);
}

/* Batches */

/** Failures that no other item would escape. */
static bool is_fatal(enum status st)
{
	switch (st) {
	case ST_VALIDATION:
	case ST_SYNTAX:
	case ST_KEY_TOO_LONG:
	case ST_KEY_MISMATCH:
	case ST_ITEM_TOO_LARGE:
		return false;
	default:
		return true;
	}
}

/** Puts batch[from .. count): returns how many of them are dealt with, put or refused. */
static size_t put_some(struct importer *im, size_t from, enum status *st, struct err *err)
{
	struct slice items[IMPORT_BATCH];
	size_t n = im->count - from, done, failed;
	for (size_t i = 0; i < n; i++)
		items[i] = buf_slice(&im->batch[from + i].item);
	*st = target_put(im->target, items, n, &done, &failed, err);
	if (*st == ST_OK) {
		im->items += n;
		return n;
	}
	im->items += done;
	if (is_fatal(*st) || failed >= n)
		return done;
	*st = ST_OK;
	struct record refused = im->batch[from + failed];
	reject(im, &refused, err);
	/* Those before it go again, without it: the batch was one transaction. */
	memmove(&im->batch[from + done + 1], &im->batch[from + done], (failed - done) * sizeof refused);
	im->batch[from + done] = refused;
	return done + 1;
}

static enum status flush(struct importer *im, struct err *err)
{
	enum status st = ST_OK;
	for (size_t at = 0; at < im->count && st == ST_OK;)
		at += put_some(im, at, &st, err);
	im->count = im->batch_bytes = 0;
	return st;
}

static enum status check(const struct importer *im, const struct record *r, struct err *err)
{
	struct key key;
	enum status st = key_from_item(target_schema(im->target), buf_slice(&r->item), &key, err);
	if (st == ST_OK && item_size(buf_slice(&r->item)) > LIMIT_ITEM_SIZE)
		st = err_code(err, ST_ITEM_TOO_LARGE);
	return st;
}

enum status importer_take(struct importer *im, struct source *source, struct err *err)
{
	enum status st = ST_OK;
	while (st == ST_OK && !*im->stop) {
		struct record *r = &im->batch[im->count];
		struct err why = {0};
		enum source_result got = source_next(source, r, &why);
		if (got == SOURCE_END)
			break;
		if (got == SOURCE_FAILED) {
			*err = why;
			return why.code;
		}
		if (got == SOURCE_BAD || check(im, r, &why) != ST_OK) {
			reject(im, r, &why);
		} else {
			im->count++;
			im->batch_bytes += r->text.len;
		}
		if (im->count == IMPORT_BATCH || im->batch_bytes >= IMPORT_BATCH_BYTES)
			st = flush(im, err);
		progress_update(&im->progress, im->items, im->rejects, im->bytes + source->input.bytes);
	}
	im->bytes += source->input.bytes;
	return st;
}

enum status importer_end(struct importer *im, struct err *err)
{
	enum status st = flush(im, err);
	return st == ST_OK ? target_sync(im->target, err) : st;
}

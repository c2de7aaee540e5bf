#include "engine/table/arn.h"

#include "engine/table/state.h"

static const char *partition_of(const char *region)
{
	if (!strncmp(region, "cn-", 3))
		return "aws-cn";
	return strncmp(region, "us-gov-", 7) ? "aws" : "aws-us-gov";
}

void arn_of_table(const struct engine *e, const char *table, const char *below, const char *name, struct buf *out)
{
	buf_addf(out, "arn:%s:dynamodb:%s:%s:table/%s", partition_of(e->region), e->region, e->account, table);
	if (below)
		buf_addf(out, "/%s/%s", below, name);
}

void arn_of_key(const struct engine *e, const char *key, struct buf *out)
{
	bool alias = !strncmp(key, "alias/", 6);
	if (!strncmp(key, "arn:", 4))
		buf_add_str(out, key);
	else
		buf_addf(out, "arn:%s:kms:%s:%s:%s%s", partition_of(e->region), e->region, e->account, alias ? "" : "key/", key);
}

bool arn_is(struct slice text)
{
	return slice_has_prefix(text, SLICE_LIT("arn:"));
}

/** What stands before the next colon; all of it if there is none. */
static struct slice take_part(struct slice *rest)
{
	const uint8_t *colon = rest->len ? memchr(rest->ptr, ':', rest->len) : NULL;
	size_t n = colon ? (size_t)(colon - rest->ptr) : rest->len;
	struct slice part = slice_of(rest->ptr, n);
	*rest = slice_from(*rest, colon ? n + 1 : n);
	return part;
}

static enum status invalid(struct slice arn, struct err *err)
{
	return err_set(err, ST_VALIDATION, "Invalid TableArn: Invalid ResourceArn provided as input %.*s",
		(int)(arn.len < 300 ? arn.len : 300), (const char *)arn.ptr);
}

static enum status denied(struct slice arn, struct err *err)
{
	return err_set(err, ST_DENIED, "The caller is not authorized to access the resource %.*s",
		(int)(arn.len < 300 ? arn.len : 300), (const char *)arn.ptr);
}

enum status arn_table_name(const struct engine *e, struct slice arn, struct slice *ret, struct err *err)
{
	struct slice rest = arn;
	struct slice scheme = take_part(&rest), partition = take_part(&rest), service = take_part(&rest), region = take_part(&rest),
		     account = take_part(&rest);
	if (!slice_eq_str(scheme, "arn") || !partition.len || !rest.len)
		return invalid(arn, err);
	if (!slice_eq_str(service, "dynamodb") || !slice_eq_str(account, e->account))
		return denied(arn, err);
	struct slice name = slice_from(rest, slice_has_prefix(rest, SLICE_LIT("table/")) ? 6 : rest.len);
	if (!slice_eq_str(region, e->region) || !name.len || memchr(name.ptr, '/', name.len))
		return invalid(arn, err);
	*ret = name;
	return ST_OK;
}

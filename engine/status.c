#include "engine/status.h"

#include <stdarg.h>
#include <stdio.h>

static const struct status_info table[STATUS_COUNT] = {
#define X(code, err_no, http, exception, retry, sentence) [code] = {#code, err_no, http, exception, retry, sentence},
	STATUS_TABLE(X)
#undef X
};

const struct status_info *status_info(enum status code)
{
	return &table[(unsigned)code < STATUS_COUNT ? code : ST_INTERNAL];
}

/** Where the text may end so that no UTF-8 character is cut in two. */
static void trim_to_character(char *text)
{
	size_t n = strlen(text);
	if (n + 1 < ERR_TEXT_MAX)
		return;
	while (n > 0 && ((unsigned char)text[n - 1] & 0xC0) == 0x80)
		n--;
	if (n > 0 && (unsigned char)text[n - 1] >= 0xC0)
		n--;
	text[n] = 0;
}

static void PRINTF_LIKE(3, 0) set_text(struct err *err, enum status code, const char *fmt, va_list ap)
{
	if (!err)
		return;
	err->code = code;
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	trim_to_character(err->text);
}

enum status err_set(struct err *err, enum status code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	set_text(err, code, fmt, ap);
	va_end(ap);
	return code;
}

enum status err_code(struct err *err, enum status code)
{
	return err_set(err, code, "%s", status_info(code)->sentence);
}

enum status err_prefix(struct err *err, const char *fmt, ...)
{
	char prefix[ERR_TEXT_MAX], old[ERR_TEXT_MAX];
	va_list ap;
	if (!err)
		return ST_INTERNAL;
	va_start(ap, fmt);
	vsnprintf(prefix, sizeof prefix, fmt, ap);
	va_end(ap);
	memcpy(old, err->text, sizeof old);
	return err_set(err, err->code, "%s: %s", prefix, old);
}

enum status err_errno(struct err *err, int errno_code, const char *fmt, ...)
{
	enum status code = errno_code == ENOSPC || errno_code == EDQUOT ? ST_FULL : errno_code == ENOMEM ? ST_NO_MEMORY : ST_IO;
	char what[ERR_TEXT_MAX];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return err_set(err, code, "%s: %s", what, strerror(errno_code));
}

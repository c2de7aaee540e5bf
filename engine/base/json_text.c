#include "engine/base/json_text.h"

#include <cjson/cJSON.h>

static void newline(struct buf *out, int depth)
{
	buf_add_byte(out, '\n');
	while (depth-- > 0)
		buf_add_str(out, "  ");
}

/** Copies a string literal, quotes included; returns what stands behind it. */
static const char *copy_string(const char *p, struct buf *out)
{
	const char *start = p++;
	while (*p != '"')
		p += *p == '\\' ? 2 : 1;
	buf_add(out, start, (size_t)(p + 1 - start));
	return p + 1;
}

/** `compact` is what cJSON prints without white space: sound JSON. */
static void indent(const char *compact, struct buf *out)
{
	int depth = 0;
	for (const char *p = compact; *p;) {
		if (*p == '"') {
			p = copy_string(p, out);
			continue;
		}
		bool opens = *p == '{' || *p == '[', closes = *p == '}' || *p == ']';
		if (closes && (p[-1] != '{' && p[-1] != '['))
			newline(out, depth - 1);
		depth += opens - closes;
		buf_add_byte(out, (uint8_t)*p);
		if (*p == ',' || (opens && p[1] != '}' && p[1] != ']'))
			newline(out, depth);
		if (*p == ':')
			buf_add_byte(out, ' ');
		p++;
	}
}

void json_text(const struct cJSON *document, struct buf *out)
{
	char *compact = cJSON_PrintUnformatted(document);
	indent(compact, out);
	buf_add_byte(out, '\n');
	cJSON_free(compact);
}

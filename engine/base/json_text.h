/** JSON documents of ours (definitions, reports, settings; never items) as people like to read them. */
#ifndef ENGINE_BASE_JSON_TEXT_H
#define ENGINE_BASE_JSON_TEXT_H

#include "engine/base/buf.h"

struct cJSON;

/** Appends the document with two-space indent, as item files have it, and a final LF. Empty containers stay on one line. */
void json_text(const struct cJSON *document, struct buf *out);

#endif

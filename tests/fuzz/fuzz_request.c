/** The input is the name of an operation, a space, and its request, against a small store: whatever it says, the answer is good JSON or an error with
 * its words, and the store stands. */
#include "engine/engine.h"
#include "engine/json.h"
#include "src/http/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define REQUIRE(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct unlock fuzz_unlock = {
	.kind = UNLOCK_KEY_FILE, .secret = {(const uint8_t *)"0123456789abcdef0123456789abcdef", 32}};
static const struct caller fuzz_caller = {.face = FACE_HTTP};
static struct engine *engine;
static char path[] = "/dev/shm/itemfs-fuzz-XXXXXX";

static void finish(void)
{
	char command[128];
	engine_close(engine);
	snprintf(command, sizeof command, "rm -rf '%s'", path);
	REQUIRE(system(command) == 0);
}

static void make_table(const char *name, const char *json)
{
	struct table_def def;
	REQUIRE(table_def_parse(slice_str(json), name, &fuzz_caller, &def, NULL) == ST_OK);
	REQUIRE(table_create(engine, &fuzz_caller, &def, NULL, NULL) == ST_OK);
	table_def_finish(&def);
}

static void begin(void)
{
	struct engine_options o = {.path = path, .unlock = &fuzz_unlock, .map_size = 1u << 30};
	REQUIRE(mkdtemp(path));
	REQUIRE(engine_create(path, &fuzz_unlock, NULL) == ST_OK);
	REQUIRE(engine_open(&o, &engine, NULL) == ST_OK);
	make_table("Hash", "{\"AttributeDefinitions\":[{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"}],"
			   "\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"}]}");
	make_table("Both",
		"{\"AttributeDefinitions\":[{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"},{\"AttributeName\":\"sk\","
		"\"AttributeType\":\"N\"},"
		"{\"AttributeName\":\"ls\",\"AttributeType\":\"B\"},{\"AttributeName\":\"gp\",\"AttributeType\":\"S\"}],"
		"\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"sk\",\"KeyType\":\"RANGE\"}],"
		"\"LocalSecondaryIndexes\":[{\"IndexName\":\"local\",\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"}"
		","
		"{\"AttributeName\":\"ls\",\"KeyType\":\"RANGE\"}],\"Projection\":{\"ProjectionType\":\"KEYS_ONLY\"}}],"
		"\"GlobalSecondaryIndexes\":[{\"IndexName\":\"global\",\"KeySchema\":[{\"AttributeName\":\"gp\",\"KeyType\":"
		"\"HASH\"}],"
		"\"Projection\":{\"ProjectionType\":\"ALL\"}}]}");
	atexit(finish);
}

static bool is_json(struct slice text, unsigned depth)
{
	struct json_scan scan;
	json_scan_init(&scan);
	scan.depth_max = depth;
	return json_scan(&scan, text, NULL) == JSON_SCAN_DONE;
}

static void check_failure(const struct err *err, enum status st, const struct buf *failure)
{
	struct buf whole = BUF_INIT;
	REQUIRE(err->code == st && memchr(err->text, 0, sizeof err->text));
	REQUIRE(status_info(st)->http_status == 400);
	buf_addf(&whole, "{%s}", buf_str(failure));
	REQUIRE(is_json(buf_slice(&whole), JSON_SCAN_DEPTH_MAX));
	buf_finish(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *space = size ? memchr(data, ' ', size) : NULL;
	struct buf target = BUF_INIT, reply = BUF_INIT, failure = BUF_INIT;
	struct err err = {0};
	if (!space)
		return 0;
	if (!engine)
		begin();
	buf_addf(&target, "DynamoDB_20120810.%.*s", (int)(space - data), (const char *)data);
	const struct route *route = route_find(buf_slice(&target));
	struct slice body = slice_of(space + 1, size - (size_t)(space - data) - 1);
	struct http_call call = {.engine = engine,
		.caller = fuzz_caller,
		.host = SLICE_LIT("here"),
		.body = body,
		.reply = &reply,
		.failure = &failure};
	if (route && (route->op || route->document) && is_json(body, JSON_SCAN_DEPTH_MAX)) {
		enum status st = route->op ? route->op(&call, &err) : route->document(engine, &fuzz_caller, body, &reply, &err);
		if (st)
			check_failure(&err, st, &failure);
		else
			REQUIRE(!reply.len || is_json(buf_slice(&reply), JSON_SCAN_DEPTH_MAX));
	}
	buf_finish(&target);
	buf_finish(&reply);
	buf_finish(&failure);
	return 0;
}

/** Any bytes as a statement, run on its own, as a batch and as a transaction against a small store: refused with a message, or good items. */
#include "engine/engine.h"
#include "engine/json.h"
#include "engine/op_statement.h"

#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct caller caller = {.face = FACE_ENGINE};
static struct engine *engine;
static char path[] = "/tmp/itemfs-fuzz-XXXXXX";

static void add_table(const char *name, const char *schema)
{
	struct table_def def;
	REQUIRE(table_def_parse(slice_str(schema), name, &caller, &def, NULL) == ST_OK);
	REQUIRE(table_create(engine, &caller, &def, NULL, NULL) == ST_OK);
	table_def_finish(&def);
}

static void remove_store(void)
{
	char command[64];
	engine_close(engine);
	snprintf(command, sizeof command, "rm -rf '%s'", path);
	REQUIRE(system(command) == 0);
}

static void statement_row_ok(enum status status, struct slice item)
{
	REQUIRE(status == ST_OK && item_valid(item));
}

static bool take_row(enum status status, struct slice item, void *arg)
{
	statement_row_ok(status, item);
	return true;
}

static void take_result(size_t at, const char *table_name, const struct err *err, struct slice item, void *arg)
{
	REQUIRE(err->code == ST_OK || err->text[0]);
	REQUIRE(statement_error_code(err->code)[0]);
	if (item.len)
		statement_row_ok(ST_OK, item);
}

static enum status run_one(const struct statement_request *r, struct statement_page *page)
{
	struct err err = {0};
	enum status st = op_statement(engine, &caller, r, take_row, NULL, page, &err);
	REQUIRE(st == ST_OK || (err.code == st && err.text[0]));
	REQUIRE(status_info(st)->http_status < 500);
	return st;
}

/** A few pages: what is handed out as a place must be taken back. */
static void run_pages(struct statement s)
{
	struct buf token = BUF_INIT;
	struct statement_request r = {.statement = s, .limit = 2};
	for (int i = 0; i < 4; i++) {
		struct statement_page page = {0};
		enum status st = run_one(&r, &page);
		REQUIRE(st == ST_OK || i == 0);
		buf_reset(&token);
		buf_add_slice(&token, buf_slice(&page.next_token));
		statement_page_finish(&page);
		if (st || !token.len)
			break;
		r.next_token = buf_slice(&token);
	}
	buf_finish(&token);
}

static void insert(const char *text)
{
	struct statement_request r = {.statement = {.text = slice_str(text)}};
	struct statement_page page = {0};
	REQUIRE(run_one(&r, &page) == ST_OK);
	statement_page_finish(&page);
}

static void make_store(void)
{
	const struct unlock unlock = {.kind = UNLOCK_KEY_FILE, .secret = SLICE_LIT("0123456789abcdef0123456789abcdef")};
	struct engine_options o = {.path = path, .unlock = &unlock, .map_size = 1u << 28};
	REQUIRE(mkdtemp(path) && engine_create(path, &unlock, NULL) == ST_OK && engine_open(&o, &engine, NULL) == ST_OK);
	REQUIRE(atexit(remove_store) == 0);
}

static const char schema_both[] =
	"{\"AttributeDefinitions\":[{\"AttributeName\":\"a\",\"AttributeType\":\"S\"},{\"AttributeName\":\"b\",\"AttributeType\":"
	"\"N\"}],"
	"\"KeySchema\":[{\"AttributeName\":\"a\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"b\",\"KeyType\":\"RANGE\"}]}";
static const char schema_hash[] = "{\"AttributeDefinitions\":[{\"AttributeName\":\"a\",\"AttributeType\":\"N\"}],"
				  "\"KeySchema\":[{\"AttributeName\":\"a\",\"KeyType\":\"HASH\"}]}";

static void fill_store(void)
{
	add_table("both", schema_both);
	add_table("hash", schema_hash);
	insert("INSERT INTO both VALUE {'a':'x','b':1,'v':1,'m':{'k':[1,{'z':2}]},'s':<<'p','q'>>}");
	insert("INSERT INTO both VALUE {'a':'x','b':2,'v':'text','l':[1,2,3],'n':<<1,2>>}");
	insert("INSERT INTO both VALUE {'a':'x','b':3,'v':null}");
	insert("INSERT INTO both VALUE {'a':'y','b':1,'v':true}");
	insert("INSERT INTO hash VALUE {'a':1,'v':1}");
	insert("INSERT INTO hash VALUE {'a':2,'v':2}");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct value parameters[] = {{.type = VALUE_S, .body = {(const uint8_t *)"x", 1}}, {.type = VALUE_TRUE},
		{.type = VALUE_NULL}, {.type = VALUE_L}, {.type = VALUE_M}};
	struct value all[64];
	struct statement s = {.text = slice_of(data, size), .parameters = all};
	struct transact_result result = {0};
	struct err err = {0};
	if (!engine) {
		make_store();
		fill_store();
	}
	for (size_t i = 0; i < size && s.parameter_count < 64; i++)
		if (data[i] == '?') {
			all[s.parameter_count] = parameters[s.parameter_count % 5];
			s.parameter_count++;
		}
	run_pages(s);
	enum status st = op_batch_statement(engine, &caller, &s, 1, COMMIT_VISIBLE, NULL, take_result, NULL, &err);
	REQUIRE(st == ST_OK);
	struct statement_transaction t = {.statements = &s, .n = 1};
	st = op_transact_statement(engine, &caller, &t, take_result, NULL, &result, &err);
	REQUIRE(st == ST_OK || (err.text[0] && status_info(st)->http_status < 500));
	return 0;
}

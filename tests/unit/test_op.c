#include "tests/unit/harness.h"

static struct h_store s;

static int setup(void **state)
{
	h_create(&s);
	return 0;
}

static int teardown(void **state)
{
	h_remove(&s);
	return 0;
}

static const struct cond none = {COND_NONE, 0}, absent = {COND_ABSENT, 0}, present = {COND_PRESENT, 0};

static void test_put_get_delete(void **state)
{
	struct table *t = h_table(s.e, "Things", 'S', 0);
	struct item_meta put, got;
	struct buf item = BUF_INIT;
	struct key k = h_key("a", NULL);
	assert_status(ST_NOT_FOUND, op_get(s.e, &h_caller, t, &k, &got, &item, &h_err));
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"n\":1}", none, &put));
	assert_ok(op_get(s.e, &h_caller, t, &k, &got, &item, &h_err));
	assert_memory_equal(&put, &got, sizeof put);
	assert_int_equal(got.text_len, strlen("{\n  \"pk\": \"a\",\n  \"n\": 1\n}\n"));
	assert_int_equal(got.size, 2 + 1 + 1 + 2);
	struct delete_request d = {.table = t, .key = k, .cond = present};
	assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
	assert_status(ST_NOT_FOUND, op_delete(s.e, &h_caller, &d, &h_err));
	d.cond = none;
	assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
	buf_finish(&item);
	table_unref(t);
}

static void test_conditions(void **state)
{
	struct table *t = h_table(s.e, "Things", 'S', 0);
	struct item_meta one, two;
	assert_status(ST_NOT_FOUND, h_put(s.e, t, "{\"pk\":\"a\"}", present, NULL));
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\"}", absent, &one));
	assert_status(ST_EXISTS, h_put(s.e, t, "{\"pk\":\"a\"}", absent, NULL));
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"x\":1}", (struct cond){COND_VERSION, one.version}, &two));
	assert_true(two.version > one.version);
	assert_int_equal(two.created_ns, one.created_ns);
	assert_status(ST_VERSION, h_put(s.e, t, "{\"pk\":\"a\"}", (struct cond){COND_VERSION, one.version}, NULL));
	table_unref(t);
}

static void test_counts_are_exact_and_survive(void **state)
{
	struct table *t = h_table(s.e, "Things", 'S', 0);
	struct table_info a, b;
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"n\":1}", none, NULL));
	assert_ok(h_put(s.e, t, "{\"pk\":\"b\",\"text\":\"hello\"}", none, NULL));
	assert_ok(h_put(s.e, t, "{\"pk\":\"b\",\"text\":\"hi\"}", none, NULL));
	table_get_info(t, &a);
	assert_int_equal(a.item_count, 2);
	assert_int_equal(a.item_bytes, (2 + 1 + 1 + 2) + (2 + 1 + 4 + 2));
	table_unref(t);
	h_reopen(&s);
	assert_ok(table_open(s.e, "Things", &t, &h_err));
	table_get_info(t, &b);
	assert_memory_equal(&a, &b, sizeof a);
	table_unref(t);
}

static void test_refused_items(void **state)
{
	struct table *t = h_table(s.e, "Things", 'S', 'N');
	assert_status(ST_VALIDATION, h_put(s.e, t, "{\"pk\":\"a\"}", none, NULL));
	assert_status(ST_VALIDATION, h_put(s.e, t, "{\"pk\":\"a\",\"sk\":\"1\"}", none, NULL));
	assert_status(ST_VALIDATION, h_put(s.e, t, "{\"pk\":\"\",\"sk\":1}", none, NULL));
	struct buf big = BUF_INIT;
	buf_add_str(&big, "{\"pk\":\"a\",\"sk\":1,\"x\":\"");
	buf_resize(&big, big.len + LIMIT_ITEM_SIZE);
	memset(big.ptr + big.len - LIMIT_ITEM_SIZE, 'x', LIMIT_ITEM_SIZE);
	buf_add_str(&big, "\"}");
	assert_status(ST_ITEM_TOO_LARGE, h_put(s.e, t, buf_str(&big), none, NULL));
	buf_finish(&big);
	struct table_info info;
	table_get_info(t, &info);
	assert_int_equal(info.item_count, 0);
	table_unref(t);
}

static void test_move(void **state)
{
	struct table *t = h_table(s.e, "Things", 'S', 'S');
	struct buf item = BUF_INIT, want = BUF_INIT;
	struct item_meta meta;
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"sk\":\"1\",\"v\":true}", none, NULL));
	assert_ok(h_put(s.e, t, "{\"pk\":\"b\",\"sk\":\"2\",\"v\":false}", none, NULL));
	struct move_request r = {.table = t, .from = h_key("a", "1"), .to = h_key("b", "2"), .no_replace = true};
	assert_status(ST_EXISTS, op_move(s.e, &h_caller, &r, &meta, &h_err));
	r.no_replace = false;
	assert_ok(op_move(s.e, &h_caller, &r, &meta, &h_err));
	assert_status(ST_NOT_FOUND, op_get(s.e, &h_caller, t, &r.from, &meta, NULL, &h_err));
	assert_ok(op_get(s.e, &h_caller, t, &r.to, &meta, &item, &h_err));
	h_item("{\"pk\":\"b\",\"sk\":\"2\",\"v\":true}", &want);
	assert_true(slice_eq(buf_slice(&item), buf_slice(&want)));
	struct table_info info;
	table_get_info(t, &info);
	assert_int_equal(info.item_count, 1);
	assert_status(ST_NOT_FOUND, op_move(s.e, &h_caller, &r, &meta, &h_err));
	buf_finish(&item);
	buf_finish(&want);
	table_unref(t);
}

static void test_put_many_is_all_or_nothing(void **state)
{
	struct table *t = h_table(s.e, "Things", 'S', 0);
	struct buf items[3] = {BUF_INIT, BUF_INIT, BUF_INIT};
	struct put_request r[3];
	struct table_info info;
	size_t at;
	assert_ok(h_put(s.e, t, "{\"pk\":\"c\"}", none, NULL));
	h_item("{\"pk\":\"a\"}", &items[0]);
	h_item("{\"pk\":\"a\",\"again\":1}", &items[1]);
	h_item("{\"pk\":\"c\"}", &items[2]);
	for (int i = 0; i < 3; i++)
		r[i] = (struct put_request){
			.table = t, .item = buf_slice(&items[i]), .cond = {.kind = i == 2 ? COND_ABSENT : COND_NONE}};
	assert_status(ST_EXISTS, op_put_many(s.e, &h_caller, r, 3, &at, &h_err));
	assert_int_equal(at, 2);
	table_get_info(t, &info);
	assert_int_equal(info.item_count, 1);
	assert_ok(op_put_many(s.e, &h_caller, r, 2, &at, &h_err));
	table_get_info(t, &info);
	assert_int_equal(info.item_count, 2);
	assert_int_equal(info.item_bytes, 3 + 3 + 5 + 2);
	for (int i = 0; i < 3; i++)
		buf_finish(&items[i]);
	table_unref(t);
}

static void test_tables(void **state)
{
	struct table *t = h_table(s.e, "Things", 'S', 0), *again;
	struct table_def def;
	uint32_t id = table_id(t);
	table_get_def(t, &def);
	assert_status(ST_TABLE_EXISTS, table_create(s.e, &h_caller, &def, NULL, &h_err));
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\"}", none, NULL));
	assert_status(ST_TABLE_NOT_EMPTY, table_delete(s.e, &h_caller, "Things", true, &h_err));
	def.deletion_protection = true;
	assert_ok(table_update(s.e, &h_caller, &def, &h_err));
	assert_status(ST_TABLE_PROTECTED, table_delete(s.e, &h_caller, "Things", false, &h_err));
	def.deletion_protection = false;
	assert_ok(table_update(s.e, &h_caller, &def, &h_err));
	assert_ok(table_set_owner(s.e, &h_caller, t, 5, (gid_t)-1, 0700, &h_err));
	h_reopen(&s); /* with t still referenced: it belongs to the old engine and is only freed */
	assert_ok(table_open(s.e, "Things", &again, &h_err));
	uid_t uid;
	gid_t gid;
	mode_t mode;
	table_get_owner(again, &uid, &gid, &mode);
	assert_int_equal(uid, 5);
	assert_int_equal(mode, 0700);
	assert_ok(table_delete(s.e, &h_caller, "Things", false, &h_err));
	assert_true(table_gone(again));
	assert_status(ST_NO_TABLE, h_put(s.e, again, "{\"pk\":\"a\"}", none, NULL));
	assert_status(ST_NO_TABLE, table_delete(s.e, &h_caller, "Things", false, &h_err));
	table_unref(t);
	table_unref(again);
	t = h_table(s.e, "Things", 'N', 0);
	assert_true(table_id(t) > id);
	struct table_info info;
	table_get_info(t, &info);
	assert_int_equal(info.item_count, 0);
	table_unref(t);
	table_def_finish(&def);
}

static void test_bad_stores(void **state)
{
	struct engine_options o = {.path = "/nonexistent/store", .unlock = &h_unlock};
	struct unlock wrong = {.kind = UNLOCK_KEY_FILE, .secret = SLICE_LIT("another key, of the right length")};
	struct engine *e;
	assert_status(ST_NO_STORE, engine_open(&o, &e, &h_err));
	o.path = s.path;
	assert_status(ST_STORE_BUSY, engine_open(&o, &e, &h_err));
	assert_status(ST_STORE_EXISTS, engine_create(s.path, &h_unlock, &h_err));
	engine_close(s.e);
	s.e = NULL;
	o.unlock = &wrong;
	assert_status(ST_WRONG_KEY, engine_open(&o, &e, &h_err));
	h_open(&s);
}

struct seen {
	struct change last;
	size_t n;
};

static void on_change(const struct change *change, void *arg)
{
	struct seen *seen = arg;
	seen->last = *change;
	seen->n++;
}

static void test_changes_are_told(void **state)
{
	struct table *t = h_table(s.e, "Things", 'S', 0);
	struct seen seen = {0};
	engine_on_change(s.e, on_change, &seen);
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\"}", none, NULL));
	assert_int_equal(seen.last.kind, CHANGE_INSERT);
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\"}", none, NULL));
	assert_int_equal(seen.last.kind, CHANGE_MODIFY);
	assert_status(ST_EXISTS, h_put(s.e, t, "{\"pk\":\"a\"}", absent, NULL));
	assert_int_equal(seen.n, 2);
	struct delete_request d = {.table = t, .key = h_key("a", NULL)};
	assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
	assert_int_equal(seen.last.kind, CHANGE_REMOVE);
	assert_ptr_equal(seen.last.by, &h_caller);
	table_unref(t);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_put_get_delete),
		T(test_conditions),
		T(test_counts_are_exact_and_survive),
		T(test_refused_items),
		T(test_move),
		T(test_put_many_is_all_or_nothing),
		T(test_tables),
		T(test_bad_stores),
		T(test_changes_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

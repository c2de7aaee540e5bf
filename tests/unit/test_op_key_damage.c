/* A byte that went bad inside a stored key: its item answers ST_CORRUPT, not ST_NOT_FOUND, and everything else reads. */
#include "tests/unit/harness.h"

#include "engine/base/bytes.h"
#include "engine/base/file.h"

#define ITEMS 40

static void make_key(int i, char text[16])
{
	snprintf(text, 16, "key%d", i);
}

/** Flips one bit of the n-th byte of the stored key, wherever it lies in the file (old copies of its page included). */
static size_t damage(const struct h_store *s, uint32_t table, const uint8_t hash[PARTITION_HASH_SIZE], size_t n)
{
	char path[96];
	struct buf file = BUF_INIT;
	uint8_t prefix[6 + PARTITION_HASH_SIZE] = {0};
	size_t hits = 0;
	snprintf(path, sizeof path, "%s/data.mdb", s->path);
	assert_ok(file_read(path, 1u << 28, &file, &h_err));
	put_be32(prefix, table);
	memcpy(prefix + 6, hash, PARTITION_HASH_SIZE);
	FILE *f = fopen(path, "r+b");
	assert_non_null(f);
	for (uint8_t *at = file.ptr; (at = memmem(at, file.len - (size_t)(at - file.ptr), prefix, sizeof prefix)); at++, hits++) {
		fseek(f, at - file.ptr + (long)n, SEEK_SET);
		fputc(at[n] ^ 0x10, f);
	}
	fclose(f);
	buf_finish(&file);
	return hits;
}

static void check_all(struct h_store *s, int damaged)
{
	struct table *t;
	assert_ok(table_open(s->e, "Things", &t, &h_err));
	for (int i = 0; i < ITEMS; i++) {
		char text[16];
		make_key(i, text);
		struct key key = h_key(text, NULL);
		assert_status(i == damaged ? ST_CORRUPT : ST_OK, op_get(s->e, &h_caller, t, &key, NULL, NULL, &h_err));
	}
	struct key key = h_key("never was", NULL);
	enum status st = op_get(s->e, &h_caller, t, &key, NULL, NULL, &h_err);
	assert_true(st == ST_NOT_FOUND || (damaged >= 0 && st == ST_CORRUPT));
	table_unref(t);
}

/** Nothing that depends on the item goes on; a put without a condition puts a new one in its place. */
static void check_writes(struct h_store *s)
{
	struct table *t;
	struct buf none = BUF_INIT;
	assert_ok(table_open(s->e, "Things", &t, &h_err));
	struct delete_request d = {.table = t, .key = h_key("key7", NULL)};
	struct update_request u = {.table = t, .key = d.key, .attributes = &none};
	assert_status(ST_CORRUPT, op_delete(s->e, &h_caller, &d, &h_err));
	assert_status(ST_CORRUPT, op_update(s->e, &h_caller, &u, NULL, &h_err));
	assert_status(ST_CORRUPT, h_put(s->e, t, "{\"pk\":\"key7\"}", (struct cond){.kind = COND_ABSENT}, NULL));
	assert_status(ST_CORRUPT, h_put(s->e, t, "{\"pk\":\"key7\"}", (struct cond){.kind = COND_PRESENT}, NULL));
	for (int i = 0; i < ITEMS; i++) {
		char text[16], json[64];
		make_key(i, text);
		snprintf(json, sizeof json, "{\"pk\":\"%s\",\"again\":%d}", text, i);
		enum status st = i == 7 ? ST_OK : h_put(s->e, t, json, (struct cond){.kind = COND_PRESENT}, NULL);
		assert_true(
			st == ST_OK || st == ST_CORRUPT); /* a neighbour that the bad key misleads searches for is not doubled */
	}
	table_unref(t);
}

static void test_damaged_key(void **state)
{
	struct h_store s;
	uint8_t hash[PARTITION_HASH_SIZE];
	char text[16], json[32];
	h_create(&s);
	struct table *t = h_table(s.e, "Things", 'S', 0);
	for (int i = 0; i < ITEMS; i++) {
		make_key(i, text);
		snprintf(json, sizeof json, "{\"pk\":\"%s\"}", text);
		assert_ok(h_put(s.e, t, json, (struct cond){0}, NULL));
	}
	uint32_t id = table_id(t);
	op_partition_hash(t, slice_str("key7"), hash);
	table_unref(t);
	h_reopen(&s);
	check_all(&s, -1);
	for (size_t n = 6; n < 6 + PARTITION_HASH_SIZE; n += 3) {
		engine_close(s.e);
		assert_true(damage(&s, id, hash, n) > 0);
		h_open(&s);
		check_all(&s, 7);
		check_writes(&s);
		engine_close(s.e);
		hash[n - 6] ^= 0x10;
		assert_true(damage(&s, id, hash, n) > 0); /* and back */
		hash[n - 6] ^= 0x10;
		h_open(&s);
		check_all(&s, -1);
	}
	h_remove(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_damaged_key)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

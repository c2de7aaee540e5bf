#include "engine/op/index.h"

#include "engine/base/bytes.h"
#include "engine/value/codec.h"

#define ENTRY_FORMAT 1
#define ENTRY_HEADER (1 + INDEX_HASH_SIZE)

void index_escape(struct slice sk, struct buf *out)
{
	for (size_t i = 0; i < sk.len; i++) {
		buf_add_byte(out, sk.ptr[i]);
		if (sk.ptr[i] == 0)
			buf_add_byte(out, 0xFF);
	}
}

static void add_base_hash(const struct data_key *dk, const struct key *base, struct buf *out)
{
	struct buf bytes = BUF_INIT;
	uint8_t hash[INDEX_HASH_SIZE];
	bytes_put(&bytes, base->pk);
	buf_add_slice(&bytes, base->sk);
	data_key_hash(dk, buf_slice(&bytes), hash);
	buf_add(out, hash, sizeof hash);
	buf_finish(&bytes);
}

void index_row_init(struct index_row *r, const struct table *t, const struct data_key *dk, const struct index *x,
	const struct key *key, const struct key *base)
{
	uint8_t hash[PARTITION_HASH_SIZE];
	*r = (struct index_row){0};
	data_key_hash(dk, key->pk, hash);
	row_key_in(&r->k, t, x->id, hash);
	if (schema_has_sk(&x->schema)) {
		index_escape(key->sk, &r->sort);
		buf_add(&r->sort, "\0", 2);
	}
	add_base_hash(dk, base, &r->sort);
	r->k.key.sort = buf_slice(&r->sort);
	r->k.key.has_sort = true;
}

void index_row_finish(struct index_row *r)
{
	buf_finish(&r->sort);
}

void index_entry_encode(const struct data_key *dk, const struct key *key, const struct key *base, struct buf *out)
{
	uint8_t hash[INDEX_HASH_SIZE];
	data_key_hash(dk, key->sk, hash);
	buf_add_byte(out, ENTRY_FORMAT);
	buf_add(out, hash, sizeof hash);
	bytes_put(out, base->pk);
	buf_add_slice(out, base->sk);
}

bool index_entry_decode(struct slice plain, bool has_sk, struct index_entry_plain *ret)
{
	if (plain.len < ENTRY_HEADER || plain.ptr[0] != ENTRY_FORMAT)
		return false;
	memcpy(ret->sort_hash, plain.ptr + 1, INDEX_HASH_SIZE);
	struct slice rest = slice_from(plain, ENTRY_HEADER);
	if (!bytes_get(&rest, &ret->base.pk))
		return false;
	ret->base.sk = rest;
	return has_sk == (rest.len > 0);
}

/* Names and attributes are both in the order of bytes, so one walk takes them together. */

struct picked {
	const struct name_list *names;
	struct value_iter it;
	size_t at;
};

static struct picked pick(const struct name_list *names, struct slice item)
{
	return (struct picked){.names = names, .it = value_iter(item_value(item))};
}

static bool pick_next(struct picked *p, struct slice *name, struct value *v)
{
	while (p->at < p->names->count && value_next(&p->it, name, v)) {
		int c = -1;
		while (p->at < p->names->count && (c = slice_cmp(slice_str(p->names->names[p->at]), *name)) < 0)
			p->at++;
		if (p->at < p->names->count && c == 0)
			return true;
	}
	return false;
}

size_t index_entry_size(const struct index *x, struct slice item, size_t whole)
{
	if (x->projection == PROJECTION_ALL)
		return whole;
	struct picked p = pick(&x->projected, item);
	struct slice name;
	struct value v;
	size_t size = 0;
	while (pick_next(&p, &name, &v))
		size += name.len + value_size(v);
	return size;
}

void index_pick(const struct name_list *names, struct slice item, struct buf *out)
{
	struct picked p = pick(names, item);
	struct slice name;
	struct value v;
	uint8_t header[VARINT_MAX];
	size_t from = out->len, count = 0;
	for (; pick_next(&p, &name, &v); count++) {
		bytes_put(out, name);
		value_encode(v, out);
	}
	buf_insert(out, from, header, varint_put(header, count));
}

bool index_projects(const struct index *x, struct slice attribute)
{
	bool found = x->projection == PROJECTION_ALL;
	for (size_t i = 0; i < x->projected.count && !found; i++)
		found = slice_eq_str(attribute, x->projected.names[i]);
	return found;
}

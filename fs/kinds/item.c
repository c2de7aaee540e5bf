/** Items: files whose text is the item. Cached by the kernel when opened for reading; staged in memory when opened for writing. */
#include <fcntl.h>
#include <sodium.h>

#include "fs/datadir.h"
#include "fs/path.h"

/**
 * Up to this size the kernel fetches an item with one request, so that what it caches is always one version. A longer one is read once for
 * each descriptor, past the cache: nobody sees the halves of two versions.
 */
#define CACHED_SIZE_MAX 16384

/**
 * An item that changed a moment ago may change again while it is being read. The kernel's idea of a file's length then belongs to another
 * version than the bytes it asks for, and a reader through the cache would see a torn document; a descriptor of its own reads one version
 * from beginning to end. So only items that have come to rest are cached.
 */
#define RESTLESS_NS (2 * NS_PER_S)

/**
 * An item that rested may be in the middle of being read through the cache when it changes for the first time. The change waits for such readers
 * to close, once, and no longer than this; who opens the item meanwhile reads past the cache.
 */
#define READERS_WAIT_NS (NS_PER_S / 50)

struct json_style item_style(const struct table *t, bool typed)
{
	const struct key_schema *schema = table_schema(t);
	return (struct json_style){
		.form = typed ? JSON_TYPED : JSON_NATURAL, .first = {slice_str(schema->pk.name), slice_str(schema->sk.name)}};
}

uint64_t item_length(const struct table *t, bool typed, const struct item_meta *meta, struct slice item)
{
	if (!typed)
		return meta->text_len;
	struct json_style style = item_style(t, true);
	return json_item_length(item, &style);
}

/** The two spellings of an item must not pass for one file: cp would refuse to copy between them. */
static uint64_t item_inode(bool typed, uint64_t identity)
{
	uint64_t inode = identity ^ (typed ? UINT64_C(0x5A5A5A5A5A5A5A5A) : 0);
	return inode > FUSE_ROOT_ID ? inode : FUSE_ROOT_ID + 1;
}

struct owner owner_of_table(struct table *t)
{
	struct owner o;
	table_get_owner(t, &o.uid, &o.gid, &o.mode);
	return o;
}

void item_entry(
	const struct owner *o, bool typed, uint64_t identity, const struct item_meta *meta, uint64_t length, struct entry *ret)
{
	struct stat *st = &ret->st;
	double keep = meta->version ? KEEP_LONG : 0;
	*ret = (struct entry){.entry_s = keep, .attr_s = keep};
	st->st_uid = o->uid;
	st->st_gid = o->gid;
	st->st_mode = S_IFREG | (o->mode & 0666);
	st->st_ino = item_inode(typed, identity);
	st->st_nlink = 1;
	st->st_size = (off_t)length;
	st->st_blocks = (blkcnt_t)((length + 511) / 512);
	st->st_blksize = 4096;
	st->st_mtim = st->st_atim = clock_timespec(meta->modified_ns);
	st->st_ctim = clock_timespec(meta->changed_ns);
}

void item_draft_entry(struct ask *a, struct node *n, const struct memo *memo, struct entry *ret)
{
	struct key key = path_key(n);
	struct item_meta meta = {.changed_ns = memo->made_ns, .modified_ns = memo->modified_ns};
	struct owner o = owner_of_table(n->table);
	item_entry(&o, node_is(n, NODE_TYPED), op_item_identity(n->table, &key), &meta, memo->size, ret);
	ret->node = n;
	ret->entry_s = ret->attr_s = 0; /* only its maker sees it, and only until it is an item */
}

enum status item_probe(struct ask *a, struct table *t, bool typed, const struct key *key, struct item_meta *meta, uint64_t *length)
{
	struct buf item = BUF_INIT;
	enum status st = op_get(a->fs->engine, &a->caller, t, key, meta, typed ? &item : NULL, &a->err);
	if (!st)
		*length = item_length(t, typed, meta, buf_slice(&item));
	if (st == ST_CORRUPT) {
		*meta = (struct item_meta){0};
		*length = 0;
		st = ST_OK;
	}
	buf_finish(&item);
	return st;
}

enum status item_put(struct ask *a, struct table *t, bool typed, const struct key *key, struct slice text, struct cond cond,
	uint64_t modified_ns, struct item_meta *meta)
{
	struct buf written = BUF_INIT, item = BUF_INIT;
	enum status st = key_check(table_schema(t), key, &a->err);
	if (!st)
		st = json_read_item(text, typed ? JSON_TYPED : JSON_NATURAL, &written, &a->err);
	if (!st)
		st = key_fill_item(table_schema(t), key, buf_slice(&written), &item, &a->err);
	if (!st) {
		struct put_request r = {
			.table = t, .item = buf_slice(&item), .cond = cond, .mode = COMMIT_VISIBLE, .modified_ns = modified_ns};
		st = op_put(a->fs->engine, &a->caller, &r, meta, &a->err);
	}
	if (!st)
		notify_item(a->fs, t, key, typed);
	buf_finish(&written);
	buf_finish(&item);
	return st;
}

/** A touched item without a document, or one that was removed while open. */
static enum status getattr_absent(struct ask *a, struct node *n, struct entry *ret)
{
	struct memo *memo = memo_get(a->fs, n);
	struct memo none = {0};
	struct node *named = ret->node;
	if (!memo && !node_is(n, NODE_GONE))
		return ST_NOT_FOUND;
	item_draft_entry(a, n, memo ? memo : &none, ret);
	ret->node = named;
	ret->st.st_nlink = memo != NULL;
	memo_put(a->fs, memo);
	return ST_OK;
}

static enum status item_getattr(struct ask *a, struct node *n, struct entry *ret)
{
	struct key key = path_key(n);
	bool typed = node_is(n, NODE_TYPED);
	struct item_meta meta;
	uint64_t length;
	struct node *named = ret->node;
	enum status st = node_is(n, NODE_GONE) ? ST_NOT_FOUND : item_probe(a, n->table, typed, &key, &meta, &length);
	if (st == ST_NOT_FOUND)
		return getattr_absent(a, n, ret);
	if (st)
		return st;
	struct owner o = owner_of_table(n->table);
	item_entry(&o, typed, op_item_identity(n->table, &key), &meta, length, ret);
	ret->node = named;
	return ST_OK;
}

/**
 * chmod and chown to what it is, and any time, are taken and change nothing: copying tools insist on them. While a descriptor is open for
 * writing any are: install(1) and cp -p set them on what they write.
 */
static enum status item_setattr(struct ask *a, struct node *n, const struct stat *want, int which)
{
	struct entry now = {0};
	enum status st = item_getattr(a, n, &now);
	if (st)
		return st;
	if ((which & FUSE_SET_ATTR_SIZE) && want->st_size != 0 && want->st_size != now.st.st_size)
		return err_set(&a->err, ST_SYNTAX, "an item cannot be cut off or made longer; write a whole document");
	if (atomic_load(&n->writers) > 0)
		return ST_OK;
	if ((which & FUSE_SET_ATTR_MODE) && (want->st_mode & 07777) != (now.st.st_mode & 07777))
		return err_set(&a->err, ST_NOT_PERMITTED, "an item has the mode of its table (%04o); chmod the table",
			now.st.st_mode & 07777);
	if (((which & FUSE_SET_ATTR_UID) && want->st_uid != now.st.st_uid) ||
		((which & FUSE_SET_ATTR_GID) && want->st_gid != now.st.st_gid))
		return err_set(&a->err, ST_NOT_PERMITTED, "an item has the owner of its table; chown the table");
	return ST_OK;
}

static bool is_restless(const struct node *n, const struct item_meta *meta)
{
	return atomic_load(&n->writers) > 0 || clock_wall_ns() < meta->changed_ns + RESTLESS_NS;
}

void item_await_readers(struct node *n)
{
	const struct timespec nap = {.tv_nsec = 200000};
	uint64_t start = clock_monotonic_ns();
	if (atomic_load(&n->cached_readers) == 0 || start - atomic_load(&n->awaited_ns) < RESTLESS_NS)
		return;
	atomic_store(&n->awaited_ns, start);
	while (atomic_load(&n->cached_readers) > 0 && clock_monotonic_ns() - start < READERS_WAIT_NS)
		nanosleep(&nap, NULL);
}

/** While nothing in the whole store changes, what was true at the last open still is, and the engine need not be asked. */
static bool still_cached(const struct fs *fs, struct node *n)
{
	return atomic_load(&n->unchanged_since) == atomic_load(&fs->changes) && atomic_load(&n->writers) == 0 &&
	       !node_is(n, NODE_GONE) && !table_gone(n->table);
}

static void decide_caching(struct handle *h, const struct item_meta *meta, uint64_t length)
{
	struct node *n = h->node;
	h->direct_io = length > CACHED_SIZE_MAX || is_restless(n, meta);
	if (h->direct_io) {
		h->keep_cache = true; /* it neither uses nor renews what the kernel has */
		return;
	}
	h->keep_cache = atomic_exchange(&n->opened_version, meta->version) == meta->version;
	atomic_store(&n->unchanged_since, h->changes);
}

/** Content that somebody reads, and which therefore uses capacity; a look at an item does not (op_get()). */
static enum status get_content(struct ask *a, struct node *n, struct item_meta *meta, struct buf *item)
{
	struct get_request r = {.table = n->table, .key = path_key(n), .consistent = true};
	return op_get_item(a->fs->engine, &a->caller, &r, meta, item, &a->err);
}

static enum status choose_caching(struct ask *a, struct handle *h)
{
	struct node *n = h->node;
	struct key key = path_key(n);
	struct item_meta meta;
	bool typed = node_is(n, NODE_TYPED), cold = atomic_load(&n->opened_version) == 0;
	if (still_cached(a->fs, n)) {
		h->direct_io = false;
		h->keep_cache = true;
		return ST_OK;
	}
	h->changes = atomic_load(&a->fs->changes); /* before the item: what is older than it is known to be does no harm */
	enum status st = typed || cold ? get_content(a, n, &meta, &h->item)
				       : op_get(a->fs->engine, &a->caller, n->table, &key, &meta, NULL, &a->err);
	if (!st)
		decide_caching(h, &meta, item_length(n->table, typed, &meta, buf_slice(&h->item)));
	return st;
}

static enum status open_read(struct ask *a, struct handle *h)
{
	h->noflush = true;
	atomic_fetch_add(&h->node->cached_readers, 1); /* before it looks for writers: one of the two sees the other */
	enum status st = choose_caching(a, h);
	h->cached = !st && !h->direct_io;
	if (!h->cached)
		atomic_fetch_sub(&h->node->cached_readers, 1);
	return st;
}

/**
 * What cannot be read can still be replaced as a whole. With O_TRUNC the kernel forgets length and pages as soon as the open is answered: readers
 * through its cache have to be done by then.
 */
static enum status open_write(struct ask *a, struct handle *h)
{
	struct key key = path_key(h->node);
	if (h->flags & O_TRUNC)
		item_await_readers(h->node);
	enum status st = op_get(a->fs->engine, &a->caller, h->node->table, &key, NULL, NULL, &a->err);
	return st == ST_CORRUPT && (h->flags & O_TRUNC) ? ST_OK : st;
}

static enum status item_open(struct ask *a, struct handle *h)
{
	handle_count_writer(h); /* who opens it from now on reads past the cache */
	enum status st = handle_writes(h) ? open_write(a, h) : open_read(a, h);
	if (st == ST_NOT_FOUND && (h->memo = memo_get(a->fs, h->node))) {
		memo_opened(a->fs, h->memo);
		h->direct_io = true;
		st = ST_OK;
	}
	if (st)
		handle_uncount_writer(h);
	return st;
}

/** The item that open(2) fetched, when nothing has changed since. */
static bool take_opened(struct ask *a, struct handle *h, const struct json_style *style)
{
	if (h->item.len == 0 || h->changes != atomic_load(&a->fs->changes))
		return false;
	buf_reset(&h->text);
	json_write_item(buf_slice(&h->item), style, &h->text);
	buf_finish(&h->item);
	return true;
}

/** Reads the present item as text; what is not there (a draft) is empty. */
static enum status read_text(struct ask *a, struct handle *h, uint64_t *version)
{
	struct node *n = h->node;
	struct json_style style = item_style(n->table, node_is(n, NODE_TYPED));
	struct item_meta meta = {0};
	struct buf item = BUF_INIT;
	if (take_opened(a, h, &style))
		return ST_OK;
	enum status st = get_content(a, n, &meta, &item);
	if (st == ST_NOT_FOUND && h->memo)
		st = ST_OK;
	else if (!st) {
		buf_reset(&h->text);
		json_write_item(buf_slice(&item), &style, &h->text);
		*version = meta.version;
	}
	buf_finish(&item);
	return st;
}

static enum status item_load(struct ask *a, struct handle *h)
{
	return read_text(a, h, &h->version);
}

/**
 * Through the cache, too, a descriptor reads one version from beginning to end, and another one when it starts over: who reads in two pieces
 * while the item changes must not get the halves of two.
 */
static enum status item_read(struct ask *a, struct handle *h, size_t size, uint64_t offset, struct slice *ret)
{
	uint64_t version;
	if (h->direct_io)
		return handle_read(a, h, size, offset, ret);
	enum status st = h->loaded && offset > 0 ? ST_OK : read_text(a, h, &version);
	if (st)
		return st;
	h->loaded = true;
	*ret = handle_part(buf_slice(&h->text), size, offset);
	return ST_OK;
}

static enum status item_commit(struct ask *a, struct handle *h)
{
	struct node *n = h->node;
	struct key key = path_key(n);
	struct cond cond = {.kind = h->exclusive ? COND_ABSENT : h->version ? COND_VERSION : COND_NONE, .version = h->version};
	struct item_meta meta;
	if (node_is(n, NODE_GONE))
		return err_set(&a->err, ST_NOT_FOUND, "the file was removed while it was open");
	item_await_readers(n);
	enum status st = item_put(a, n->table, node_is(n, NODE_TYPED), &key, buf_slice(&h->text), cond, 0, &meta);
	if (st)
		return st;
	if (h->version)
		h->version = meta.version;
	memo_forget(a->fs, n);
	return ST_OK;
}

static enum status item_write(struct ask *a, struct handle *h, struct slice bytes, uint64_t offset)
{
	enum status st = handle_write(a, h, bytes, offset);
	if (st || h->committed || !h->memo)
		return st;
	return memo_resize(a->fs, h->memo, h->text.len, &a->err);
}

static void add_etag(struct buf *out, struct slice text)
{
	uint8_t digest[crypto_generichash_BYTES_MIN];
	crypto_generichash(digest, sizeof digest, text.ptr, text.len, NULL, 0);
	for (size_t i = 0; i < sizeof digest; i++)
		buf_addf(out, "%02x", digest[i]);
}

/** Both parts of the key as a JSON document, so that any bytes can be told. */
static void add_key(struct buf *out, const struct key_schema *schema, struct slice item)
{
	struct item_builder b;
	struct buf key = BUF_INIT;
	struct json_style style = {
		.form = JSON_NATURAL, .line = true, .first = {slice_str(schema->pk.name), slice_str(schema->sk.name)}};
	item_builder_init(&b);
	item_add(&b, slice_str(schema->pk.name), item_get(item, slice_str(schema->pk.name)));
	if (schema_has_sk(schema))
		item_add(&b, slice_str(schema->sk.name), item_get(item, slice_str(schema->sk.name)));
	if (item_builder_end(&b, &key, NULL) == ST_OK)
		json_write_item(buf_slice(&key), &style, out);
	item_builder_finish(&b);
	buf_finish(&key);
}

static enum status item_xattr(struct ask *a, struct node *n, struct slice name, struct buf *out)
{
	static const char names[] = "user.itemfs.version\0user.itemfs.etag\0user.itemfs.key";
	struct key key = path_key(n);
	struct item_meta meta;
	struct buf item = BUF_INIT, text = BUF_INIT;
	if (name.len == 0) {
		buf_add(out, names, sizeof names);
		return ST_OK;
	}
	enum status st = op_get(a->fs->engine, &a->caller, n->table, &key, &meta, &item, &a->err);
	if (st) {
	} else if (slice_eq_str(name, "user.itemfs.version")) {
		buf_addf(out, "%llu", (unsigned long long)meta.version);
	} else if (slice_eq_str(name, "user.itemfs.etag")) {
		struct json_style style = item_style(n->table, false);
		json_write_item(buf_slice(&item), &style, &text);
		add_etag(out, buf_slice(&text));
	} else if (slice_eq_str(name, "user.itemfs.key")) {
		add_key(out, table_schema(n->table), buf_slice(&item));
	} else {
		st = ST_NOT_FOUND;
	}
	buf_finish(&item);
	buf_finish(&text);
	return st;
}

const struct kind kind_item = {
	.name = "item",
	.getattr = item_getattr,
	.setattr = item_setattr,
	.open = item_open,
	.read = item_read,
	.write = item_write,
	.truncate = handle_truncate,
	.flush = handle_flush,
	.load = item_load,
	.commit = item_commit,
	.xattr = item_xattr,
};

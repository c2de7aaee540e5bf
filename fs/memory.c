#include "fs/memory.h"

#include <stdlib.h>

#include "engine/base/clock.h"
#include "fs/session.h"

#define MINUTE_NS (60 * NS_PER_S)

static const uint64_t idle_max_ns[MEMO_KINDS] = {
	[MEMO_SCRATCH] = 10 * MINUTE_NS,
	[MEMO_ITEM] = 10 * MINUTE_NS,
	[MEMO_PARTITION] = MINUTE_NS,
	[MEMO_TABLE] = 60 * MINUTE_NS,
};

void memory_init(struct memory *m)
{
	*m = (struct memory){0};
	mutex_init(&m->lock);
}

static void memo_free(struct memo *memo)
{
	buf_finish(&memo->data);
	mutex_finish(&memo->lock);
	free(memo);
}

void memory_finish(struct memory *m)
{
	for (struct memo *memo = m->list, *next; memo; memo = next) {
		next = memo->next;
		memo_free(memo);
	}
	m->list = NULL;
	mutex_finish(&m->lock);
}

static void list_add(struct memory *m, struct memo *memo) REQUIRES(m->lock)
{
	memo->before = NULL;
	memo->next = m->list;
	if (m->list)
		m->list->before = memo;
	m->list = memo;
	m->bytes += MEMO_BYTES;
	m->counts[memo->kind]++;
}

/** Returns the node, whose pin passes to the caller. */
static struct node *list_remove(struct memory *m, struct memo *memo) REQUIRES(m->lock)
{
	struct node *n = memo->node;
	*(memo->before ? &memo->before->next : &m->list) = memo->next;
	if (memo->next)
		memo->next->before = memo->before;
	m->bytes -= MEMO_BYTES;
	m->counts[memo->kind]--;
	n->extra = NULL;
	memo->node = NULL;
	return n;
}

static struct memo *memo_new(struct node *n, enum memo_kind kind, const struct caller *c, mode_t mode)
{
	struct memo *memo = xcalloc(1, sizeof *memo);
	memo->node = n;
	memo->kind = kind;
	memo->uid = c->uid;
	memo->gid = c->gid;
	memo->mode = mode;
	memo->refs = 2; /* the list's and the caller's */
	memo->used_ns = clock_monotonic_ns();
	memo->made_ns = clock_wall_ns();
	memo->modified_ns = memo->made_ns;
	mutex_init(&memo->lock);
	return memo;
}

enum status memo_make(
	struct fs *fs, struct node *n, enum memo_kind kind, const struct caller *c, mode_t mode, struct memo **ret, struct err *err)
{
	struct memory *m = &fs->memory;
	bool full = false;
	mutex_lock(&m->lock);
	struct memo *memo = n->extra;
	if (memo) {
		memo->refs++;
	} else if (!(full = m->bytes + MEMO_BYTES > MEMORY_BYTES_MAX)) {
		n->extra = memo = memo_new(n, kind, c, mode);
		list_add(m, memo);
		node_pin(&fs->nodes, n);
	}
	mutex_unlock(&m->lock);
	if (full)
		return err_set(err, ST_LIMIT,
			"scratch files and drafts hold %u MB already; remove some or wait until they are forgotten",
			MEMORY_BYTES_MAX >> 20);
	*ret = memo;
	return ST_OK;
}

struct memo *memo_get(struct fs *fs, struct node *n)
{
	mutex_lock(&fs->memory.lock);
	struct memo *memo = n->extra;
	if (memo) {
		memo->refs++;
		memo->used_ns = clock_monotonic_ns();
	}
	mutex_unlock(&fs->memory.lock);
	return memo;
}

void memo_put(struct fs *fs, struct memo *memo)
{
	if (!memo)
		return;
	mutex_lock(&fs->memory.lock);
	bool last = --memo->refs == 0;
	if (last)
		fs->memory.bytes -= memo->size;
	mutex_unlock(&fs->memory.lock);
	if (last)
		memo_free(memo);
}

void memo_opened(struct fs *fs, struct memo *memo)
{
	mutex_lock(&fs->memory.lock);
	memo->handles++;
	mutex_unlock(&fs->memory.lock);
}

void memo_closed(struct fs *fs, struct memo *memo)
{
	if (!memo)
		return;
	mutex_lock(&fs->memory.lock);
	memo->handles--;
	memo->used_ns = clock_monotonic_ns();
	if (memo->kind == MEMO_ITEM) { /* what was staged for it went with the handle */
		fs->memory.bytes -= memo->size;
		memo->size = 0;
	}
	mutex_unlock(&fs->memory.lock);
	memo_put(fs, memo);
}

void memo_forget(struct fs *fs, struct node *n)
{
	mutex_lock(&fs->memory.lock);
	struct memo *memo = n->extra;
	if (memo)
		list_remove(&fs->memory, memo);
	mutex_unlock(&fs->memory.lock);
	if (!memo)
		return;
	memo_put(fs, memo);
	node_unpin(&fs->nodes, n);
}

struct node *memo_find(struct fs *fs, struct node *dir, enum memo_kind which, const struct kind *kind, struct slice bytes)
{
	if (atomic_load_explicit(&fs->memory.counts[which], memory_order_relaxed) == 0)
		return NULL;
	struct node *n = node_find(&fs->nodes, dir, kind, bytes);
	if (!n)
		return NULL;
	mutex_lock(&fs->memory.lock);
	bool has = n->extra != NULL;
	mutex_unlock(&fs->memory.lock);
	if (has)
		return n;
	node_unpin(&fs->nodes, n);
	return NULL;
}

void memory_each(struct fs *fs, const struct node *dir, enum memo_kind kind, size_t skip, memo_fn *fn, void *arg)
{
	size_t i = 0;
	if (atomic_load_explicit(&fs->memory.counts[kind], memory_order_relaxed) == 0)
		return;
	mutex_lock(&fs->memory.lock);
	for (struct memo *memo = fs->memory.list; memo; memo = memo->next) {
		if (memo->kind != kind || memo->hidden || node_parent(memo->node) != dir || i++ < skip)
			continue;
		if (!fn(memo, i - 1, arg))
			break;
	}
	mutex_unlock(&fs->memory.lock);
}

enum status memo_resize(struct fs *fs, struct memo *memo, size_t size, struct err *err)
{
	struct memory *m = &fs->memory;
	mutex_lock(&m->lock);
	bool fits = size <= memo->size || m->bytes + (size - memo->size) <= MEMORY_BYTES_MAX;
	if (fits) {
		m->bytes += size - memo->size;
		memo->size = size;
		memo->used_ns = clock_monotonic_ns();
	}
	mutex_unlock(&m->lock);
	if (fits)
		return ST_OK;
	return err_set(err, ST_LIMIT, "scratch files may hold %u MB together, which this would exceed", MEMORY_BYTES_MAX >> 20);
}

size_t memory_expire(struct fs *fs, struct node **ret, size_t n)
{
	struct memory *m = &fs->memory;
	struct memo *dead[64];
	size_t found = 0, max = n < 64 ? n : 64;
	uint64_t now = clock_monotonic_ns();
	mutex_lock(&m->lock);
	for (struct memo *memo = m->list, *next; memo && found < max; memo = next) {
		next = memo->next;
		if (memo->handles > 0 || now - memo->used_ns < idle_max_ns[memo->kind])
			continue;
		dead[found] = memo;
		ret[found++] = list_remove(m, memo);
	}
	mutex_unlock(&m->lock);
	for (size_t i = 0; i < found; i++) {
		if (ret[i]->kind == &kind_scratch || ret[i]->kind == &kind_draft)
			node_remove(&fs->nodes, ret[i]);
		memo_put(fs, dead[i]);
	}
	return found;
}

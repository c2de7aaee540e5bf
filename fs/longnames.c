#include "fs/longnames.h"

#include <stdlib.h>

#include "engine/base/bytes.h"

void longnames_init(struct longnames *l)
{
	mutex_init(&l->lock);
	l->slots = NULL;
}

void longnames_finish(struct longnames *l)
{
	for (size_t i = 0; l->slots && i < LONGNAMES_SLOTS; i++)
		buf_finish(&l->slots[i].key);
	free(l->slots);
	mutex_finish(&l->lock);
}

static struct longname *slot_of(struct longnames *l, const uint8_t *digest) REQUIRES(l->lock)
{
	return &l->slots[get_le32(digest) % LONGNAMES_SLOTS];
}

void longnames_note(struct longnames *l, enum value_type type, struct slice key, bool file)
{
	uint8_t digest[NAME_DIGEST_SIZE];
	if (!name_digest(type, key, file, digest))
		return;
	mutex_lock(&l->lock);
	if (!l->slots)
		l->slots = xcalloc(LONGNAMES_SLOTS, sizeof *l->slots);
	struct longname *slot = slot_of(l, digest);
	memcpy(slot->digest, digest, sizeof digest);
	buf_reset(&slot->key);
	buf_add_slice(&slot->key, key);
	mutex_unlock(&l->lock);
}

bool longnames_find(struct longnames *l, struct buf *key)
{
	bool found = false;
	mutex_lock(&l->lock);
	if (l->slots && key->len == NAME_DIGEST_SIZE) {
		struct longname *slot = slot_of(l, key->ptr);
		found = slot->key.len > 0 && memcmp(slot->digest, key->ptr, NAME_DIGEST_SIZE) == 0;
		if (found) {
			buf_reset(key);
			buf_add_slice(key, buf_slice(&slot->key));
		}
	}
	mutex_unlock(&l->lock);
	return found;
}

/** The master keys of one open store, in guarded memory; what keyring_open() makes and keys.c uses. */
#ifndef ENGINE_CRYPT_MASTERS_H
#define ENGINE_CRYPT_MASTERS_H

#include "engine/crypt/keys.h"

enum master_state { MASTER_ENABLED, MASTER_DISABLED, MASTER_DESTROYED };

#define MASTER_COUNT_MAX 16

struct master {
	char id[37];
	enum master_state state;
	uint8_t key[32]; /* zero when destroyed */
};

struct masters {
	char store_id[37];
	size_t count;
	struct master all[MASTER_COUNT_MAX];
};

#endif

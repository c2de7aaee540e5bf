/** What stands behind store.h: one table of functions, which lmdb.c and fault.c fill. Contracts: store.h. */
#ifndef ENGINE_STORE_BACKEND_H
#define ENGINE_STORE_BACKEND_H

#include "engine/store/store.h"

struct store_ops {
	enum status (*read)(struct store *s, store_fn *fn, void *arg, struct err *err);
	enum status (*write)(struct store *s, store_fn *fn, void *arg, enum store_commit commit, struct err *err);
	enum status (*sync)(struct store *s, struct err *err);
	enum status (*replay)(struct store *s, store_table_fn *prepare, void *arg, struct err *err);
	void (*set_hooks)(struct store *s, const struct store_hooks *hooks);
	void (*get_stat)(struct store *s, struct store_stat *ret);
	void (*close)(struct store *s);

	enum status (*get)(
		struct store_txn *txn, enum store_db db, const struct store_key *key, struct store_row *row, struct err *err);
	enum status (*put)(struct store_txn *txn, enum store_db db, const struct store_key *key, size_t len, uint8_t **value,
		struct store_row *row, struct err *err);
	enum status (*del)(struct store_txn *txn, enum store_db db, const struct store_key *key, struct err *err);
	enum status (*range)(struct store_txn *txn, const struct store_range *range, store_row_fn *fn, void *arg, struct err *err);
	enum status (*del_range)(
		struct store_txn *txn, const struct store_range *range, size_t limit, size_t *ret, struct err *err);
};

/* The first member of each implementation's own struct. */
struct store {
	const struct store_ops *ops;
};

struct store_txn {
	const struct store_ops *ops;
};

#endif

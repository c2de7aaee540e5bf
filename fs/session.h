/** One mounted file system: what its parts share. Private to fs/. */
#ifndef FS_SESSION_H
#define FS_SESSION_H

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "fs/errors.h"
#include "fs/fs.h"
#include "fs/kind.h"
#include "fs/longnames.h"
#include "fs/memory.h"
#include "fs/node.h"
#include "fs/notify.h"

struct fs {
	struct engine *engine;
	struct fuse_session *session;
	char *mountpoint;
	bool read_only;
	unsigned threads;
	uid_t uid;
	gid_t gid;
	uint64_t mounted_ns;
	char *listening; /* URL of the API; NULL: it is not served */
	struct nodes nodes;
	struct notify notify;
	struct memory memory;
	struct errors errors;
	struct longnames longnames;
	pthread_t waker; /* fs_stop() */
	_Atomic bool stopping;
	bool waker_started;
	_Atomic uint64_t changes;  /* counts every change of any item, whoever made it; starts at 1 */
	_Atomic uint64_t requests; /* answered since the mount */
};

extern const struct fuse_lowlevel_ops fs_ops;

#endif

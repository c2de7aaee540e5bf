/** Who asks, and through which face. Every operation takes one, so that policies and audit see the same thing everywhere. */
#ifndef ENGINE_CALLER_H
#define ENGINE_CALLER_H

#include <stdbool.h>
#include <sys/types.h>

enum face { FACE_ENGINE, FACE_FS, FACE_HTTP, FACE_CLI };

struct caller {
	const char *principal; /* ARN or user name; NULL: known by uid only. Borrowed for the call. */
	uid_t uid;
	gid_t gid;
	pid_t pid;
	enum face face;
	bool (*interrupted)(void *arg); /* the caller wants no answer any more: asked by calls that wait; NULL: it does not say */
	void *arg;
};

#endif

/**
 * Mutexes that clang's -Wthread-safety can follow. Under gcc the annotations vanish.
 *
 *   struct mutex m;             a lock
 *   int n GUARDED_BY(m);        a field that only its holder touches
 *   void f(void) REQUIRES(m);   the caller holds it      void g(void) EXCLUDES(m);   the caller must not
 *
 * Lock order stands once, in the README of each folder.
 */
#ifndef ENGINE_BASE_THREAD_H
#define ENGINE_BASE_THREAD_H

#include <pthread.h>

#if defined(__clang__)
#define TSA(x) __attribute__((x))
#else
#define TSA(x)
#endif

#define CAPABILITY(x) TSA(capability(x))
/* In C, clang finds other members of the struct in an attribute only where it parses attributes late, which no released version does yet
 * without being told: -DGUARDED_BY_CHECKED -fexperimental-late-parse-attributes. */
#ifdef GUARDED_BY_CHECKED
#define GUARDED_BY(x) TSA(guarded_by(x))
#else
#define GUARDED_BY(x)
#endif
#define REQUIRES(...) TSA(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) TSA(locks_excluded(__VA_ARGS__))
#define ACQUIRES(...) TSA(acquire_capability(__VA_ARGS__))
#define RELEASES(...) TSA(release_capability(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS TSA(no_thread_safety_analysis)

struct CAPABILITY("mutex") mutex {
	pthread_mutex_t os;
};

#define MUTEX_INIT {PTHREAD_MUTEX_INITIALIZER}

static inline void mutex_init(struct mutex *m)
{
	pthread_mutex_init(&m->os, NULL);
}

static inline void mutex_finish(struct mutex *m)
{
	pthread_mutex_destroy(&m->os);
}

static inline void mutex_lock(struct mutex *m) ACQUIRES(m) NO_THREAD_SAFETY_ANALYSIS
{
	pthread_mutex_lock(&m->os);
}

static inline void mutex_unlock(struct mutex *m) RELEASES(m) NO_THREAD_SAFETY_ANALYSIS
{
	pthread_mutex_unlock(&m->os);
}

/** Waits for `c`, giving up the lock meanwhile. */
static inline void mutex_wait(struct mutex *m, pthread_cond_t *c) REQUIRES(m)
{
	pthread_cond_wait(c, &m->os);
}

#endif

#include <malloc.h>
#include <time.h>

#include "src/http/server.h"

/* A thread that had nothing to do for so long ends. */
#define IDLE_S 10
/* Operations keep records and expressions on the heap. What is deepest: a condition of 300 operators, each inside the other, half a KB a level. */
#define STACK_SIZE (512u << 10)

void crew_init(struct crew *c, size_t max)
{
	*c = (struct crew){.max = max};
	c->last = &c->first;
	mutex_init(&c->lock);
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attr);
	pthread_condattr_destroy(&attr);
	pthread_cond_init(&c->ended, NULL);
}

static struct job *take(struct crew *c) REQUIRES(c->lock)
{
	struct job *j = c->first;
	c->first = j->next;
	if (!c->first)
		c->last = &c->first;
	c->queued--;
	return j;
}

/** Waits for work; false when this thread should end. */
static bool await_work(struct crew *c) REQUIRES(c->lock)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_S;
	int failed = 0;
	c->idle++;
	while (!c->first && !c->stop && !failed)
		failed = pthread_cond_timedwait(&c->wake, &c->lock.os, &until);
	c->idle--;
	return c->first != NULL;
}

static void *work(void *arg)
{
	struct crew *c = arg;
	mutex_lock(&c->lock);
	while (await_work(c)) {
		struct job *j = take(c);
		mutex_unlock(&c->lock);
		j->run(j);
		mutex_lock(&c->lock);
	}
	bool last = --c->threads == 0, over = c->stop;
	if (last)
		pthread_cond_broadcast(&c->ended);
	mutex_unlock(&c->lock);
	if (last && !over)
		malloc_trim(
			0); /* a rush leaves its memory with the allocator, in an arena for each thread, which keeps it unless told */
	return NULL;
}

static bool start_thread(struct crew *c) REQUIRES(c->lock)
{
	pthread_attr_t attr;
	pthread_t thread;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	bool started = pthread_create(&thread, &attr, work, c) == 0;
	pthread_attr_destroy(&attr);
	c->threads += started;
	return started;
}

bool crew_add(struct crew *c, struct job *j)
{
	mutex_lock(&c->lock);
	bool enough = c->idle > c->queued || c->threads >= c->max;
	bool taken = enough || start_thread(c) || c->threads > 0;
	if (taken) {
		j->next = NULL;
		*c->last = j;
		c->last = &j->next;
		c->queued++;
	}
	mutex_unlock(&c->lock);
	if (taken)
		pthread_cond_signal(&c->wake); /* whom it wakes finds the lock free */
	return taken;
}

void crew_finish(struct crew *c)
{
	mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_broadcast(&c->wake);
	while (c->threads)
		mutex_wait(&c->lock, &c->ended);
	mutex_unlock(&c->lock);
	mutex_finish(&c->lock);
	pthread_cond_destroy(&c->wake);
	pthread_cond_destroy(&c->ended);
}

#include "engine/store/guard.h"

#include <assert.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>

static _Thread_local sigjmp_buf *innermost;
static struct sigaction before_segv, before_bus;

bool guard_active(void)
{
	return innermost != NULL;
}

void guard_throw(void)
{
	assert(innermost);
	siglongjmp(*innermost, 1);
}

/** Hands the fault to the handler that was there before ours; when that was the default, lets it happen again without us. */
static void pass_on(int sig, siginfo_t *info, void *context)
{
	const struct sigaction *before = sig == SIGBUS ? &before_bus : &before_segv;
	if (before->sa_flags & SA_SIGINFO)
		before->sa_sigaction(sig, info, context);
	else if (before->sa_handler == SIG_DFL || before->sa_handler == SIG_IGN)
		signal(sig, SIG_DFL);
	else
		before->sa_handler(sig);
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	if (innermost)
		siglongjmp(*innermost, 1);
	pass_on(sig, info, context);
}

static void install(int sig, const struct sigaction *ours, struct sigaction *before)
{
	struct sigaction now;
	sigaction(sig, ours, &now);
	if (!(now.sa_flags & SA_SIGINFO) || now.sa_sigaction != on_fault)
		*before = now;
}

/* SA_NODEFER: the jump out of the handler leaves the signal mask as it was. */
void guard_reinstall(void)
{
	struct sigaction ours = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
	sigemptyset(&ours.sa_mask);
	install(SIGSEGV, &ours, &before_segv);
	install(SIGBUS, &ours, &before_bus);
}

void guard_install(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, guard_reinstall);
}

int guard_run(int (*fn)(void *arg), void *arg)
{
	sigjmp_buf here, *outer = innermost;
	if (sigsetjmp(here, 0)) {
		innermost = outer;
		return GUARD_FAULT;
	}
	innermost = &here;
	int rc = fn(arg);
	innermost = outer;
	return rc;
}

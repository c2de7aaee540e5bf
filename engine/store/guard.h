/**
 * A guard around calls into LMDB: a memory fault inside them (a damaged page that sends LMDB off the map, a disk error while the map is
 * read, a file cut short) ends the call with GUARD_FAULT instead of the process.
 *
 * The handlers of SIGSEGV and SIGBUS are installed once and hand every fault outside a guarded call to whoever had the signal before.
 * A guarded function must hold no lock and own no memory that it could not do without: it may be left at any instruction.
 * Locks: none; a guard belongs to its thread.
 */
#ifndef ENGINE_STORE_GUARD_H
#define ENGINE_STORE_GUARD_H

#include <stdbool.h>

#define GUARD_FAULT (-40000) /* no errno, no code of LMDB's */

void guard_install(void);

/** Installs the handlers over those that are there now: for a program that has set its own since. */
void guard_reinstall(void);

/** What fn returned, or GUARD_FAULT. */
int guard_run(int (*fn)(void *arg), void *arg);

bool guard_active(void);

/** Leaves the innermost guarded call of this thread with GUARD_FAULT. */
_Noreturn void guard_throw(void);

#endif

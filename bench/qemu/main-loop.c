/* SPDX-License-Identifier: MIT */
/*
 * Loaded into QEMU (LD_PRELOAD) where a run has to repeat: the main loop goes round only while the thread of the
 * vCPUs sleeps.
 *
 * With -icount sleep=off the main loop moves the clock to the next timer when all vCPUs have halted
 * (icount_start_warp_timer).  QEMU 7.2 looks at their `halted` flags from another thread than the one that sets
 * them: between a vCPU's HLT and the moment its instructions are added to the clock the main loop, if it happens to
 * be awake, takes the clock as it was before them, and time jumps too far.  A run then differs from its repetition
 * by some nanoseconds, and with two busy pCPUs by everything that follows.
 *
 * The main thread waits on a condition with QEMU's lock, and with others, before the machine runs; another thread
 * that does so with one of these mutexes is the one of the vCPUs, which sleeps like that when there is nothing to
 * run.  Should a later QEMU do otherwise, nothing is held back, and that is said at its end.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * A guest that never idles may not keep the monitor or a signal waiting for longer.  Going round then is safe
 * but in the tenths of a microsecond in which a guest that has not idled for so long begins to.
 */
#define PATIENCE_S 1

#define CONDITIONS "GLIBC_2.3.2" /* the version of the condition variables of x86-64 */

#define MAX_LOCKS 8

static pthread_mutex_t *_Atomic locks[MAX_LOCKS]; /* the main thread waited on a condition with these */
static pthread_cond_t *_Atomic bed; /* what the vCPU thread sleeps on; NULL before it first does */
static unsigned long rounds;        /* of the main loop */
static _Atomic unsigned asleep;     /* 1 from before it gives the lock up until somebody wakes it; a futex */

static void *next(const char *name, const char *version)
{
	void *f = version ? dlvsym(RTLD_NEXT, name, version) : dlsym(RTLD_NEXT, name);

	if (!f)
		abort();
	return f;
}

static bool is_main(void)
{
	static _Thread_local int answer;

	if (!answer)
		answer = getpid() == syscall(SYS_gettid) ? 1 : -1;
	return answer > 0;
}

/* Where the mutex is in the list, or the room for it; MAX_LOCKS if neither. */
static unsigned find_lock(const pthread_mutex_t *mutex)
{
	unsigned i = 0;

	while (i < MAX_LOCKS && locks[i] && locks[i] != mutex)
		i++;
	return i;
}

static bool main_waits_with(const pthread_mutex_t *mutex)
{
	unsigned i = find_lock(mutex);

	return i < MAX_LOCKS && locks[i];
}

static void go_to_bed(pthread_cond_t *cond)
{
	bed = cond;
	asleep = 1;
	syscall(SYS_futex, &asleep, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	static int (*wait)(pthread_cond_t *, pthread_mutex_t *);
	bool vcpus = !is_main() && main_waits_with(mutex);
	int err;

	if (!wait)
		wait = next("pthread_cond_wait", CONDITIONS);
	if (is_main() && find_lock(mutex) < MAX_LOCKS)
		locks[find_lock(mutex)] = mutex;
	if (vcpus)
		go_to_bed(cond);
	err = wait(cond, mutex);
	if (vcpus)
		asleep = 0;
	return err;
}

int pthread_cond_broadcast(pthread_cond_t *cond)
{
	static int (*broadcast)(pthread_cond_t *);

	if (!broadcast)
		broadcast = next("pthread_cond_broadcast", CONDITIONS);
	if (cond == bed)
		asleep = 0;
	return broadcast(cond);
}

static void wait_for_sleep(void)
{
	const struct timespec patience = { .tv_sec = PATIENCE_S };

	while (bed && !asleep &&
	       (!syscall(SYS_futex, &asleep, FUTEX_WAIT_PRIVATE, 0, &patience, NULL, 0) || errno != ETIMEDOUT))
		;
}

/* The main loop's wait for something to do; others use it too. */
int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	static int (*poll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
	int ready, err;

	if (!poll)
		poll = next("ppoll", NULL);
	ready = poll(fds, n, timeout, mask);
	err = errno;
	if (is_main()) {
		rounds++;
		wait_for_sleep();
	}
	errno = err;
	return ready;
}

static void __attribute__((destructor)) say_if_useless(void)
{
	if (rounds && !bed)
		fputs("main-loop.c: no vCPU thread was seen to sleep; this run may not repeat\n", stderr);
}

/* SPDX-License-Identifier: MIT */
/*
 * One QEMU process from start to end.  vm_run() starts it in a directory, watches
 * it over QMP, and ends it when the guest powers off, at the virtual time limit,
 * when the machine can never wake again, or when the user interrupts.  Watching
 * reads the emulated real-time clock, which changes nothing the guest sees.
 */
#ifndef ORRERY_RUNNER_VM_H
#define ORRERY_RUNNER_VM_H

#include <stdbool.h>

enum vm_end {
	VM_POWEROFF,    /* the guest powered the machine off */
	VM_RESET,       /* the guest reset it, or a triple fault did */
	VM_TIME_LIMIT,  /* the virtual time limit passed */
	VM_HALTED,      /* every pCPU halted with interrupts off */
	VM_STALLED,     /* virtual time stood still for too long */
	VM_INTERRUPTED, /* the user asked to stop */
	VM_DIED,        /* QEMU ended by itself */
	VM_NOT_STARTED, /* QEMU could not be started */
};

extern const char *const vm_end_names[];

struct vm_request {
	char **argv;           /* QEMU and its arguments */
	const char *preload;   /* a shared object for QEMU to load first, or NULL */
	int dir_fd;            /* directory to run in; QEMU's own messages go to qemu.log there */
	unsigned limit_s;      /* virtual seconds, 0 for none */
	bool watch;            /* false under a debugger: no limits at all */
	bool interactive;      /* the console is the terminal */
	const char *title;     /* for the progress line, on a terminal only */
};

struct vm_result {
	enum vm_end end;
	int qemu_status;       /* exit status, or 128 + signal */
	unsigned virtual_s;    /* virtual clock when last seen, whole seconds */
};

void vm_run(const struct vm_request *request, struct vm_result *result);

#endif

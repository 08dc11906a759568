/* SPDX-License-Identifier: MIT */
/*
 * Client of QEMU's machine protocol (one JSON object a line) over a connected
 * socket.  One caller, one command at a time.  Everything from QEMU is checked for
 * its type before use; a wrong or missing answer is -EPROTO, a closed socket -EPIPE.
 */
#ifndef ORRERY_RUNNER_QMP_H
#define ORRERY_RUNNER_QMP_H

#include <jansson.h>
#include <stddef.h>

struct qmp {
	int fd;
	char *buf; /* received and not yet consumed */
	size_t have, room;
	int last_id;
	/* Called for each event, from within any call below. */
	void (*on_event)(void *arg, const char *name, const json_t *data);
	void *arg;
};

/* Read the greeting and negotiate.  0 or -errno. */
int qmp_open(struct qmp *q, int fd);
void qmp_close(struct qmp *q);

/*
 * Send a command (@args is borrowed, may be NULL) and wait for its answer, at most
 * @timeout_ms.  *result, if wanted, is a new reference to the "return" member.
 */
int qmp_command(struct qmp *q, const char *name, json_t *args, json_t **result, int timeout_ms);

/* Take events for up to @timeout_ms; returns at once with -EPIPE when QEMU is gone. */
int qmp_wait(struct qmp *q, int timeout_ms);

#endif

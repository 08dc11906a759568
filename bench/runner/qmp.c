/* SPDX-License-Identifier: MIT */
/*
 * Machine-protocol client (qmp.h).  Lines are cut from a growing buffer, parsed by
 * jansson and either handed to the event callback or matched with the command that
 * waits.  Host time is used only to bound waiting; nothing measured depends on it.
 */
#include "bench/runner/qmp.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES (4u << 20)

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Get more bytes before @deadline: 0, -ETIMEDOUT, -EPIPE or another -errno. */
static int receive(struct qmp *q, long deadline)
{
	struct pollfd p = { .fd = q->fd, .events = POLLIN };
	long left = deadline - now_ms();
	ssize_t n;
	int ready = poll(&p, 1, left > 0 ? left : 0);

	if (ready < 0)
		return -errno;
	if (!ready)
		return -ETIMEDOUT;
	if (q->room - q->have < 4096) {
		char *buf = q->room < LINE_MAX_BYTES ? realloc(q->buf, q->room + 65536) : NULL;

		if (!buf)
			return -ENOMEM;
		q->buf = buf;
		q->room += 65536;
	}
	n = read(q->fd, q->buf + q->have, q->room - q->have);
	if (n <= 0)
		return n < 0 && errno == EINTR ? 0 : -EPIPE;
	q->have += n;
	return 0;
}

/* Next message if a whole line is there: a new reference, else NULL. */
static json_t *cut_line(struct qmp *q, int *err)
{
	char *end = q->have ? memchr(q->buf, '\n', q->have) : NULL;
	json_t *msg;

	if (!end)
		return NULL;
	msg = json_loadb(q->buf, end - q->buf, 0, NULL);
	q->have -= end + 1 - q->buf;
	memmove(q->buf, end + 1, q->have);
	if (!json_is_object(msg)) {
		json_decref(msg);
		*err = -EPROTO;
		return NULL;
	}
	return msg;
}

/* Next message that is not an event, before @deadline; events go to the callback. */
static json_t *next_message(struct qmp *q, long deadline, int *err)
{
	*err = 0;
	for (;;) {
		json_t *msg = cut_line(q, err);
		const char *event;

		if (*err)
			return NULL;
		if (!msg) {
			*err = receive(q, deadline);
			if (*err)
				return NULL;
			continue;
		}
		event = json_string_value(json_object_get(msg, "event"));
		if (!event)
			return msg;
		if (q->on_event)
			q->on_event(q->arg, event, json_object_get(msg, "data"));
		json_decref(msg);
	}
}

static int send_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EPIPE;
		p += n;
		len -= n;
	}
	return 0;
}

static int send_command(struct qmp *q, const char *name, json_t *args)
{
	json_t *msg = json_pack("{s:s, s:i, s:O*}", "execute", name, "id", ++q->last_id,
				"arguments", args);
	char *line = msg ? json_dumps(msg, JSON_COMPACT) : NULL;
	int err = line ? send_all(q->fd, line, strlen(line)) : -ENOMEM;

	if (!err)
		err = send_all(q->fd, "\n", 1);
	free(line);
	json_decref(msg);
	return err;
}

int qmp_command(struct qmp *q, const char *name, json_t *args, json_t **result, int timeout_ms)
{
	long deadline = now_ms() + timeout_ms;
	int err = send_command(q, name, args);

	while (!err) {
		json_t *msg = next_message(q, deadline, &err), *value;

		if (!msg)
			break;
		/* Answers to commands given up earlier are dropped. */
		if (json_integer_value(json_object_get(msg, "id")) != q->last_id) {
			json_decref(msg);
			continue;
		}
		value = json_object_get(msg, "return");
		if (result)
			*result = json_incref(value);
		err = value ? 0 : -EPROTO;
		json_decref(msg);
		return err;
	}
	return err;
}

int qmp_wait(struct qmp *q, int timeout_ms)
{
	int err;

	json_decref(next_message(q, now_ms() + timeout_ms, &err));
	return err == -ETIMEDOUT || err == -EINTR ? 0 : err;
}

int qmp_open(struct qmp *q, int fd)
{
	json_t *greeting;
	int err;

	q->fd = fd;
	q->buf = NULL;
	q->have = q->room = 0;
	q->last_id = 0;
	greeting = next_message(q, now_ms() + 30000, &err);
	if (!greeting)
		return err;
	if (!json_object_get(greeting, "QMP"))
		err = -EPROTO;
	json_decref(greeting);
	return err ? err : qmp_command(q, "qmp_capabilities", NULL, NULL, 30000);
}

void qmp_close(struct qmp *q)
{
	close(q->fd);
	free(q->buf);
	q->buf = NULL;
}

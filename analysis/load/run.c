/* SPDX-License-Identifier: MIT */
/*
 * Finding a run's trace and what is known about it.
 */
#include "analysis/load/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/metrics/summary.h"

/* What a trace is called in a run directory: the collector's, stock xentrace's. */
static const char *const trace_names[] = { "trace.trc", "xentrace.bin" };

static char *join(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		abort();
	return path;
}

static char *last_part(const char *path)
{
	size_t end = strlen(path), start;

	while (end > 1 && path[end - 1] == '/')
		end--;
	for (start = end; start && path[start - 1] != '/';)
		start--;
	return strndup(path + start, end - start);
}

static const char *member(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static int read_manifest(struct run *r, const char *dir, char *error)
{
	char *path = join(dir, "manifest.json");
	const json_t *policies;
	json_error_t e;

	if (!access(path, R_OK)) {
		r->manifest = json_load_file(path, 0, &e);
		if (!r->manifest)
			snprintf(error, RUN_ERROR_MAX, "%s: line %d: %s", path, e.line, e.text);
	}
	free(path);
	if (error[0])
		return -EINVAL;
	policies = json_object_get(r->manifest, "policies");
	r->hypervisor = member(r->manifest, "hypervisor");
	r->sched = member(policies, "sched");
	r->frames = member(policies, "frames");
	r->heap = member(policies, "heap");
	return 0;
}

static int find_trace(struct run *r, const char *dir, char *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(trace_names); i++) {
		char *path = join(dir, trace_names[i]);

		if (!access(path, R_OK)) {
			r->trace_path = path;
			return 0;
		}
		free(path);
	}
	snprintf(error, RUN_ERROR_MAX,
		 "%s: no trace in this run (%s); record one with `orrery boot --trace`", dir,
		 trace_names[0]);
	return -ENOENT;
}

/* The collector's FILE.acct: "tsc_hz N", "books WHO", a header line, then a row a pCPU. */
static void read_books(struct run *r)
{
	char *path, line[256];
	struct run_books b;
	FILE *f;
	int right;

	if (asprintf(&path, "%s.acct", r->trace_path) < 0)
		abort();
	f = fopen(path, "r");
	free(path);
	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "tsc_hz %" SCNu64, &r->tsc_hz);
		r->books_checked |= !strcmp(line, "books\thypervisor\n");
		if (sscanf(line, "%u %" SCNu64 " %" SCNu64 " %" SCNu64 " %*u %d", &b.pcpu,
			   &b.produced, &b.consumed, &b.lost, &right) != 5)
			continue;
		b.right = right;
		r->books = reallocarray(r->books, r->book_count + 1, sizeof(*r->books));
		if (!r->books)
			abort();
		r->books[r->book_count++] = b;
	}
	if (f)
		fclose(f);
}

int run_open(struct run *r, const char *path, char error[RUN_ERROR_MAX])
{
	struct stat st;
	int rc = 0;

	*r = (struct run){ .name = last_part(path) };
	error[0] = 0;
	if (stat(path, &st)) {
		rc = -errno;
		snprintf(error, RUN_ERROR_MAX, "%s: %s", path, strerror(errno));
	} else if (!S_ISDIR(st.st_mode)) {
		r->trace_path = strdup(path);
	} else {
		rc = read_manifest(r, path, error);
		if (!rc)
			rc = find_trace(r, path, error);
	}
	if (rc)
		run_close(r);
	else
		read_books(r);
	return rc;
}

void run_close(struct run *r)
{
	free(r->name);
	free(r->trace_path);
	json_decref(r->manifest);
	free(r->books);
	*r = (struct run){ 0 };
}

/* Stock Xen does not say which scheduler it runs; its own events do. */
static const char *peer_policy(const struct summary *s)
{
	if (s->event_records[TRACE_EV_credit2_schedule])
		return "credit2";
	if (s->event_records[TRACE_EV_credit_schedule])
		return "credit";
	if (s->event_records[TRACE_EV_rtds_schedule])
		return "rtds";
	return s->event_records[TRACE_EV_null_schedule] ? "null" : NULL;
}

struct summary_title run_title(struct run *r, const struct summary *s)
{
	const char *told = s->model.policy[0] ? s->model.policy : r->sched;
	bool peer = r->hypervisor && strcmp(r->hypervisor, "orrery");

	if (!told)
		told = peer_policy(s);
	if (!told && r->manifest)
		told = "default";
	if (peer)
		snprintf(r->policy, sizeof(r->policy), "%s (%s)", told ? told : "default",
			 r->hypervisor);
	else
		snprintf(r->policy, sizeof(r->policy), "%s", told ? told : "");
	snprintf(r->frames_name, sizeof(r->frames_name), "%s",
		 s->model.frames[0] ? s->model.frames : r->frames ? r->frames : "");
	return (struct summary_title){
		.run = r->name,
		.policy = r->policy[0] ? r->policy : NULL,
		.frames = r->frames_name[0] ? r->frames_name : NULL,
	};
}

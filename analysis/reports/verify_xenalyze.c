/* SPDX-License-Identifier: MIT */
/*
 * Our counts against stock xenalyze's.  Compared are the bytes per pCPU and
 * class ("log volume") and, over all vCPUs, hypercalls and traps by number.
 * xenalyze's progress chatter is ignored, its complaints are not.
 */
#include "analysis/reports/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracing/decode/merge.h"

extern char **environ;

#define MAIN_CLASSES 8 /* xenalyze knows main bits 0 to 7; ours are in "hw" */
#define CALLS 48 /* it does not count those beyond */
#define TRAPS 256
#define PCPUS 256

struct counts {
	u64 volume[PCPUS][MAIN_CLASSES];
	u64 calls[CALLS], traps[TRAPS];
};

static void count_call(struct counts *c, u32 op)
{
	if (op < CALLS)
		c->calls[op]++;
}

static void count_ours(struct trace_file *f, struct counts *c)
{
	struct trace_record rec;

	trace_file_rewind(f);
	while (trace_file_next(f, &rec) == TRACE_RECORD) {
		unsigned class = __builtin_ctz(rec.id >> TRC_CLS_SHIFT);
		unsigned bytes = 4 + 8 * rec.timed + 4 * rec.words;

		if (rec.event == TRACE_EV_lost_records)
			bytes *= 2; /* xenalyze looks at a loss record twice and counts both */
		if (rec.cpu < PCPUS && class < MAIN_CLASSES)
			c->volume[rec.cpu][class] += bytes;
		if (rec.event == TRACE_EV_hypercall || rec.event == TRACE_EV_hypercall_subcall)
			count_call(c, rec.data[0] & ~TRC_PV_HYPERCALL_V2_ARG_MASK);
		if (rec.event == TRACE_EV_pv_trap)
			c->traps[rec.data[2] & (TRAPS - 1)]++;
		if (rec.event == TRACE_EV_pv_trap32)
			c->traps[rec.data[1] & (TRAPS - 1)]++;
	}
}

static bool is_complaint(const char *line)
{
	static const char *const words[] = { "FATAL", "ERROR", "WARNING", "Strange", "unexpected",
					     "Unexpected", "tsc skew", "TSC skew" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(line, words[i]))
			return true;
	return false;
}

static void take_volume(const char *line, int pcpu, struct counts *c)
{
	char name[32];
	u64 bytes;

	if (pcpu < 0 || pcpu >= PCPUS || sscanf(line, " %31[a-z0-9] : %" SCNu64, name, &bytes) != 2)
		return;
	for (unsigned class = 0; class < MAIN_CLASSES; class++)
		if (!strcmp(name, trace_class_name(class)))
			c->volume[pcpu][class] = bytes;
}

static void take_line(const char *line, int *pcpu, struct counts *c)
{
	unsigned nr;
	u64 n;

	if (sscanf(line, " - cpu %d -", pcpu) == 1)
		return;
	if (!strncmp(line, "|--", 3))
		*pcpu = -1;
	if (*pcpu >= 0)
		take_volume(line, *pcpu, c);
	else if (sscanf(line, "    %*[a-z0-9_] [%u]: %" SCNu64, &nr, &n) == 2 && nr < CALLS)
		c->calls[nr] += n;
	else if (sscanf(line, "    [%u] %" SCNu64, &nr, &n) == 2 && nr < TRAPS)
		c->traps[nr] += n;
}

/* Run it with both outputs into a pipe; the pipe's reading end, or NULL. */
static FILE *start(const struct run *run, u64 hz, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	char speed[48], *path = run->trace_path;
	char *argv[] = { "xenalyze", "--svm-mode", "-s", "--show-default-domain-summary", speed,
			 path, NULL };
	int ends[2], rc;

	snprintf(speed, sizeof(speed), "--cpu-hz=%" PRIu64, hz);
	if (pipe2(ends, O_CLOEXEC))
		return NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
	rc = posix_spawnp(pid, "xenalyze", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (!rc)
		return fdopen(ends[0], "r");
	close(ends[0]);
	errno = rc;
	return NULL;
}

static unsigned read_theirs(FILE *from, struct counts *c, FILE *out)
{
	unsigned complaints = 0;
	char *line = NULL;
	size_t room = 0;
	int pcpu = -1;

	while (getline(&line, &room, from) > 0) {
		if (is_complaint(line) && complaints++ < 5)
			fprintf(out, "  xenalyze says: %s", line);
		take_line(line, &pcpu, c);
	}
	free(line);
	return complaints;
}

static unsigned differ(const char *what, unsigned a, const char *name, u64 ours, u64 theirs,
		       FILE *out)
{
	if (ours == theirs)
		return 0;
	fprintf(out, "  %s %u%s: ours %" PRIu64 ", xenalyze %" PRIu64 "\n", what, a, name, ours,
		theirs);
	return 1;
}

static unsigned compare(const struct counts *a, const struct counts *b, FILE *out)
{
	unsigned wrong = 0;
	char name[16];

	for (unsigned p = 0; p < PCPUS; p++)
		for (unsigned c = 0; c < MAIN_CLASSES; c++) {
			snprintf(name, sizeof(name), " %s bytes", trace_class_name(c));
			wrong += differ("pCPU", p, name, a->volume[p][c], b->volume[p][c], out);
		}
	for (unsigned i = 0; i < CALLS; i++)
		wrong += differ("hypercall", i, "", a->calls[i], b->calls[i], out);
	for (unsigned i = 0; i < TRAPS; i++)
		wrong += differ("trap", i, "", a->traps[i], b->traps[i], out);
	return wrong;
}

int verify_xenalyze(const struct run *run, struct trace_file *f, const struct summary *s, FILE *out)
{
	static struct counts ours, theirs;
	unsigned complaints, wrong;
	int status = 0;
	pid_t pid;
	FILE *from = start(run, s->tsc_hz, &pid);

	if (!from) {
		fprintf(out, "xenalyze: %s (package xen-utils-common)\n", strerror(errno));
		return 1;
	}
	memset(&ours, 0, sizeof(ours));
	memset(&theirs, 0, sizeof(theirs));
	count_ours(f, &ours);
	complaints = read_theirs(from, &theirs, out);
	fclose(from);
	waitpid(pid, &status, 0);
	wrong = compare(&ours, &theirs, out);
	fprintf(out, "xenalyze: exit status %d, %u complaints, %u counts differ\n",
		WIFEXITED(status) ? WEXITSTATUS(status) : -1, complaints, wrong);
	return !WIFEXITED(status) || WEXITSTATUS(status) || complaints || wrong;
}

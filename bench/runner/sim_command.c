/* SPDX-License-Identifier: MIT */
/*
 * `orrery sim SCENARIO`: runs a workload description on the scheduling simulator
 * and leaves a run directory like a boot's: trace, manifest, results.  The table
 * of the results goes to stdout.  Trace records of one instant are written one
 * nanosecond apart, so that their order survives merging by time.
 */
#include "bench/runner/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/runner/checkout.h"
#include "bench/runner/run_dir.h"
#include "bench/runner/sha256.h"
#include "bench/runner/sim_options.h"
#include "bench/runner/sim_text.h"
#include "sched-policies/simulator/scenario.h"
#include "tracing/export/encode.h"
#include "trace/trace.h"

#define TRACE_NAME "trace.trc"
struct recording {
	struct trace_writer w;
	FILE *out;
	u64 last;
};

static void record(struct sim *sim, u32 header, const void *payload, u32 bytes)
{
	struct recording *r = sim->user;

	r->last = MAX((u64)sim->now, r->last + 1);
	trace_writer_put(&r->w, sim->on_pcpu, header, r->last, payload);
}

static void prepared(struct sim *sim, void *user)
{
	const struct sched_policy *p = sim->pool0->s.p.policy;
	struct recording *r = user;
	struct trace_text16 name = { { 0 } };

	sim->user = r;
	sim->record = record;
	trace_active = ~0U;
	memcpy(name.text, p->name, strnlen(p->name, sizeof(name.text)));
	trace_put_policy_info(&r->w, 0, 0, 0, p->xen_id, name);
}

static const char usage[] =
	"Usage: orrery sim SCENARIO [OPTION]...\n\n"
	"Runs a workload description (bench/scenarios/NAME.sim, or a file) on the simulator.\n\n"
	SIM_OPTIONS_HELP
	"  -o DIR                     run directory (default: the next of out/boot)\n"
	"  --force                    replace an earlier run there\n"
	"  --no-trace                 results only\n";

static json_t *results_of(const struct scenario_result *r)
{
	json_t *groups = json_array();
	const char *name;
	double value;

	for (u32 g = 0; g < r->nr_groups; g++) {
		json_t *o = json_pack("{s:s, s:s, s:i, s:i}", "name", r->group[g].name, "program",
				      r->group[g].program, "copies", r->group[g].copies, "vcpus",
				      r->group[g].vcpus);

		for (u32 i = 0; (name = scenario_metric_name(i)); i++)
			if (scenario_metric(r, g, name, &value))
				json_object_set_new(o, name, json_real(value));
		json_array_append_new(groups, o);
	}
	return json_pack("{s:i, s:s, s:b, s:f, s:I, s:o}", "schema_version", 1, "verdict",
			 r->ejected ? "fail" : "none", "ejected", r->ejected, "switches_per_s",
			 r->switches, "events", (json_int_t)r->events, "vms", groups);
}

static json_t *words(const char *const *list, u32 nr)
{
	json_t *a = json_array();

	for (u32 i = 0; i < nr; i++)
		json_array_append_new(a, json_string(list[i]));
	return a;
}

static json_t *manifest_of(const struct sim_options *o, const struct scenario_result *r)
{
	char hex[SHA256_HEX_SIZE];
	struct sha256 hash;
	bool dirty;
	char *commit = checkout_commit(&dirty);
	const char *base = strrchr(o->rq.name, '/');
	json_t *m;

	sha256_init(&hash);
	sha256_update(&hash, o->rq.text, strlen(o->rq.text));
	sha256_hex(&hash, hex);
	m = json_pack("{s:i, s:s, s:b, s:s, s:b, s:s, s:{s:s}, s:{s:s, s:s, s:i, s:I, s:o, s:o}, "
		      "s:I, s:b}",
		      "schema_version", 1, "command", "sim", "complete", 1, "commit", commit,
		      "dirty", dirty, "hypervisor", "simulator", "policies", "sched", r->sched,
		      "parameters", "scenario", base ? base + 1 : o->rq.name, "scenario_sha256",
		      hex, "pcpus", r->pcpus, "measured_ns", (json_int_t)r->length, "set",
		      words(o->settings, o->rq.nr_settings), "define",
		      words(o->defines, o->rq.nr_defines), "seed", (json_int_t)r->seed,
		      "deterministic", 1);
	free(commit);
	return m;
}

static void print(const struct scenario_result *r)
{
	printf("%s, %u pCPU%s, %.0f s, seed %llu, %.0f switches/s%s\n"
	       "%-14s %-9s %6s %7s %9s %9s %9s %9s %9s %6s\n", r->sched, r->pcpus,
	       r->pcpus > 1 ? "s" : "", r->length / 1e9, (unsigned long long)r->seed, r->switches,
	       r->ejected ? ", POLICY EJECTED" : "", "vm", "program", "copies", "share%",
	       "wait50/ms", "wait99/ms", "resp50/ms", "resp99/ms", "window%", "miss%");
	for (u32 i = 0; i < r->nr_groups; i++) {
		const struct scenario_group *g = &r->group[i];

		printf("%-14s %-9s %6u %7.2f %9.3f %9.3f %9.3f %9.3f %9.1f %6.1f\n", g->name,
		       g->program, g->copies, g->share * 100, g->wait_p50 / 1e6, g->wait_p99 / 1e6,
		       g->response_p50 / 1e6, g->response_p99 / 1e6, g->window_worst * 100,
		       g->miss * 100);
	}
}

/* The scenario with its trace into the open directory. */
static int run_into(struct sim_options *o, const struct run_dir *dir, struct scenario_result *r)
{
	char error[SCENARIO_ERROR_MAX];
	struct recording rec = { 0 };
	int fd = -1, rc;

	if (!o->no_trace) {
		fd = openat(dir->fd, TRACE_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		rec.out = fd < 0 ? NULL : fdopen(fd, "wb");
		if (!rec.out) {
			complain("%s/%s: %s", dir->path, TRACE_NAME, strerror(errno));
			return EXIT_FAILED;
		}
		trace_writer_init(&rec.w, rec.out, 1 << 16);
		o->rq.prepared = prepared;
		o->rq.user = &rec;
	}
	rc = scenario_run(&o->rq, r, error);
	if (rec.out && (trace_writer_finish(&rec.w) | fclose(rec.out)) && !rc) {
		complain("%s/%s: could not be written", dir->path, TRACE_NAME);
		return EXIT_FAILED;
	}
	if (!rc)
		return r->ejected ? EXIT_FAILED : EXIT_OK;
	complain("%s", error);
	return EXIT_USAGE;
}

static int run(int argc, char **argv)
{
	struct sim_options o = { 0 };
	struct scenario_result r;
	struct run_dir dir;
	json_t *m, *results;
	char *text;
	int status = sim_options_parse(&o, usage, argc, argv);

	if (status)
		return status < 0 ? EXIT_OK : status;
	if (o.xen) {
		complain("--xen is for `orrery work`: the simulator has its own hypervisor");
		return EXIT_USAGE;
	}
	text = sim_text_read(o.scenario, &o.rq.name);
	if (!text)
		return EXIT_USAGE;
	o.rq.text = text;
	o.rq.settings = o.settings;
	o.rq.defines = o.defines;
	status = run_dir_open(&dir, o.dir, o.force, "sim");
	if (status)
		return status;
	status = run_into(&o, &dir, &r);
	if (status != EXIT_USAGE) {
		m = manifest_of(&o, &r);
		results = results_of(&r);
		if (run_dir_write_json(&dir, RUN_RESULTS, results) ||
		    run_dir_write_json(&dir, RUN_MANIFEST, m))
			status = EXIT_FAILED;
		json_decref(m);
		json_decref(results);
		print(&r);
		printf("run directory: %s\n", dir.path);
	} else {
		unlinkat(dir.fd, TRACE_NAME, 0);
		rmdir(dir.path);
	}
	run_dir_close(&dir);
	free(text);
	return status;
}

const struct command command_sim = {
	.name = "sim",
	.summary = "run a workload on the scheduling simulator",
	.run = run,
};

/* SPDX-License-Identifier: MIT */
/*
 * `orrery work SCENARIO`: a workload description on the machine.  Dom0 makes each
 * of its VMs a bench guest (bench/guests/pv/workload.c) in a pool of one pCPU, where
 * Dom0 is not; the guests begin at the scenario's time and tell what they got.
 * The same description, options and seed as for `orrery sim`, so that the two can
 * be held side by side.  What crosses to Dom0 goes by its kernel's command line.
 */
#include "bench/runner/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/runner/boot.h"
#include "bench/runner/command.h"
#include "bench/runner/run_dir.h"
#include "bench/runner/sim_options.h"
#include "bench/runner/sim_text.h"

#define LINE_MAX_BYTES 800 /* Dom0's command line ends at 1024, and there is more on it */
#define VCPUS_MAX 4         /* bench/guests/pv/smp.h */
#define SETTLE_S 60        /* for Dom0 to collect and to power off */
#define NS_PER_S 1000000000LL

static const char usage[] =
	"Usage: orrery work SCENARIO [OPTION]...\n\n"
	"Runs a workload description (bench/scenarios/NAME.sim, or a file) on the machine: bench\n"
	"guests in a pool of one pCPU beside Dom0.  The scenario needs a line `start TIME`.\n\n"
	SIM_OPTIONS_HELP
	"  --xen                      on the peer, Debian's Xen 4.17 (no trace)\n"
	"  -o DIR                     run directory (default: the next of out/boot)\n"
	"  --force                    replace an earlier run there\n"
	"  --no-trace                 results only\n";

/* --- to Dom0 ------------------------------------------------------------------------- */

struct line {
	char text[LINE_MAX_BYTES];
	size_t used;
};

static void put(struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(struct line *l, const char *fmt, ...)
{
	size_t room = sizeof(l->text) - l->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->text + l->used, room, fmt, ap);
	va_end(ap);
	l->used += (size_t)n < room ? (size_t)n : room;
}

/* A parameter for Dom0's sched-tool, if @policy has it; those of vCPUs with a mark. */
static void put_param(struct line *l, const struct sched_policy *policy, const char *name, s64 value)
{
	const char *dot = strchr(name, '.');

	if (dot && (strlen(policy->name) != (size_t)(dot - name) ||
		    strncmp(policy->name, name, dot - name)))
		return;
	name = dot ? dot + 1 : name;
	if (sched_tunable_find(policy->domain_params, policy->nr_domain_params, name, NULL))
		put(l, ":%s=%lld", name, (long long)value);
	else if (sched_tunable_find(policy->vcpu_params, policy->nr_vcpu_params, name, NULL))
		put(l, ":vcpu.%s=%lld", name, (long long)value);
}

/* "A+B+C+D" */
static void put_args(struct line *l, const s64 *arg)
{
	for (unsigned i = 0; i < PROGRAM_ARGS; i++)
		if (arg[i] == PROGRAM_RANDOM)
			put(l, "%sr", i ? "+" : "");
		else
			put(l, "%s%lld", i ? "+" : "", (long long)arg[i]);
}

static void put_vm(struct line *l, const struct sched_policy *policy, const struct scenario_vm *vm)
{
	put(l, "%s:%s:%u:", vm->name, vm->program->name, vm->copies);
	put_args(l, vm->arg);
	if (vm->vcpus > 1)
		put(l, ":vcpus=%u", vm->vcpus);
	for (u32 i = 0; i < vm->nr_phases; i++) {
		put(l, ":then=%lld+%s+", (long long)vm->phase[i].from, vm->phase_program[i]->name);
		put_args(l, vm->phase[i].arg);
	}
	for (u32 i = 0; i < vm->nr_params; i++)
		put_param(l, policy, vm->param[i].name, vm->param[i].value);
}

/* "sched.NAME.tunable=value ..." for the policy that runs, joined by commas. */
static void put_settings(struct line *l, const struct scenario *s)
{
	char options[sizeof(s->options)], *rest, *word;
	bool any = false;

	strcpy(options, s->options);
	for (word = strtok_r(options, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		char *policy = word + strlen("sched."), *dot = strchr(policy, '.');

		if (strlen(s->sched) != (size_t)(dot - policy) ||
		    strncmp(policy, s->sched, dot - policy))
			continue;
		put(l, "%s%s", any ? "," : " orrery.set=", dot + 1);
		any = true;
	}
}

static bool write_line(struct line *l, const struct scenario *s)
{
	const struct sched_policy *policy = sched_policy_by_name(s->sched);
	s64 warm = s->start + s->warmup;

	/* Dom0 shall sleep meanwhile: what it does on its pCPU holds up emulated time on the other. */
	put(l, "orrery.trace_poll=60000 orrery.sched=%s orrery.seed=%llu orrery.start=%lld orrery.warm=%lld orrery.end=%lld",
	    s->sched, (unsigned long long)s->seed, (long long)s->start, (long long)warm,
	    (long long)(warm + s->length));
	put_settings(l, s);
	for (u32 i = 0; i < s->nr_vms; i++) {
		put(l, i ? "," : " orrery.vms=");
		put_vm(l, policy, &s->vm[i]);
	}
	if (l->used < sizeof(l->text))
		return true;
	complain("too many VMs to tell Dom0 of: use copies=N, shorter names");
	return false;
}

/* Can the machine do it?  Costs are the simulator's to declare, here they are what they are. */
static bool feasible(const struct scenario *s, const struct work_options *o)
{
	if (!s->start) {
		complain("%s: needs a line `start TIME`: when the VMs begin, after Dom0 has made them "
			 "(10 s and 1 s for each)", o->name);
		return false;
	}
	if (s->pcpus != 1) {
		complain("%s: %u pCPUs: the pool has one; say --pcpus 1", o->name, s->pcpus);
		return false;
	}
	if (o->xen && strcmp(s->sched, "credit") && strcmp(s->sched, "credit2")) {
		complain("--xen with %s: the peer is asked for credit and credit2 only", s->sched);
		return false;
	}
	for (u32 i = 0; i < s->nr_vms; i++)
		if (s->vm[i].vcpus > VCPUS_MAX || s->vm[i].affinity) {
			complain("%s: vm %s: bench guests have at most %d vCPUs and no affinity", o->name,
				 s->vm[i].name, VCPUS_MAX);
			return false;
		}
	return true;
}

/* --- from Dom0 ----------------------------------------------------------------------- */

double work_value(const json_t *values, const char *vm, const char *key)
{
	char name[96];

	snprintf(name, sizeof(name), "vm.%s.%s", vm, key);
	return json_number_value(json_object_get(values, name));
}

static void print_vm(const json_t *v, const char *vm, const char *program, double length)
{
	double rounds = work_value(v, vm, "rounds");

	printf("%-14s %-9s %7.2f %9.3f %9.3f %9.3f %9.3f %9.3f %6.1f\n", vm, program,
	       work_value(v, vm, "ran_ns") / length * 100, work_value(v, vm, "wait_p50_ns") / 1e6,
	       work_value(v, vm, "wait_p99_ns") / 1e6, work_value(v, vm, "response_p50_ns") / 1e6,
	       work_value(v, vm, "response_p99_ns") / 1e6,
	       work_value(v, vm, "response_mean_ns") / 1e6,
	       rounds > 0 ? work_value(v, vm, "missed") / rounds * 100 : 0);
}

static void print(const struct scenario *s, const json_t *values, bool xen)
{
	printf("%s on %s, 1 pCPU, %.3f s, seed %llu\n%-14s %-9s %7s %9s %9s %9s %9s %9s %6s\n",
	       s->sched, xen ? "Xen 4.17" : "Orrery", s->length / 1e9, (unsigned long long)s->seed,
	       "vm", "program", "share%", "wait50/ms", "wait99/ms", "resp50/ms", "resp99/ms",
	       "mean/ms", "miss%");
	for (u32 i = 0; i < s->nr_vms; i++)
		for (u32 k = 1; k <= s->vm[i].copies; k++) {
			char name[48];

			snprintf(name, sizeof(name), s->vm[i].copies > 1 ? "%s%u" : "%s",
				 s->vm[i].name, k);
			print_vm(values, name, s->vm[i].program->name, s->length);
		}
}

int work_run(const struct scenario *s, const struct work_options *o, json_t **values)
{
	char path[4096], seed[40];
	struct line line = { 0 };
	struct boot_options b;
	json_t *results;
	int status;

	*values = NULL;
	if (!feasible(s, o) || !write_line(&line, s))
		return EXIT_USAGE;
	boot_defaults(&b);
	snprintf(seed, sizeof(seed), "sched_seed=%llu", (unsigned long long)s->seed);
	b.append = o->xen ? NULL : seed; /* the policies' own randomness */
	b.run = "guest-workload";
	b.xen = o->xen;
	b.trace = o->trace && !o->xen;
	b.smp = 2;
	b.dom0_vcpus = 1;
	b.append_dom0 = line.text;
	b.out = o->dir;
	b.force = o->force;
	b.timeout_s = (s->start + s->warmup + s->length) / NS_PER_S + SETTLE_S;
	status = boot_machine(&b);
	if (status || !o->dir)
		return status;
	snprintf(path, sizeof(path), "%s/%s", o->dir, RUN_RESULTS);
	results = json_load_file(path, 0, NULL);
	*values = json_incref(json_object_get(results, "values"));
	json_decref(results);
	return status;
}

int work_read(const struct scenario_request *rq, struct scenario *s)
{
	char error[SCENARIO_ERROR_MAX];

	if (!scenario_parse(rq, s, error))
		return EXIT_OK;
	complain("%s", error);
	return EXIT_USAGE;
}

static int run(int argc, char **argv)
{
	struct scenario *s = malloc(sizeof(*s));
	struct sim_options o = { 0 };
	struct work_options w = { 0 };
	json_t *values = NULL;
	char *text = NULL;
	int status = sim_options_parse(&o, usage, argc, argv);

	if (status == EXIT_OK) {
		text = sim_text_read(o.scenario, &o.rq.name);
		o.rq.text = text;
		o.rq.settings = o.settings;
		o.rq.defines = o.defines;
		w = (struct work_options){ .name = o.rq.name, .dir = o.dir, .xen = o.xen,
					   .trace = !o.no_trace, .force = o.force };
		status = text ? work_read(&o.rq, s) : EXIT_USAGE;
		status = status ? status : work_run(s, &w, &values);
	}
	if (values)
		print(s, values, o.xen);
	json_decref(values);
	free(text);
	free(s);
	return status < 0 ? EXIT_OK : status;
}

const struct command command_work = {
	.name = "work",
	.summary = "run a workload on the machine, in bench guests",
	.run = run,
};

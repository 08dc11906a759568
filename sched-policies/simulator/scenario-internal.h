/* SPDX-License-Identifier: MIT */
/*
 * Between scenario-parse.c, which reads the text, and who runs it: scenario.c on
 * the simulator, bench/runner/work_command.c on the machine.
 */
#ifndef ORRERY_SIM_SCENARIO_INTERNAL_H
#define ORRERY_SIM_SCENARIO_INTERNAL_H

#include "sched-policies/simulator/scenario.h"

#define MAX_VM_PARAMS 12
#define SCENARIO_PHASES 8

struct scenario_vm {
	char name[32];
	const struct program_kind *program;
	s64 arg[PROGRAM_ARGS];
	struct program_phase phase[SCENARIO_PHASES]; /* lines "then", in order of time */
	const struct program_kind *phase_program[SCENARIO_PHASES];
	u32 nr_phases;
	u32 copies, vcpus;
	double expected;             /* share of a VM; 0: by weight */
	s64 weight;
	u64 affinity;                /* 0: any */
	struct { char name[40]; s64 value; } param[MAX_VM_PARAMS];
	u32 nr_params;
	u32 line;                    /* of the text */
};

struct scenario {
	char sched[24], options[1024];
	u32 pcpus, per_socket, pool;
	u64 seed;
	s_time_t start;              /* all VMs sleep until then */
	s_time_t length, warmup, window, switch_cost, migration_cost;
	s_time_t wake_cost, kick_cost, sleep_cost, start_cost;
	struct scenario_vm vm[SCENARIO_GROUPS];
	u32 nr_vms;
};

int scenario_parse(const struct scenario_request *rq, struct scenario *s,
		   char error[SCENARIO_ERROR_MAX]);

#endif

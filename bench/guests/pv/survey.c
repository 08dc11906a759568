/* SPDX-License-Identifier: MIT */
/*
 * A PV kernel that asks its platform everything a kernel can ask and prints what
 * it is told.  bench/runner/answers.sh runs it here and on the peer and compares
 * the lines: CPUID leaves, model-specific and control registers (survey-cpu.c),
 * start-of-day structures and queries (survey-start.c), ports (survey-io.c),
 * interrupts (survey-irq.c) and affinity (survey-sched.c).
 */
#include "bench/guests/pv/survey.h"

void guest_main(const char *cmdline)
{
	survey_start();
	survey_processor();
	survey_io();
	survey_interrupts();
	survey_device_memory();
	survey_scheduling();
	print("ORRERY result=pass\nORRERY-INIT end\n");
}

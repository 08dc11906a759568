/* SPDX-License-Identifier: MIT */
/*
 * The QEMU command line: the options repeatability rests on are there exactly in
 * instruction-count mode, disks and cards match the request, commas survive QEMU's
 * splitting, and nothing in it depends on the host.
 */
#include "bench/runner/machine.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Value after @option, or NULL. */
static const char *value_of(char **argv, const char *option)
{
	for (; *argv; argv++)
		if (!strcmp(*argv, option))
			return argv[1];
	return NULL;
}

static bool has(char **argv, const char *word)
{
	for (; *argv; argv++)
		if (!strcmp(*argv, word))
			return true;
	return false;
}

Test(runner_machine, deterministic_options)
{
	struct boot_options o;
	char **argv;

	boot_defaults(&o);
	argv = machine_argv(&o);
	cr_assert_str_eq(value_of(argv, "-accel"), "tcg,thread=single,tb-size=1024");
	cr_assert_str_eq(value_of(argv, "-icount"), "shift=0,sleep=off");
	cr_assert_str_eq(value_of(argv, "-rtc"), "base=2026-01-01T00:00:00,clock=vm");
	cr_assert_str_eq(value_of(argv, "-seed"), "1");
	cr_assert(has(argv, "-nodefaults") && has(argv, "-no-user-config") && has(argv, "-no-reboot"));
	cr_assert(has(argv, "sdhci-pci"));
	cr_assert_not(has(argv, "-netdev"));
	cr_assert(boot_is_deterministic(&o));
	machine_argv_free(argv);
}

Test(runner_machine, free_running_is_not_counted)
{
	struct boot_options o;
	char **argv;

	boot_defaults(&o);
	o.fast = true;
	argv = machine_argv(&o);
	cr_assert_null(value_of(argv, "-icount"));
	cr_assert_str_eq(value_of(argv, "-accel"), "tcg,thread=multi");
	cr_assert_not(boot_is_deterministic(&o));
	machine_argv_free(argv);
}

Test(runner_machine, devices_follow_the_request)
{
	struct boot_options o;
	char **argv;

	boot_defaults(&o);
	o.disk = DISK_AHCI;
	o.net = NET_VIRTIO;
	argv = machine_argv(&o);
	cr_assert(has(argv, "ide-hd,drive=disk,bus=ide.0"));
	cr_assert_not(has(argv, "sdhci-pci"));
	cr_assert(has(argv, "virtio-net-pci,netdev=net,mac=52:54:00:12:34:56,romfile="));
	cr_assert_not(boot_is_deterministic(&o));
	machine_argv_free(argv);
}

Test(runner_machine, peer_differs_in_cpu_and_options_only)
{
	struct boot_options o;
	char **ours, **peer;

	boot_defaults(&o);
	ours = machine_argv(&o);
	o.xen = true;
	peer = machine_argv(&o);
	cr_assert_str_eq(value_of(ours, "-cpu"), "max,-erms");
	cr_assert_str_eq(value_of(peer, "-cpu"), "max,-erms,-smap");
	for (int i = 0; ours[i] || peer[i]; i++)
		if (!i || (strcmp(ours[i - 1], "-cpu") && strcmp(ours[i - 1], "-append")))
			cr_assert_str_eq(ours[i], peer[i]);
	machine_argv_free(ours);
	machine_argv_free(peer);
}

/* The line of @o with @append: does it end in @end? */
static void check_line_end(struct boot_options *o, const char *append, const char *end)
{
	char *line;

	o->append = append;
	line = machine_hypervisor_line(o);
	cr_assert(strlen(line) >= strlen(end));
	cr_assert_str_eq(line + strlen(line) - strlen(end), end);
	free(line);
}

Test(runner_machine, the_peer_switches_the_fpu_eagerly_unless_told)
{
	struct boot_options o;

	boot_defaults(&o);
	check_line_end(&o, NULL, "dom0_max_vcpus=1");
	o.xen = true;
	check_line_end(&o, NULL, "dom0_max_vcpus=1 spec-ctrl=eager-fpu");
	check_line_end(&o, "loglvl=none", "dom0_max_vcpus=1 spec-ctrl=eager-fpu loglvl=none");
	check_line_end(&o, "spec-ctrl=no", "dom0_max_vcpus=1 spec-ctrl=no");
	check_line_end(&o, "loglvl=none spec-ctrl=no", "dom0_max_vcpus=1 loglvl=none spec-ctrl=no");
	check_line_end(&o, "no-spec-ctrl=1", "dom0_max_vcpus=1 spec-ctrl=eager-fpu no-spec-ctrl=1");
}

Test(runner_machine, command_lines)
{
	struct boot_options o;
	char *line, **argv;

	boot_defaults(&o);
	o.smp = 4;
	o.sched = "credit";
	o.frames = "buddy";
	o.append = "loglvl=warning";
	line = machine_hypervisor_line(&o);
	cr_assert(strstr(line, "dom0_mem=1024M,max:1024M dom0_max_vcpus=4 sched=credit frames=buddy "
			       "loglvl=warning"));
	free(line);
	o.append_dom0 = "initcall_debug console=a,b";
	argv = machine_argv(&o);
	cr_assert_str_eq(value_of(argv, "-initrd"),
			 "vmlinuz console=hvc0 earlyprintk=xen orrery.run=poweroff orrery.disk=sd "
			 "orrery.net=none initcall_debug console=a,,b,initrd.gz");
	machine_argv_free(argv);
}

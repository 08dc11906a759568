/* SPDX-License-Identifier: MIT */
/*
 * Options of `orrery boot`: defaults, the getopt table, and the checks that need
 * nothing but the options themselves.  Each complaint names the option and the way
 * out.  Whether files and scenarios exist is checked later, by boot.c.
 */
#include "bench/runner/boot.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/runner/command.h"
#include "bench/runner/machine.h"

const char *const boot_disk_names[] = { "none", "sd", "virtio", "ahci", NULL };
const char *const boot_net_names[] = { "none", "e1000", "virtio", NULL };

enum kind { FLAG, CLEAR, TEXT, SCENARIO, GUEST, NUMBER, DISK, NET, HELP };

struct option_row {
	const char *name;
	char letter;
	enum kind kind;
	size_t at; /* offset in struct boot_options */
	unsigned min, max;
	const char *argument, *help;
};

#define AT(field) offsetof(struct boot_options, field)

static const struct option_row rows[] = {
	{ "run", 0, SCENARIO, AT(run), 0, 0, "SCENARIO", "what Dom0 does (orrery list scenarios)" },
	{ "guest", 0, GUEST, 0, 0, 0, "FILE",
	  "a PV guest for Dom0 to run, its xl configuration; again for more" },
	{ "sched", 0, TEXT, AT(sched), 0, 0, "NAME", "scheduler policy" },
	{ "frames", 0, TEXT, AT(frames), 0, 0, "NAME", "frame allocator policy" },
	{ "heap", 0, TEXT, AT(heap), 0, 0, "NAME", "heap allocator policy" },
	{ "xen", 0, FLAG, AT(xen), 0, 0, NULL,
	  "boot the peer, Debian's Xen 4.17, with " MACHINE_PEER_OPTION MACHINE_PEER_VALUE },
	{ "trace", 0, FLAG, AT(trace), 0, 0, NULL, "trace from boot and bring the trace back" },
	{ "icount", 0, CLEAR, AT(fast), 0, 0, NULL, "instruction-count mode: repeatable (default)" },
	{ "fast", 0, FLAG, AT(fast), 0, 0, NULL, "free-running: several times faster" },
	{ "smp", 0, NUMBER, AT(smp), 1, 64, "N", "pCPUs (1)" },
	{ "mem", 0, NUMBER, AT(mem_mib), 64, 65536, "MIB", "memory of the machine (2048)" },
	{ "dom0-vcpus", 0, NUMBER, AT(dom0_vcpus), 1, 64, "N", "vCPUs of Dom0 (as pCPUs)" },
	{ "dom0-mem", 0, NUMBER, AT(dom0_mem_mib), 32, 65536, "MIB", "memory of Dom0 (1024)" },
	{ "disk", 0, DISK, AT(disk), 0, 0, "KIND", "none, sd (default), virtio or ahci" },
	{ "net", 0, NET, AT(net), 0, 0, "KIND", "none (default), e1000 or virtio" },
	{ "append", 0, TEXT, AT(append), 0, 0, "WORDS", "more options for the hypervisor" },
	{ "append-dom0", 0, TEXT, AT(append_dom0), 0, 0, "WORDS", "more options for Dom0's kernel" },
	{ "hypervisor", 0, TEXT, AT(hypervisor), 0, 0, "FILE", "another hypervisor image" },
	{ "kernel", 0, TEXT, AT(kernel), 0, 0, "FILE", "another Dom0 kernel" },
	{ "initrd", 0, TEXT, AT(initrd), 0, 0, "FILE", "another initrd" },
	{ "seed", 0, NUMBER, AT(seed), 0, 1u << 30, "N", "seed of the machine's randomness (1)" },
	{ "timeout", 0, NUMBER, AT(timeout_s), 0, 1000000, "S",
	  "limit in virtual seconds, 0 for none (120)" },
	{ "output", 'o', TEXT, AT(out), 0, 0, "DIR", "run directory (a fresh one in out/boot/)" },
	{ "force", 0, FLAG, AT(force), 0, 0, NULL, "let -o name an earlier run and replace it" },
	{ "keep", 0, FLAG, AT(keep), 0, 0, NULL, "keep the disk image afterwards" },
	{ "reset-ends", 0, FLAG, AT(reset_ends), 0, 0, NULL,
	  "a reset ends the run well: kernels that cannot power off" },
	{ "gdb", 0, FLAG, AT(gdb), 0, 0, NULL, "wait for gdb on port 1234, no time limit" },
	{ "help", 'h', HELP, 0, 0, 0, NULL, "this text" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

void boot_defaults(struct boot_options *o)
{
	*o = (struct boot_options){
		.run = "poweroff", .smp = 1,	     .mem_mib = 2048, .dom0_mem_mib = 1024,
		.timeout_s = 120,  .seed = 1, .disk = DISK_SD,
	};
}

static void help(void)
{
	puts("Usage: orrery boot [OPTION]...\n\n"
	     "Boots the hypervisor with Debian's kernel as Dom0 in QEMU, runs a scenario, and\n"
	     "leaves a run directory: manifest.json, results.json, console.log, and the files\n"
	     "that Dom0 handed over.\n");
	for (size_t i = 0; i < ROWS; i++) {
		char left[64];

		snprintf(left, sizeof(left), "%s--%s%s%s", rows[i].letter ? "-x, " : "    ",
			 rows[i].name, rows[i].argument ? " " : "",
			 rows[i].argument ? rows[i].argument : "");
		if (rows[i].letter)
			left[1] = rows[i].letter;
		printf("  %-28s %s\n", left, rows[i].help);
	}
	puts("\nWith --guest the run ends when all guests have, or with the scenario that --run names. Files\n"
	     "that a configuration names are looked up from its folder and copied to Dom0; the host's\n"
	     "are never changed. Examples: dom0/guests/configs/debian.cfg, disk.cfg. The guests' consoles\n"
	     "end up in the run directory as guest-NAME.log.");
	puts("\nExit status: 0 the scenario passed, 1 it did not, 2 wrong use.");
}

/* Index of @text in a NULL-ended list, or -1. */
static int index_of(const char *const *names, const char *text)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(names[i], text))
			return i;
	return -1;
}

static bool take_number(const struct option_row *row, unsigned *to, const char *text)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || value < row->min || value > row->max) {
		complain("--%s %s: give a number from %u to %u", row->name, text, row->min,
			 row->max);
		return false;
	}
	*to = value;
	return true;
}

static bool take_choice(const struct option_row *row, unsigned *to, const char *text,
			const char *const *names)
{
	int i = index_of(names, text);

	if (i < 0) {
		fprintf(stderr, "orrery: --%s %s: choose", row->name, text);
		for (int n = 0; names[n]; n++)
			fprintf(stderr, "%s %s", n ? "," : "", names[n]);
		fputc('\n', stderr);
		return false;
	}
	*to = i;
	return true;
}

static bool take_guest(struct boot_options *o, const char *text)
{
	if (o->nr_guests == BOOT_GUESTS_MAX) {
		complain("--guest %s: more than %d guests; let Dom0 create them (--run)", text,
			 BOOT_GUESTS_MAX);
		return false;
	}
	o->guests[o->nr_guests++] = text;
	return true;
}

static bool take(struct boot_options *o, const struct option_row *row, const char *text)
{
	void *to = (char *)o + row->at;

	switch (row->kind) {
	case FLAG:
		*(bool *)to = true;
		return true;
	case CLEAR:
		*(bool *)to = false;
		return true;
	case TEXT:
		*(const char **)to = text;
		return true;
	case SCENARIO:
		o->run = text;
		o->run_given = true;
		return true;
	case GUEST:
		return take_guest(o, text);
	case NUMBER:
		return take_number(row, to, text);
	case DISK:
		return take_choice(row, to, text, boot_disk_names);
	case NET:
		o->net_given = true;
		return take_choice(row, to, text, boot_net_names);
	case HELP:
		break;
	}
	return false;
}

/* A word that goes on a guest's command line as the value of an option. */
static bool word_ok(const char *option, const char *word)
{
	if (!word || (*word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyz"
						  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")]))
		return true;
	complain("--%s '%s': a name has letters, digits, '-', '_' and '.' only", option, word);
	return false;
}

static bool line_ok(const char *option, const char *line)
{
	if (!line || !strpbrk(line, "\n\r"))
		return true;
	complain("--%s: must be one line", option);
	return false;
}

static bool combination_ok(const struct boot_options *o)
{
	if (o->xen && (o->frames || o->heap || o->hypervisor)) {
		complain("--%s does not go with --xen: leave one out",
			 o->frames ? "frames" : o->heap ? "heap" : "hypervisor");
		return false;
	}
	if (o->dom0_mem_mib >= o->mem_mib) {
		complain("--dom0-mem %u leaves the hypervisor nothing of --mem %u: make it smaller",
			 o->dom0_mem_mib, o->mem_mib);
		return false;
	}
	if (o->trace && o->disk == DISK_NONE) {
		complain("--trace needs a disk to bring the trace back: drop --disk none");
		return false;
	}
	if (o->force && !o->out) {
		complain("--force needs -o DIR, the run to replace");
		return false;
	}
	return word_ok("sched", o->sched) && word_ok("frames", o->frames) &&
	       word_ok("heap", o->heap) && word_ok("run", o->run) &&
	       line_ok("append", o->append) && line_ok("append-dom0", o->append_dom0);
}

static void long_options(struct option *longs)
{
	for (size_t i = 0; i < ROWS; i++)
		longs[i] = (struct option){ rows[i].name,
					    rows[i].argument ? required_argument : no_argument,
					    NULL, 256 + (int)i };
	longs[ROWS] = (struct option){ 0 };
}

static const struct option_row *row_of(int c)
{
	if (c >= 256)
		return &rows[c - 256];
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].letter == c)
			return &rows[i];
	return NULL;
}

bool boot_parse(struct boot_options *o, int argc, char **argv, int *status)
{
	struct option longs[ROWS + 1];
	int c;

	boot_defaults(o);
	long_options(longs);
	*status = EXIT_USAGE;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":o:h", longs, NULL)) != -1) {
		const struct option_row *row = row_of(c);

		if (!row) {
			complain("%s '%s'; `orrery boot --help` lists the options",
				 c == ':' ? "an argument is missing after" : "no option",
				 argv[optind - 1]);
			return false;
		}
		if (row->kind == HELP) {
			help();
			*status = EXIT_OK;
			return false;
		}
		if (!take(o, row, optarg))
			return false;
	}
	if (optind < argc) {
		complain("'%s' is not an option; `orrery boot --help` lists them", argv[optind]);
		return false;
	}
	if (o->nr_guests && !o->run_given)
		o->run = "guest-run";
	if (!o->net_given && (!strcmp(o->run, "netcheck") || !strcmp(o->run, "demo")))
		o->net = NET_E1000;
	return combination_ok(o);
}

bool boot_is_deterministic(const struct boot_options *o)
{
	return !o->fast && !o->gdb && strcmp(o->run, "shell") &&
	       (o->disk == DISK_NONE || o->disk == DISK_SD);
}

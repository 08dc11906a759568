/* SPDX-License-Identifier: MIT */
/*
 * Builds the QEMU command line of a boot (machine.h).  The deterministic options
 * are those DESIGN.md section 1.4 lists as measured: instruction counting on one
 * TCG thread, virtual-clock RTC with a fixed base, a fixed seed, no default
 * devices, an SD card as disk, QEMU's own user-mode network.  Called by boot.c;
 * starts nothing.
 */
#include "bench/runner/machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGS_MAX 96

struct args {
	char *v[ARGS_MAX];
	int n;
};

static char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *text(const char *format, ...)
{
	va_list ap;
	char *s;

	va_start(ap, format);
	if (vasprintf(&s, format, ap) < 0)
		abort();
	va_end(ap);
	return s;
}

static void add(struct args *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct args *a, const char *format, ...)
{
	va_list ap;

	if (a->n >= ARGS_MAX - 1)
		abort();
	va_start(ap, format);
	if (vasprintf(&a->v[a->n++], format, ap) < 0)
		abort();
	va_end(ap);
}

static void add2(struct args *a, const char *option, const char *value)
{
	add(a, "%s", option);
	add(a, "%s", value);
}

static void append_word(char **line, const char *format, const char *value)
{
	char *word, *both;

	if (!value || !*value)
		return;
	word = text(format, value);
	both = text("%s %s", *line, word);
	free(word);
	free(*line);
	*line = both;
}

/*
 * Rings that hold everything Dom0's kernel causes before the collector runs (0.6 million
 * records, 13 MB, with one pCPU): 32 MiB in all, split evenly, in pages a pCPU.
 */
static void append_trace(char **line, const struct boot_options *o)
{
	char *words = text("tbuf_size=%u tevt_mask=0x0ffff000", 8192 / o->smp);

	append_word(line, "%s", words);
	free(words);
}

/* Has @line a word that begins with @option? */
static bool line_has(const char *line, const char *option)
{
	const char *at = line;

	while (at && (at = strstr(at, option))) {
		if (at == line || at[-1] == ' ')
			return true;
		at++;
	}
	return false;
}

char *machine_hypervisor_line(const struct boot_options *o)
{
	char *line = text("console=com1 com1=115200,8n1 loglvl=all dom0_mem=%uM,max:%uM "
			  "dom0_max_vcpus=%u",
			  o->dom0_mem_mib, o->dom0_mem_mib,
			  o->dom0_vcpus ? o->dom0_vcpus : o->smp);

	append_word(&line, "sched=%s", o->sched);
	append_word(&line, "frames=%s", o->frames);
	append_word(&line, "heap=%s", o->heap);
	if (o->trace)
		append_trace(&line, o);
	if (o->xen && !line_has(o->append, MACHINE_PEER_OPTION))
		append_word(&line, MACHINE_PEER_OPTION "%s", MACHINE_PEER_VALUE);
	append_word(&line, "%s", o->append);
	return line;
}

char *machine_dom0_line(const struct boot_options *o)
{
	char *line = text("console=hvc0 earlyprintk=xen orrery.run=%s", o->run);

	append_word(&line, "orrery.disk=%s", boot_disk_names[o->disk]);
	append_word(&line, "orrery.net=%s", boot_net_names[o->net]);
	if (o->trace)
		append_word(&line, "%s", "orrery.trace=1");
	append_word(&line, "%s", o->append_dom0);
	return line;
}

/* QEMU splits -initrd at commas; a doubled comma stands for itself. */
static char *double_commas(const char *s)
{
	char *out = malloc(2 * strlen(s) + 1), *p = out;

	if (!out)
		abort();
	for (; *s; s++) {
		*p++ = *s;
		if (*s == ',')
			*p++ = ',';
	}
	*p = 0;
	return out;
}

static void add_clock(struct args *a, const struct boot_options *o)
{
	if (o->fast) {
		add2(a, "-accel", "tcg,thread=multi");
	} else {
		/* A size of our own: QEMU's depends on the host's memory, and where it is full on the size. */
		add2(a, "-accel", "tcg,thread=single,tb-size=1024");
		add2(a, "-icount", "shift=0,sleep=off");
	}
	add2(a, "-rtc", "base=2026-01-01T00:00:00,clock=vm");
	add(a, "-seed");
	add(a, "%u", o->seed);
}

static void add_console(struct args *a, const struct boot_options *o)
{
	add(a, "-chardev");
	if (strcmp(o->run, "shell"))
		add(a, "file,id=com1,path=" MACHINE_CONSOLE);
	else
		add(a, "stdio,id=com1,signal=off,logfile=" MACHINE_CONSOLE);
	add2(a, "-serial", "chardev:com1");
	add(a, "-chardev");
	add(a, "socket,id=qmp,fd=%d", MACHINE_QMP_FD);
	add2(a, "-mon", "chardev=qmp,mode=control");
}

static void add_disk(struct args *a, const struct boot_options *o)
{
	static const char *const device[] = {
		[DISK_SD] = "sd-card,drive=disk",
		[DISK_VIRTIO] = "virtio-blk-pci,drive=disk",
		[DISK_AHCI] = "ide-hd,drive=disk,bus=ide.0",
	};

	if (o->disk == DISK_NONE)
		return;
	add2(a, "-drive", "if=none,id=disk,format=raw,file=" MACHINE_DISK);
	if (o->disk == DISK_SD)
		add2(a, "-device", "sdhci-pci");
	add2(a, "-device", device[o->disk]);
}

static void add_net(struct args *a, const struct boot_options *o)
{
	if (o->net == NET_NONE)
		return;
	add2(a, "-netdev", "user,id=net,restrict=on");
	add(a, "-device");
	add(a, "%s,netdev=net,mac=52:54:00:12:34:56,romfile=",
	    o->net == NET_E1000 ? "e1000" : "virtio-net-pci");
}

static void add_boot(struct args *a, const struct boot_options *o)
{
	char *hypervisor = machine_hypervisor_line(o), *dom0 = machine_dom0_line(o);
	char *escaped = double_commas(dom0);

	add2(a, "-kernel", MACHINE_HYPERVISOR);
	add2(a, "-append", hypervisor);
	add(a, "-initrd");
	add(a, MACHINE_KERNEL " %s," MACHINE_INITRD, escaped);
	free(escaped);
	free(dom0);
	free(hypervisor);
}

char **machine_argv(const struct boot_options *o)
{
	struct args a = { .n = 0 };
	char **argv;

	add(&a, MACHINE_QEMU);
	add2(&a, "-machine", "q35");
	add_clock(&a, o);
	add(&a, "-nodefaults");
	add(&a, "-no-user-config");
	add2(&a, "-display", "none");
	add(&a, "-no-reboot");
	/*
	 * Without ERMS: QEMU counts each byte that REP MOVSB moves as an instruction, so what the bit
	 * calls fast takes eight times as long as REP MOVSQ, and half of all time would go into copies
	 * that take none to speak of on hardware.  Xen 4.17 cannot run PV guests with SMAP as QEMU
	 * emulates it.
	 */
	add2(&a, "-cpu", o->xen ? "max,-erms,-smap" : "max,-erms");
	add(&a, "-smp");
	add(&a, "%u", o->smp);
	add(&a, "-m");
	add(&a, "%u", o->mem_mib);
	add_console(&a, o);
	add_disk(&a, o);
	add_net(&a, o);
	add_boot(&a, o);
	add(&a, "-S"); /* goes when whoever watches is ready, or the debugger says so */
	if (o->gdb)
		add(&a, "-s");
	argv = calloc(a.n + 1, sizeof(*argv));
	if (!argv)
		abort();
	memcpy(argv, a.v, a.n * sizeof(*argv));
	return argv;
}

void machine_argv_free(char **argv)
{
	for (char **p = argv; *p; p++)
		free(*p);
	free(argv);
}

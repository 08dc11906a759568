/* SPDX-License-Identifier: MIT */
/*
 * `orrery boot`: one machine from options to a complete run directory.  Checks that
 * the images and the scenario exist, writes the manifest before QEMU starts (so that
 * an interrupted run leaves a valid one), runs the machine, takes what Dom0 left on
 * the disk, and judges: the run passes if Dom0 said so, powered off, and what it
 * wrote to the disk is really there.
 */
#include "bench/runner/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/runner/checkout.h"
#include "bench/runner/command.h"
#include "bench/runner/disk.h"
#include "bench/runner/guests.h"
#include "bench/runner/machine.h"
#include "bench/runner/report.h"
#include "bench/runner/run_dir.h"
#include "bench/runner/vm.h"


struct boot {
	const struct boot_options *o;
	struct boot_images images;
	struct guests *guests; /* NULL if none were given */
	char *repeatable; /* what keeps the host out of QEMU; NULL for a machine at the host's speed */
	struct run_dir dir;
	char **argv;
	json_t *manifest;
	char *console; /* text of the log */
	struct console_log log;
	struct vm_result vm;
	bool evidence_bad; /* the disk contradicts Dom0, or could not be read */
};

static char *image_path(const char *given, const char *built)
{
	char *path = given ? realpath(given, NULL) : NULL, *relative;

	if (given)
		return path ? path : strdup(given);
	relative = checkout_path(built);
	path = realpath(relative, NULL);
	if (!path)
		return relative;
	free(relative);
	return path;
}

static bool readable(const char *path, const char *option, const char *how)
{
	if (!access(path, R_OK))
		return true;
	complain("%s: %s; %s or name one with --%s", path, strerror(errno), how, option);
	return false;
}

static bool scenario_exists(const struct boot_options *o)
{
	char relative[PATH_MAX], *dir = checkout_path("dom0/image/scenarios"), *file;
	bool ok;

	snprintf(relative, sizeof(relative), "dom0/image/scenarios/%s.sh", o->run);
	file = checkout_path(relative);
	ok = o->initrd || access(dir, R_OK) || !access(file, R_OK);
	if (!ok)
		complain("--run %s: no such scenario; `orrery list scenarios` names them", o->run);
	free(file);
	free(dir);
	return ok;
}

/* What a run that repeats needs besides QEMU is built with us. */
static bool preloadable(const char *path)
{
	if (!access(path, R_OK))
		return true;
	complain("%s: %s; run `make`, or boot with --fast", path, strerror(errno));
	return false;
}

static bool images_found(struct boot *b)
{
	const struct boot_options *o = b->o;
	/* Scenarios with guests need what dom0/guests/build.sh adds to the image. */
	const char *initrd = strncmp(o->run, "guest-", 6) && !o->nr_guests
				     ? "build/dom0/initrd.gz"
				     : "build/dom0/initrd-guests.gz";

	b->images.hypervisor = image_path(o->hypervisor, o->xen ? "build/peer/xen.elf"
								: "build/orrery-hv");
	b->images.kernel = image_path(o->kernel, "build/dom0/vmlinuz");
	b->images.initrd = image_path(o->initrd, initrd);
	if (boot_is_deterministic(o))
		b->repeatable = image_path(NULL, "build/qemu/repeatable.so");
	return readable(b->images.hypervisor, "hypervisor",
			o->xen ? "run `make image`" : "run `make`") &&
	       readable(b->images.kernel, "kernel", "run `make image`") &&
	       readable(b->images.initrd, "initrd", "run `make image`") &&
	       (!b->repeatable || preloadable(b->repeatable));
}

static int put_initrd(const struct boot *b)
{
	if (b->guests)
		return guests_write_initrd(b->guests, b->images.initrd, b->dir.fd, MACHINE_INITRD);
	return symlinkat(b->images.initrd, b->dir.fd, MACHINE_INITRD) ? -errno : 0;
}

/* QEMU sees fixed names: what they are called must not reach the guest. */
static bool put_images(const struct boot *b)
{
	int fd = b->dir.fd, err;

	if (symlinkat(b->images.hypervisor, fd, MACHINE_HYPERVISOR) ||
	    symlinkat(b->images.kernel, fd, MACHINE_KERNEL) ||
	    (b->repeatable && symlinkat(b->repeatable, fd, MACHINE_REPEATABLE)))
		err = -errno;
	else
		err = put_initrd(b);
	if (err)
		complain("%s: cannot put the images there: %s", b->dir.path, strerror(-err));
	return !err;
}

static bool make_disk(const struct boot *b)
{
	int err = b->o->disk == DISK_NONE ? 0 : disk_create(b->dir.fd, MACHINE_DISK, b->o->seed);

	if (err)
		complain("%s/%s: %s", b->dir.path, MACHINE_DISK, strerror(-err));
	return !err;
}

static bool write_json(const struct boot *b, const char *name, const json_t *json)
{
	int err = json ? run_dir_write_json(&b->dir, name, json) : -ENOMEM;

	if (err)
		complain("%s/%s: %s", b->dir.path, name, strerror(-err));
	return !err;
}

static int prepare(struct boot *b)
{
	char label[128];
	int status;

	if (!scenario_exists(b->o) || !images_found(b))
		return EXIT_USAGE;
	if (b->o->nr_guests && !(b->guests = guests_load(b->o)))
		return EXIT_USAGE;
	b->argv = machine_argv(b->o);
	b->manifest = report_manifest(b->o, &b->images, b->argv);
	if (!b->manifest)
		return EXIT_FAILED;
	json_object_set_new(b->manifest, "guests", guests_json(b->guests));
	snprintf(label, sizeof(label), "%s-%.100s", b->o->xen ? "xen" : "orrery", b->o->run);
	status = run_dir_open(&b->dir, b->o->out, b->o->force, label);
	if (status)
		return status;
	return write_json(b, RUN_MANIFEST, b->manifest) && put_images(b) && make_disk(b)
		       ? 0
		       : EXIT_FAILED;
}

static void run(struct boot *b)
{
	struct vm_request request = {
		.argv = b->argv,
		.preload = b->repeatable ? "./" MACHINE_REPEATABLE : NULL,
		.dir_fd = b->dir.fd,
		.limit_s = b->o->timeout_s,
		.watch = !b->o->gdb,
		.interactive = !strcmp(b->o->run, "shell"),
		.title = b->dir.path,
	};

	if (b->o->gdb)
		complain("waiting for a debugger: gdb build/hv/orrery.elf "
			 "-ex 'target remote :1234'");
	if (!b->o->fast && !boot_is_deterministic(b->o) && !b->o->gdb)
		complain("this run will not repeat exactly: --disk %s works at the host's speed",
			 boot_disk_names[b->o->disk]);
	vm_run(&request, &b->vm);
}

static void read_console(struct boot *b)
{
	int fd = openat(b->dir.fd, MACHINE_CONSOLE, O_RDONLY | O_CLOEXEC);
	off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
	ssize_t n = 0;

	if (size > CONSOLE_LOG_MAX_BYTES)
		size = CONSOLE_LOG_MAX_BYTES;
	b->console = calloc(1, size + 1);
	if (b->console && size > 0)
		n = pread(fd, b->console, size, 0);
	console_log_parse(&b->log, b->console, n > 0 ? n : 0);
	if (fd >= 0)
		close(fd);
}

static void on_file(void *arg, const char *file, uint64_t bytes)
{
	struct boot *b = arg;

	(void)bytes;
	report_add_file(b->manifest, &b->dir, file);
}

/* Take Dom0's files from the disk and check what Dom0 says it wrote. */
static void take_disk(struct boot *b)
{
	int64_t wrong = 0;
	int err;

	if (b->o->disk == DISK_NONE)
		return;
	err = disk_extract(b->dir.fd, MACHINE_DISK, on_file, b);
	if (err)
		complain("%s: the files on the disk are damaged: %s", b->dir.path, strerror(-err));
	if (console_log_value(&b->log, "disk-write-bytes"))
		wrong = disk_check_scratch(b->dir.fd, MACHINE_DISK, b->o->seed);
	if (wrong)
		complain("%s: the disk does not hold what Dom0 wrote", b->dir.path);
	b->evidence_bad = err || wrong;
	if (!b->o->keep)
		unlinkat(b->dir.fd, MACHINE_DISK, 0);
}

static bool ended_well(const struct boot *b)
{
	return b->vm.end == VM_POWEROFF || (b->o->reset_ends && b->vm.end == VM_RESET);
}

static const char *verdict(const struct boot *b)
{
	const char *said = console_log_value(&b->log, "result");

	if (!said || (strcmp(said, "pass") && strcmp(said, "skip") && strcmp(said, "fail")))
		return "none";
	if (!ended_well(b) || !b->log.init_ended || b->evidence_bad)
		return "fail";
	return said;
}

static void print_time(const char *label, bool known, uint64_t ns)
{
	if (known)
		printf(", %s %llu.%09llu s", label, (unsigned long long)(ns / 1000000000),
		       (unsigned long long)(ns % 1000000000));
}

/* One line for the user, and where QEMU or the guest went wrong. */
static void summarize(const struct boot *b, const char *how)
{
	struct stat st;

	printf("%s: %s", b->dir.path, how);
	print_time("/init at", b->log.has_init_tsc && !b->o->fast, b->log.init_tsc);
	print_time("end at", b->log.has_end_tsc && !b->o->fast, b->log.end_tsc);
	if (!ended_well(b))
		printf(", ended by %s", vm_end_names[b->vm.end]);
	if (b->vm.end == VM_TIME_LIMIT || b->vm.end == VM_STALLED ||
	    (b->vm.end == VM_RESET && !b->o->reset_ends))
		printf(" at %u s", b->vm.virtual_s);
	putchar('\n');
	if ((b->vm.end == VM_DIED || b->vm.end == VM_NOT_STARTED) &&
	    (fstatat(b->dir.fd, "qemu.log", &st, 0) || !st.st_size))
		complain("%s did not run: is package qemu-system-x86 installed?", MACHINE_QEMU);
	else if (b->vm.end == VM_DIED || b->vm.end == VM_NOT_STARTED)
		complain("QEMU's own words are in %s/qemu.log", b->dir.path);
}

/* Links, and an empty log of QEMU's, are of no use afterwards. */
static void tidy(const struct boot *b)
{
	struct stat st;

	if (!fstatat(b->dir.fd, "qemu.log", &st, 0) && !st.st_size)
		unlinkat(b->dir.fd, "qemu.log", 0);
	if (b->o->keep)
		return;
	unlinkat(b->dir.fd, MACHINE_HYPERVISOR, 0);
	unlinkat(b->dir.fd, MACHINE_KERNEL, 0);
	unlinkat(b->dir.fd, MACHINE_REPEATABLE, 0);
	unlinkat(b->dir.fd, MACHINE_INITRD, 0);
}

static int conclude(struct boot *b)
{
	json_t *results;
	const char *how;
	bool written;

	read_console(b);
	take_disk(b);
	how = verdict(b);
	report_finish(b->manifest, b->o, &b->vm, &b->log);
	results = report_results(b->o, &b->log, how);
	written = write_json(b, RUN_RESULTS, results) & write_json(b, RUN_MANIFEST, b->manifest);
	json_decref(results);
	summarize(b, how);
	tidy(b);
	return written && (!strcmp(how, "pass") || !strcmp(how, "skip")) ? EXIT_OK : EXIT_FAILED;
}

static void release(struct boot *b)
{
	console_log_free(&b->log);
	free(b->console);
	json_decref(b->manifest);
	if (b->argv)
		machine_argv_free(b->argv);
	guests_free(b->guests);
	run_dir_close(&b->dir);
	free(b->images.hypervisor);
	free(b->images.kernel);
	free(b->images.initrd);
	free(b->repeatable);
}

int boot_machine(const struct boot_options *o)
{
	struct boot b = { .o = o, .dir.fd = -1 };
	int status = prepare(&b);

	if (!status) {
		run(&b);
		status = conclude(&b);
	}
	release(&b);
	return status;
}

static int command_run(int argc, char **argv)
{
	struct boot_options o;
	int status;

	return boot_parse(&o, argc, argv, &status) ? boot_machine(&o) : status;
}

const struct command command_boot = {
	.name = "boot",
	.summary = "boot the hypervisor, or Xen, with Dom0 in QEMU and run a scenario",
	.run = command_run,
};

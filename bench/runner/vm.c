/* SPDX-License-Identifier: MIT */
/*
 * Starts and watches QEMU (vm.h).  QEMU's end of the monitor is an inherited socket,
 * so there is no path to collide; it dies with us (PR_SET_PDEATHSIG) and sits in its
 * own process group, so that Ctrl-C reaches us first.  Host time serves only to pace
 * the watching and to notice that virtual time stands still.
 */
#include "bench/runner/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/runner/command.h"
#include "bench/runner/machine.h"
#include "bench/runner/qmp.h"

#define POLL_MS 250
#define CONT_MS 30000       /* what QEMU may take to set the machine going */
#define HALT_CHECK_POLLS 4  /* look this often whether the pCPUs can ever run again */
#define FAREWELL_MS 30000   /* what QEMU may take to leave after the guest's end */
#define STALL_POLLS 1200    /* virtual clock unmoved for so long: give up */
#define RTC_BASE_DAYS 20454  /* 2026-01-01 in days since 1970, as in machine.c's -rtc */

const char *const vm_end_names[] = {
	[VM_POWEROFF] = "poweroff",     [VM_RESET] = "reset",
	[VM_TIME_LIMIT] = "time-limit", [VM_HALTED] = "halted-for-good",
	[VM_STALLED] = "stalled",       [VM_INTERRUPTED] = "interrupted",
	[VM_DIED] = "qemu-died",        [VM_NOT_STARTED] = "not-started",
};

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	interrupted = sig;
}

struct vm {
	const struct vm_request *request;
	struct vm_result *result;
	struct qmp qmp;
	pid_t pid;
	bool ended;        /* result->end is set */
	unsigned polls, unmoved; /* in all, and since virtual_s changed */
	unsigned farewell; /* polls since the guest ended the machine */
};

static void end(struct vm *vm, enum vm_end why)
{
	if (!vm->ended)
		vm->result->end = why;
	vm->ended = true;
}

static void on_event(void *arg, const char *name, const json_t *data)
{
	struct vm *vm = arg;
	const char *reason = json_string_value(json_object_get(data, "reason"));

	if (strcmp(name, "SHUTDOWN") || !reason)
		return;
	if (!strcmp(reason, "guest-shutdown"))
		end(vm, VM_POWEROFF);
	else if (!strcmp(reason, "guest-reset") || !strcmp(reason, "guest-panic"))
		end(vm, VM_RESET);
}

/* In the child: before whatever else the user has QEMU load. */
static void preload(const char *object)
{
	const char *more = getenv("LD_PRELOAD");
	char *all;

	if (!object)
		return;
	if (asprintf(&all, "%s%s%s", object, more ? ":" : "", more ? more : "") < 0)
		abort();
	setenv("LD_PRELOAD", all, 1);
}

/* In the child: set up descriptors and become QEMU. */
static void become_qemu(const struct vm_request *r, int qmp_fd)
{
	int log, in;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	if (fchdir(r->dir_fd))
		_exit(127);
	if (!r->interactive) {
		setpgid(0, 0);
		in = open("/dev/null", O_RDONLY);
		dup2(in, STDIN_FILENO);
		log = open("qemu.log", O_WRONLY | O_CREAT | O_TRUNC, 0644);
		dup2(log, STDOUT_FILENO);
		dup2(log, STDERR_FILENO);
	}
	if (qmp_fd == MACHINE_QMP_FD)
		fcntl(qmp_fd, F_SETFD, 0);
	else
		dup2(qmp_fd, MACHINE_QMP_FD);
	preload(r->preload);
	execvp(r->argv[0], r->argv);
	_exit(127);
}

static bool start(struct vm *vm)
{
	int pair[2], err;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		complain("cannot make a socket pair: %s", strerror(errno));
		return false;
	}
	vm->pid = fork();
	if (vm->pid < 0) {
		complain("cannot start a process: %s", strerror(errno));
		return false;
	}
	if (!vm->pid)
		become_qemu(vm->request, pair[1]);
	close(pair[1]);
	vm->qmp.on_event = on_event;
	vm->qmp.arg = vm;
	err = qmp_open(&vm->qmp, pair[0]);
	if (!err && vm->request->watch)
		err = qmp_command(&vm->qmp, "cont", NULL, NULL, CONT_MS);
	if (err)
		end(vm, interrupted ? VM_INTERRUPTED : VM_NOT_STARTED);
	return true;
}

static json_int_t field(const json_t *tm, const char *name)
{
	return json_integer_value(json_object_get(tm, name));
}

/* Days since 1970-01-01 of a proleptic Gregorian date; month 1..12. */
static long days_of(long year, long month, long day)
{
	long y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* Whole virtual seconds since power-on, from the emulated clock; false if unknown. */
static bool read_virtual_clock(struct vm *vm, unsigned *seconds)
{
	json_t *args = json_pack("{s:s, s:s}", "path", "/machine", "property", "rtc-time");
	json_t *tm = NULL;
	long days;
	int err = qmp_command(&vm->qmp, "qom-get", args, &tm, 10000);

	json_decref(args);
	if (err)
		return false;
	days = days_of(field(tm, "tm_year") + 1900, field(tm, "tm_mon") + 1, field(tm, "tm_mday"));
	*seconds = (days - RTC_BASE_DAYS) * 86400 + field(tm, "tm_hour") * 3600 +
		   field(tm, "tm_min") * 60 + field(tm, "tm_sec");
	json_decref(tm);
	return true;
}

/* The register dump says for each pCPU whether it is halted and its EFLAGS (RFL= or EFL=). */
static bool all_halted_for_good(const char *dump)
{
	unsigned cpus = 0, dead = 0;

	for (const char *p = dump; (p = strstr(p, "FL=")); p++) {
		const char *halt = strstr(p, "HLT=");
		unsigned long flags = strtoul(p + 3, NULL, 16);

		cpus++;
		if (halt && halt[4] == '1' && !(flags & 0x200))
			dead++;
	}
	return cpus && cpus == dead;
}

static bool halted_for_good(struct vm *vm)
{
	json_t *args = json_pack("{s:s}", "command-line", "info registers -a");
	json_t *text = NULL;
	bool halted = false;

	if (!qmp_command(&vm->qmp, "human-monitor-command", args, &text, 10000) &&
	    json_is_string(text))
		halted = all_halted_for_good(json_string_value(text));
	json_decref(text);
	json_decref(args);
	return halted;
}

static void show_progress(const struct vm *vm)
{
	if (isatty(STDERR_FILENO) && !vm->request->interactive)
		fprintf(stderr, "\r\033[K%s: %u s of virtual time", vm->request->title,
			vm->result->virtual_s);
}

static void watch(struct vm *vm)
{
	unsigned seconds;
	bool late;

	if (!read_virtual_clock(vm, &seconds))
		return;
	vm->unmoved = seconds == vm->result->virtual_s ? vm->unmoved + 1 : 0;
	vm->result->virtual_s = seconds;
	show_progress(vm);
	late = vm->request->limit_s && seconds >= vm->request->limit_s;
	/* Of a dead machine the clock may still run, and fast: it is dead, not late. */
	if ((late || ++vm->polls % HALT_CHECK_POLLS == 0) && halted_for_good(vm))
		end(vm, VM_HALTED);
	else if (late)
		end(vm, VM_TIME_LIMIT);
	else if (vm->unmoved >= STALL_POLLS)
		end(vm, VM_STALLED);
}

/* QEMU 7.2 counting instructions has been seen to announce its end and then to stay. */
static bool will_not_end(struct vm *vm)
{
	return vm->ended && ++vm->farewell >= FAREWELL_MS / POLL_MS;
}

/* Until QEMU's end of the monitor closes or there is a reason to stop it. */
static void follow(struct vm *vm)
{
	while (!vm->ended || vm->result->end == VM_POWEROFF || vm->result->end == VM_RESET) {
		if (qmp_wait(&vm->qmp, POLL_MS))
			break;
		if (will_not_end(vm))
			break;
		if (interrupted)
			end(vm, VM_INTERRUPTED);
		else if (vm->request->watch && !vm->ended)
			watch(vm);
	}
}

static void reap(struct vm *vm)
{
	int status = 0;

	bool dawdles = vm->farewell >= FAREWELL_MS / POLL_MS;

	if (dawdles || (vm->ended && vm->result->end != VM_POWEROFF && vm->result->end != VM_RESET))
		kill(vm->pid, SIGKILL);
	while (waitpid(vm->pid, &status, 0) < 0 && errno == EINTR)
		if (interrupted)
			kill(vm->pid, SIGKILL);
	vm->result->qemu_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
						      : WEXITSTATUS(status);
	if (dawdles) /* as if it had left by itself: the run is complete */
		vm->result->qemu_status = 0;
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	interrupted = 0;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

void vm_run(const struct vm_request *request, struct vm_result *result)
{
	struct vm vm = { .request = request, .result = result };

	*result = (struct vm_result){ .end = VM_NOT_STARTED };
	catch_signals();
	if (!start(&vm))
		return;
	if (!vm.ended)
		follow(&vm);
	end(&vm, interrupted ? VM_INTERRUPTED : VM_DIED);
	reap(&vm);
	qmp_close(&vm.qmp);
	if (isatty(STDERR_FILENO) && !request->interactive)
		fputs("\r\033[K", stderr);
}

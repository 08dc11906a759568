/* SPDX-License-Identifier: MIT */
/*
 * trace-collector: takes the trace out of the rings shared with Dom0 and
 * writes it as xentrace would, so that stock xenalyze reads the file; then
 * checks the books: for every pCPU, records produced must equal records
 * consumed plus records lost.  Beside FILE it leaves FILE.acct, the accounting
 * as text that `orrery trace verify` checks again on the host.
 *
 * It wakes when a ring is half full (VIRQ_TBUF) or the poll interval is over,
 * runs until SIGTERM or SIGINT, or for -T seconds, and switches tracing off
 * before it takes what is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xenevtchn.h>

#include "tracing/collector/rings.h"

struct options {
	const char *out, *report;
	unsigned pages, poll_ms, seconds;
	u32 mask;
	bool allow_lost;
};

static volatile sig_atomic_t stop_asked;

static void on_signal(int unused)
{
	stop_asked = 1;
}

static void complain(const char *what, const char *why)
{
	fprintf(stderr, "trace-collector: %s: %s\n", what, why);
}

static bool write_all(int fd, const void *data, size_t bytes)
{
	const char *p = data;

	while (bytes) {
		ssize_t n = write(fd, p, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		bytes -= n;
	}
	return true;
}

/* One window: a CPU_CHANGE record, then what was in the ring.  @copy holds a whole ring and that
 * header.  False if the output failed. */
static bool take(struct rings *r, unsigned cpu, u8 *copy, int fd)
{
	struct ring_view *v = &r->ring[cpu];
	struct ring_piece piece[2];
	u32 bytes = v->size ? ring_look(v, piece) : 0;
	u32 head[3] = { TRACE_HEADER(TRACE_ID_cpu_change, 0, 2), cpu, bytes };

	if (!bytes)
		return true;
	memcpy(copy, head, sizeof(head));
	memcpy(copy + sizeof(head), piece[0].at, piece[0].bytes);
	memcpy(copy + sizeof(head) + piece[0].bytes, piece[1].at, piece[1].bytes);
	ring_consume(v, bytes);
	ring_count(v, copy + sizeof(head), bytes);
	return write_all(fd, copy, sizeof(head) + bytes);
}

static bool take_all(struct rings *r, u8 *copy, int fd)
{
	for (unsigned cpu = 0; cpu < r->count; cpu++)
		if (!take(r, cpu, copy, fd))
			return false;
	return true;
}

static u64 monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

static bool collect(struct rings *r, const struct options *o, xenevtchn_handle *events,
		    xenevtchn_port_or_error_t port, u8 *copy, int fd)
{
	struct pollfd p = { .fd = xenevtchn_fd(events), .events = POLLIN };
	const struct timespec wait = { o->poll_ms / 1000, o->poll_ms % 1000 * 1000000l };
	u64 end = monotonic_ms() + o->seconds * 1000ull;
	sigset_t none;

	sigemptyset(&none);
	while (!stop_asked && !(o->seconds && monotonic_ms() >= end)) {
		if (!take_all(r, copy, fd))
			return false;
		/* Signals come only here, so none is missed between the test and the wait. */
		if (ppoll(&p, 1, &wait, &none) > 0 && xenevtchn_pending(events) == port)
			xenevtchn_unmask(events, port);
	}
	return true;
}

static void write_books(struct rings *r, const struct options *o, FILE *acct,
			struct ring_books *sum)
{
	*sum = (struct ring_books){ .known = r->accounting, .right = true };
	fprintf(acct, "# orrery trace accounting 1\ntsc_hz\t%" PRIu64 "\nbooks\t%s\n"
		      "pcpu\tproduced\tconsumed\tlost\tbytes\tright\n",
		r->tsc_hz, r->accounting ? "hypervisor" : "trace");
	for (unsigned cpu = 0; cpu < r->count; cpu++) {
		struct ring_books b;

		if (!r->ring[cpu].size)
			continue;
		b = ring_close_books(&r->ring[cpu]);
		fprintf(acct, "%u\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%d\n", cpu,
			b.produced, b.consumed, b.lost, r->ring[cpu].bytes, b.right);
		sum->produced += b.produced;
		sum->consumed += b.consumed;
		sum->lost += b.lost;
		sum->right &= b.right;
	}
	if (o->report)
		printf("%srecords-produced=%" PRIu64 "\n%srecords-consumed=%" PRIu64
		       "\n%srecords-lost=%" PRIu64 "\n",
		       o->report, sum->produced, o->report, sum->consumed, o->report, sum->lost);
}

/* Exit status by the books; says what is wrong. */
static int judge(struct rings *r, const struct options *o)
{
	struct ring_books sum;
	char *path;
	FILE *acct;

	if (asprintf(&path, "%s.acct", o->out) < 0)
		abort();
	/* A device has no sidecar beside it. */
	acct = fopen(strncmp(path, "/dev/", 5) ? path : "/dev/null", "w");
	if (!acct) {
		complain(path, strerror(errno));
		return 1;
	}
	write_books(r, o, acct, &sum);
	if (fclose(acct)) {
		complain(path, strerror(errno));
		return 1;
	}
	free(path);
	if (!sum.right)
		complain("the books do not balance", "records produced are not consumed plus lost; "
						     "the trace is not to be trusted");
	if (sum.lost && !o->allow_lost)
		fprintf(stderr,
			"trace-collector: %" PRIu64 " of %" PRIu64
			" records lost; larger rings (-S), "
			"fewer classes (-e), or --allow-lost\n",
			sum.lost, sum.produced);
	return sum.right && (!sum.lost || o->allow_lost) ? 0 : 1;
}

static int open_output(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY, 0644);
	struct termios t;

	if (fd < 0) {
		complain(path, strerror(errno));
		return -1;
	}
	if (!tcgetattr(fd, &t)) { /* a serial port must pass every byte as it is */
		cfmakeraw(&t);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static int run(const struct options *o, struct rings *r, int fd)
{
	xenevtchn_handle *events = xenevtchn_open(NULL, 0);
	xenevtchn_port_or_error_t port = events ? xenevtchn_bind_virq(events, VIRQ_TBUF) : -1;
	u8 *copy = malloc(r->pages * PAGE_SIZE + 64);
	bool written;

	if (port < 0 || !copy) {
		complain("cannot bind VIRQ_TBUF", strerror(errno));
		return 1;
	}
	written = collect(r, o, events, port, copy, fd);
	if (rings_stop(r))
		return 1;
	written = written && take_all(r, copy, fd) && take_all(r, copy, fd);
	if (!written || close(fd)) {
		complain(o->out, strerror(errno));
		return 1;
	}
	free(copy);
	xenevtchn_close(events);
	return judge(r, o);
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t block;

	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGINT);
	sigprocmask(SIG_BLOCK, &block, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

static void help(FILE *to)
{
	fputs("Usage: trace-collector -o FILE [OPTION]...\n\n"
	      "Writes the hypervisor's trace to FILE (as xentrace does) until SIGTERM, and checks\n"
	      "that no record is missing.  FILE may be a serial port.\n\n"
	      "  -o FILE         where to write; accounting goes to FILE.acct\n"
	      "  -S PAGES        ring size a pCPU if there are no rings yet (default 256)\n"
	      "  -e MASK         events to trace, as tevt_mask= (default: as it is)\n"
	      "  -i MS           longest time between two looks at the rings (default 100)\n"
	      "  -T SECONDS      stop by itself after so long\n"
	      "  --allow-lost    lost records do not make it fail\n"
	      "  --report TEXT   print TEXTrecords-produced=N and so on at the end\n\n"
	      "Exit status: 0 nothing lost and the books balance, 1 not so, 2 wrong use.\n",
	      to);
}

static bool number(const char *text, u64 max, u64 *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	return !errno && end != text && !*end && *text != '-' && *value <= max;
}

/* -1: go on; else the exit status. */
static int parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "allow-lost", no_argument, NULL, 'l' },
		{ "report", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	bool ok = true;
	u64 n = 0;
	int c;

	while (ok && (c = getopt_long(argc, argv, "o:S:e:i:T:h", longs, NULL)) != -1) {
		switch (c) {
		case 'o': o->out = optarg; break;
		case 'r': o->report = optarg; break;
		case 'l': o->allow_lost = true; break;
		case 'S': ok = number(optarg, 65535, &n) && n; o->pages = n; break;
		case 'e': ok = number(optarg, 0xffffffff, &n) && n; o->mask = n; break;
		case 'i': ok = number(optarg, 60000, &n) && n; o->poll_ms = n; break;
		case 'T': ok = number(optarg, 1000000, &n); o->seconds = n; break;
		case 'h': help(stdout); return 0;
		default: help(stderr); return 2;
		}
		if (!ok)
			fprintf(stderr, "trace-collector: -%c %s: not a number it can be\n", c,
				optarg);
	}
	if (ok && optind == argc && o->out)
		return -1;
	if (ok)
		help(stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct options o = { .pages = 256, .poll_ms = 100 };
	int status = parse(&o, argc, argv), fd;
	struct rings r;

	if (status >= 0)
		return status;
	catch_signals();
	fd = open_output(o.out);
	if (fd < 0)
		return 1;
	status = rings_open(&r, o.pages, o.mask) ? 1 : run(&o, &r, fd);
	rings_close(&r);
	return status;
}

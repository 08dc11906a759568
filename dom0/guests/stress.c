/* SPDX-License-Identifier: MIT */
/*
 * stress WORKERS ROUNDS: works a guest's memory management and its processors
 * and checks every result.  Runs inside the test guests (jobs-load.sh), built
 * static.  Three parts, each all ROUNDS long:
 *   maps   WORKERS processes fill, fork, protect, move, drop and unmap memory;
 *          parent and child must each find what they wrote
 *   remap  one thread maps another page at an address while WORKERS threads
 *          read it: nobody may see the old page once the call has returned
 *          (a translation left behind on another vCPU would)
 *   ring   WORKERS processes pass a message round through pipes, each adding
 *          to it: every lap must give the same sum
 * Prints PART=ROUNDS done and PART-wrong=COUNT.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096UL
#define AREA_PAGES 48UL
#define WORKERS_MAX 64
#define REMAPS_A_ROUND 50
#define LAPS_A_ROUND 50

static unsigned workers, rounds;

/* The same on every run: what page @i of @who in @round holds. */
static uint64_t stamp(unsigned who, unsigned round, unsigned long i)
{
	uint64_t x = ((uint64_t)who << 48 | (uint64_t)round << 24 | i) * 0x9e3779b97f4a7c15ULL;

	return x ^ x >> 29;
}

static void fill(uint64_t *area, unsigned who, unsigned round, unsigned long from, unsigned long to)
{
	for (unsigned long i = from; i < to; i++) {
		area[i * PAGE / 8] = stamp(who, round, i);
		area[(i + 1) * PAGE / 8 - 1] = ~stamp(who, round, i);
	}
}

static unsigned mismatches(const uint64_t *area, unsigned who, unsigned round, unsigned long from,
			   unsigned long to)
{
	unsigned n = 0;

	for (unsigned long i = from; i < to; i++)
		n += area[i * PAGE / 8] != stamp(who, round, i) ||
		     area[(i + 1) * PAGE / 8 - 1] != ~stamp(who, round, i);
	return n;
}

/* Exit status of a child that ran @fn: its number of errors, at most 255. */
static unsigned in_child(unsigned (*fn)(uint64_t *, unsigned, unsigned), uint64_t *area,
			 unsigned who, unsigned round)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return 1;
	if (!pid) {
		unsigned wrong = fn(area, who, round);

		_exit(wrong > 255 ? 255 : wrong);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 1;
	return WEXITSTATUS(status);
}

/* --- maps ------------------------------------------------------------------------ */

static unsigned copy_on_write(uint64_t *area, unsigned who, unsigned round)
{
	unsigned wrong = mismatches(area, who, round, 0, AREA_PAGES);

	fill(area, who + 128, round, 0, AREA_PAGES / 2);
	return wrong + mismatches(area, who + 128, round, 0, AREA_PAGES / 2) +
	       mismatches(area, who, round, AREA_PAGES / 2, AREA_PAGES);
}

static unsigned map_round(unsigned who, unsigned round)
{
	uint64_t *area = mmap(NULL, AREA_PAGES * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned wrong = 0;

	if (area == MAP_FAILED)
		return 1;
	fill(area, who, round, 0, AREA_PAGES);
	wrong += in_child(copy_on_write, area, who, round);
	wrong += mismatches(area, who, round, 0, AREA_PAGES);
	wrong += mprotect(area, AREA_PAGES * PAGE, PROT_READ) != 0;
	wrong += mismatches(area, who, round, 0, AREA_PAGES);
	wrong += mprotect(area, AREA_PAGES * PAGE, PROT_READ | PROT_WRITE) != 0;
	area = mremap(area, AREA_PAGES * PAGE, 2 * AREA_PAGES * PAGE, MREMAP_MAYMOVE);
	if (area == MAP_FAILED)
		return wrong + 1;
	fill(area, who, round, AREA_PAGES, 2 * AREA_PAGES);
	wrong += mismatches(area, who, round, 0, 2 * AREA_PAGES);
	wrong += madvise(area, AREA_PAGES * PAGE, MADV_DONTNEED) != 0;
	for (unsigned long i = 0; i < AREA_PAGES * PAGE / 8; i += PAGE / 8)
		wrong += area[i] != 0;
	wrong += mismatches(area, who, round, AREA_PAGES, 2 * AREA_PAGES);
	return wrong + (munmap(area, 2 * AREA_PAGES * PAGE) != 0);
}

static unsigned map_worker(uint64_t *unused, unsigned who, unsigned part)
{
	unsigned wrong = 0;

	(void)unused, (void)part;
	for (unsigned r = 0; r < rounds; r++)
		wrong += map_round(who, r);
	return wrong;
}

/* All workers at once, one process each: their errors. */
static unsigned run_workers(unsigned (*fn)(uint64_t *, unsigned, unsigned))
{
	pid_t pid[WORKERS_MAX];
	unsigned wrong = 0;

	for (unsigned w = 0; w < workers; w++) {
		pid[w] = fork();
		if (!pid[w]) {
			unsigned n = fn(NULL, w, 0);

			_exit(n > 255 ? 255 : n);
		}
	}
	for (unsigned w = 0; w < workers; w++) {
		int status;

		if (pid[w] < 0 || waitpid(pid[w], &status, 0) != pid[w] || !WIFEXITED(status))
			wrong++;
		else
			wrong += WEXITSTATUS(status);
	}
	return wrong;
}

/* --- remap ----------------------------------------------------------------------- */

static volatile uint64_t *window; /* the page that changes under its readers */
static uint64_t generation;       /* the newest whose mapping is complete; ~0: the end */

static void *reader(void *result)
{
	unsigned *wrong = result;

	for (;;) {
		uint64_t before = __atomic_load_n(&generation, __ATOMIC_SEQ_CST);
		uint64_t seen, after;

		if (before == ~0UL)
			return NULL;
		seen = *window;
		after = __atomic_load_n(&generation, __ATOMIC_SEQ_CST);
		/* The next one may be there already, an older one never. */
		if (before == after && seen != before && seen != before + 1)
			++*wrong;
	}
}

static unsigned map_window(int fd, uint64_t g)
{
	off_t at = (off_t)(g % 2 * PAGE);

	if (pwrite(fd, &g, sizeof(g), at) != sizeof(g))
		return 1;
	if (mmap((void *)window, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, at) == MAP_FAILED)
		return 1;
	__atomic_store_n(&generation, g, __ATOMIC_SEQ_CST);
	return 0;
}

static unsigned remap(void)
{
	int fd = memfd_create("window", 0);
	unsigned wrongs[WORKERS_MAX] = { 0 }, wrong = 0;
	pthread_t thread[WORKERS_MAX];

	if (fd < 0 || ftruncate(fd, 2 * PAGE))
		return 1;
	window = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (window == MAP_FAILED)
		return 1;
	wrong += map_window(fd, 1);
	for (unsigned w = 0; w < workers; w++)
		if (pthread_create(&thread[w], NULL, reader, &wrongs[w]))
			return wrong + 1;
	for (uint64_t g = 2; g < 2 + (uint64_t)rounds * REMAPS_A_ROUND; g++)
		wrong += map_window(fd, g);
	__atomic_store_n(&generation, ~0UL, __ATOMIC_SEQ_CST);
	for (unsigned w = 0; w < workers; w++) {
		pthread_join(thread[w], NULL);
		wrong += wrongs[w];
	}
	close(fd);
	return wrong;
}

/* --- ring ------------------------------------------------------------------------ */

static int pipes[WORKERS_MAX + 1][2];

static unsigned ring_worker(uint64_t *unused, unsigned who, unsigned part)
{
	uint64_t value;

	(void)unused, (void)part;
	for (unsigned lap = 0; lap < rounds * LAPS_A_ROUND; lap++) {
		if (read(pipes[who][0], &value, sizeof(value)) != sizeof(value))
			return 1;
		value += stamp(who, lap, 0);
		if (write(pipes[who + 1][1], &value, sizeof(value)) != sizeof(value))
			return 1;
	}
	return 0;
}

static unsigned pass_round(void)
{
	unsigned wrong = 0;

	for (unsigned lap = 0; lap < rounds * LAPS_A_ROUND; lap++) {
		uint64_t value = lap, want = lap;

		for (unsigned w = 0; w < workers; w++)
			want += stamp(w, lap, 0);
		if (write(pipes[0][1], &value, sizeof(value)) != sizeof(value) ||
		    read(pipes[workers][0], &value, sizeof(value)) != sizeof(value))
			return wrong + 1;
		wrong += value != want;
	}
	return wrong;
}

static unsigned ring(void)
{
	unsigned wrong;
	pid_t pid;
	int status;

	for (unsigned w = 0; w <= workers; w++)
		if (pipe(pipes[w]))
			return 1;
	pid = fork();
	if (!pid) {
		wrong = run_workers(ring_worker);
		_exit(wrong > 255 ? 255 : wrong);
	}
	wrong = pass_round();
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return wrong + 1;
	return wrong + WEXITSTATUS(status);
}

static void report(const char *part, unsigned wrong)
{
	printf("%s=%u\n%s-wrong=%u\n", part, rounds, part, wrong);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	workers = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	rounds = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	if (!workers || workers > WORKERS_MAX || !rounds) {
		fputs("usage: stress WORKERS ROUNDS (1 to 64 workers)\n", stderr);
		return 2;
	}
	report("maps", run_workers(map_worker));
	report("remap", remap());
	report("ring", ring());
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Many domains at once, empty ones: hypfs lists all of them, and neither finding
 * one nor listing one gets dearer by the others.  Costs are read from the TSC,
 * which counts instructions where the machine does (one pCPU).
 */
#include <xen/domctl.h>
#include <xen/hypfs.h>

#include "bench/guests/pv/state.h"
#include "bench/guests/pv/verdict.h"

#define FEW 8
#define MANY 256

static domid_t domains[MANY];
static union {
	struct xen_hypfs_direntry head;
	u8 bytes[16384];
} answer;

static long domctl(struct xen_domctl *op, u32 cmd, domid_t id)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = id;
	return hypercall1(__HYPERVISOR_domctl, op);
}

static void make_domains(unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		struct xen_domctl op = { .u.createdomain = {
			.max_vcpus = 1, .max_evtchn_port = 1023, .max_grant_frames = -1,
			.max_maptrack_frames = -1, .grant_opts = 2,
		} };

		check("createdomain", domctl(&op, XEN_DOMCTL_createdomain, 0), 0);
		domains[i] = op.domain;
	}
}

static void destroy_domains(void)
{
	struct xen_domctl op = { 0 };

	for (unsigned i = 0; i < MANY; i++)
		check("destroydomain", domctl(&op, XEN_DOMCTL_destroydomain, domains[i]), 0);
}

/* Instructions it takes. */
static u64 read_path(const char *path, long want)
{
	u64 cmd = XEN_HYPFS_OP_read, name = (u64)path, len = 1, start = rdtsc();
	register u64 buf __asm__("r10") = (u64)&answer;
	register u64 size __asm__("r8") = sizeof(answer);
	long rc;

	while (path[len - 1])
		len++;
	__asm__ volatile("syscall" : "=a"(rc), "+D"(cmd), "+S"(name), "+d"(len), "+r"(buf), "+r"(size)
			 : "a"(__HYPERVISOR_hypfs_op) : "rcx", "r11", "r9", "memory");
	start = rdtsc() - start;
	check(path, rc, want);
	return start;
}

static u64 find_domain(domid_t id)
{
	char path[] = "/domain/00000/policy", *digit = path + 8, *from = digit;

	for (unsigned unit = 10000; unit; unit /= 10)
		*digit++ = '0' + id / unit % 10;
	while (*from == '0')
		from++;
	for (digit = path + 8; *from;)
		*digit++ = *from++;
	*digit = 0;
	return read_path(path, 0);
}

static unsigned listed(void)
{
	u8 *at = answer.bytes + sizeof(answer.head);
	unsigned n = 0, step;

	do {
		step = ((struct xen_hypfs_dirlistentry *)at)->off_next;
		at += step;
		n++;
	} while (step);
	check("the last entry ends the listing", at < answer.bytes + sizeof(answer.head) +
	      answer.head.content_len, 1);
	return n;
}

/* Costs of finding the last of @n domains and of listing all, Dom0 among them. */
static void measure(unsigned n, u64 *find, u64 *list)
{
	*find = find_domain(domains[n - 1]);
	*list = read_path("/domain", 0);
	check("all are listed", listed(), n + 1);
	print("GUEST of %u domains: %lu instructions to find one, %lu to list all\n", n, *find, *list);
}

void state_many_domains(bool counted)
{
	u64 find_few, find_many, list_few, list_many;

	make_domains(0, FEW);
	find_domain(domains[0]);
	measure(FEW, &find_few, &list_few);
	make_domains(FEW, MANY);
	measure(MANY, &find_many, &list_many);
	if (counted) {
		check("to find one costs the same", find_many < find_few + find_few / 4, 1);
		check("to list one does", list_many / MANY < list_few / FEW * 2, 1);
	}
	read_path("/domain/x", -2);
	read_path("/domain/00", -2);
	read_path("/domain/65536", -2);
	read_path("/domain/4294967296", -2);
	read_path("/domain/0/vcpu/4294967296", -2);
	destroy_domains();
}

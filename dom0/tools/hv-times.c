/* SPDX-License-Identifier: MIT */
/*
 * hv-times: where the processor time since the start went, in nanoseconds, as
 * the hypervisor tells Dom0.  For scenarios that look for time that is lost or
 * counted twice, and that compare shares.  One line a domain, then the sums:
 *   domain ID NS
 *   idle PCPU NS
 *   sum NS          of all of the above
 * Makes the hypercalls itself, so that it needs no library.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <xen/sysctl.h>
#include <xen/sys/privcmd.h>

#define DOMAINS_MAX 256
#define PCPUS_MAX 64
#define BUFFER 65536

static int privcmd;

static int sysctl(struct xen_sysctl *op, uint32_t cmd)
{
	struct privcmd_hypercall call = { .op = __HYPERVISOR_sysctl, .arg = { (uintptr_t)op } };

	op->cmd = cmd;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call);
}

static int print_domains(struct xen_sysctl *op, void *buffer, uint64_t *sum)
{
	xen_domctl_getdomaininfo_t *info = buffer;

	_Static_assert(DOMAINS_MAX * sizeof(*info) <= BUFFER, "room for all domains");
	memset(op, 0, sizeof(*op));
	op->u.getdomaininfolist.max_domains = DOMAINS_MAX;
	set_xen_guest_handle(op->u.getdomaininfolist.buffer, info);
	if (sysctl(op, XEN_SYSCTL_getdomaininfolist))
		return -1;
	for (uint32_t i = 0; i < op->u.getdomaininfolist.num_domains; i++) {
		printf("domain %u %llu\n", info[i].domain, (unsigned long long)info[i].cpu_time);
		*sum += info[i].cpu_time;
	}
	return 0;
}

static int print_idle(struct xen_sysctl *op, void *buffer, uint64_t *sum)
{
	xen_sysctl_cpuinfo_t *info = buffer;

	memset(op, 0, sizeof(*op));
	op->u.getcpuinfo.max_cpus = PCPUS_MAX;
	set_xen_guest_handle(op->u.getcpuinfo.info, info);
	if (sysctl(op, XEN_SYSCTL_getcpuinfo))
		return -1;
	for (uint32_t i = 0; i < op->u.getcpuinfo.nr_cpus; i++) {
		printf("idle %u %llu\n", i, (unsigned long long)info[i].idletime);
		*sum += info[i].idletime;
	}
	return 0;
}

/* Hypercall buffers have to be in memory: populated, and touched by nobody else. */
static void *buffer_make(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int main(void)
{
	struct xen_sysctl *op = buffer_make(4096);
	void *buffer = buffer_make(BUFFER);
	uint64_t sum = 0;

	privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (privcmd < 0 || !op || !buffer) {
		fputs("hv-times: cannot open /dev/xen/privcmd: run in Dom0, modules loaded\n", stderr);
		return 1;
	}
	if (print_domains(op, buffer, &sum) || print_idle(op, buffer, &sum)) {
		perror("hv-times");
		return 1;
	}
	printf("sum %llu\n", (unsigned long long)sum);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * hv-free [PREFIX]: print PREFIX and the number of frames that are free in the
 * hypervisor, exactly; `xl info` rounds to MiB.  For scenarios that look for
 * leaks.  Makes the physinfo hypercall itself, so that it needs no library.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <xen/sysctl.h>
#include <xen/sys/privcmd.h>

int main(int argc, char **argv)
{
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	struct xen_sysctl *op = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	struct privcmd_hypercall call = { .op = __HYPERVISOR_sysctl };

	if (fd < 0 || op == MAP_FAILED) {
		fputs("hv-free: cannot open /dev/xen/privcmd: run in Dom0, modules loaded\n", stderr);
		return 1;
	}
	op->cmd = XEN_SYSCTL_physinfo;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	call.arg[0] = (uintptr_t)op;
	if (ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call)) {
		perror("hv-free: physinfo");
		return 1;
	}
	printf("%s%llu\n", argc > 1 ? argv[1] : "", (unsigned long long)op->u.physinfo.free_pages);
	return 0;
}

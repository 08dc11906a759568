/* SPDX-License-Identifier: MIT */
/*
 * log-dirty DOMID on|off|clean|peek: the log of a domain's changed frames, by
 * hand.  clean and peek print the numbers of the frames that have changed, one a
 * line, and `faults N dirty M`.  For the scenario that compares them with what a
 * guest says it has changed.  Makes the domctl itself, so that it needs no library.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <xen/domctl.h>
#include <xen/sys/privcmd.h>

#define FRAMES 32768 /* looked at: one page of bitmap */

/* One page each for the call and the bitmap, both touched: the hypervisor does not page in. */
static void *page(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
		       -1, 0);

	if (p == MAP_FAILED) {
		perror("log-dirty: mmap");
		exit(1);
	}
	return p;
}

static int op_number(const char *name)
{
	static const struct {
		const char *name;
		int op;
	} ops[] = {
		{ "on", XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY },
		{ "off", XEN_DOMCTL_SHADOW_OP_OFF },
		{ "clean", XEN_DOMCTL_SHADOW_OP_CLEAN },
		{ "peek", XEN_DOMCTL_SHADOW_OP_PEEK },
	};

	for (unsigned i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (!strcmp(ops[i].name, name))
			return ops[i].op;
	return -1;
}

static void print_report(const struct xen_domctl_shadow_op *args, const uint8_t *bitmap)
{
	for (unsigned i = 0; i < FRAMES; i++)
		if (bitmap[i / 8] >> i % 8 & 1)
			printf("%u\n", i);
	printf("faults %u dirty %u\n", args->stats.fault_count, args->stats.dirty_count);
}

int main(int argc, char **argv)
{
	int op = argc == 3 ? op_number(argv[2]) : -1;
	struct privcmd_hypercall call = { .op = __HYPERVISOR_domctl };
	struct xen_domctl *ctl;
	uint8_t *bitmap;
	int fd;

	if (op < 0) {
		fputs("usage: log-dirty DOMID on|off|clean|peek\n", stderr);
		return 2;
	}
	fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		perror("log-dirty: /dev/xen/privcmd (run in Dom0, modules loaded)");
		return 1;
	}
	ctl = page();
	bitmap = page();
	ctl->cmd = XEN_DOMCTL_shadow_op;
	ctl->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	ctl->domain = atoi(argv[1]);
	ctl->u.shadow_op.op = op;
	ctl->u.shadow_op.pages = FRAMES;
	set_xen_guest_handle(ctl->u.shadow_op.dirty_bitmap, bitmap);
	call.arg[0] = (uintptr_t)ctl;
	if (ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call) < 0) {
		perror("log-dirty: shadow_op");
		return 1;
	}
	if (op == XEN_DOMCTL_SHADOW_OP_CLEAN || op == XEN_DOMCTL_SHADOW_OP_PEEK)
		print_report(&ctl->u.shadow_op, bitmap);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Saving and restoring extended state with XSAVE, or FXSAVE on processors
 * without it (AMD64 APM vol. 2, 11.5).  XCR0 follows the vCPU.
 */
#include "x86/fpu.h"

#include "domain/domain.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/heap.h"
#include "x86/cpu.h"
#include "x86/setup.h"

#define MXCSR_DEFAULT 0x1f80
#define MXCSR_VALID 0xffff
#define FCW_DEFAULT 0x37f

/* Offsets in an XSAVE image. */
#define IMAGE_MXCSR 24
#define IMAGE_HEADER 512

static void xsetbv(u64 value)
{
	__asm__ volatile("xsetbv" : : "c"(0), "a"((u32)value), "d"((u32)(value >> 32)));
}

void fpu_init_this(void)
{
	u32 mxcsr = MXCSR_DEFAULT;

	if (cpu_features.xsave)
		xsetbv(cpu_features.xcr0_mask);
	__asm__ volatile("fninit; ldmxcsr %0" : : "m"(mxcsr));
}

int fpu_vcpu_init(struct vcpu *v)
{
	u8 *area = xzalloc_aligned(MAX(cpu_features.xsave_size, 576), 64);

	if (!area)
		return -ENOMEM;
	*(u16 *)area = FCW_DEFAULT;
	*(u32 *)(area + IMAGE_MXCSR) = MXCSR_DEFAULT;
	*(u64 *)(area + IMAGE_HEADER) = 3; /* XSTATE_BV: x87 and SSE hold the values above */
	v->fpu_area = area;
	v->xcr0 = 1;
	return 0;
}

void fpu_vcpu_destroy(struct vcpu *v)
{
	xfree(v->fpu_area);
	v->fpu_area = NULL;
}

/* All components, whatever XCR0 the guest chose, so nothing of it stays behind. */
void fpu_save(struct vcpu *v)
{
	u32 all = ~0U;

	if (cpu_features.xsave && v->xcr0 != cpu_features.xcr0_mask)
		xsetbv(cpu_features.xcr0_mask);
	if (cpu_features.xsave)
		__asm__ volatile("xsave64 (%0)" : : "r"(v->fpu_area), "a"(all), "d"(all) : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" : : "r"(v->fpu_area) : "memory");
}

void fpu_restore(struct vcpu *v)
{
	u32 all = ~0U;

	if (cpu_features.xsave)
		__asm__ volatile("xrstor64 (%0)" : : "r"(v->fpu_area), "a"(all), "d"(all) : "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" : : "r"(v->fpu_area) : "memory");
	if (cpu_features.xsave && v->xcr0 != cpu_features.xcr0_mask)
		xsetbv(v->xcr0);
}

/* Would XSETBV take it? */
static bool xcr0_ok(u64 xcr0)
{
	bool avx = xcr0 & 4;
	u64 avx512 = xcr0 & 0xe0;

	return cpu_features.xsave && !(xcr0 & ~cpu_features.xcr0_mask) && (xcr0 & 1) &&
	       (!avx || (xcr0 & 2)) && (!avx512 || (avx512 == 0xe0 && avx));
}

int fpu_set_xcr0(struct vcpu *v, u64 xcr0)
{
	if (!xcr0_ok(xcr0))
		return -EINVAL;
	v->xcr0 = xcr0;
	xsetbv(xcr0);
	return 0;
}

/* Bytes an image needs for @components (XSTATE_BV). */
static size_t image_bytes(u64 components)
{
	size_t end = FPU_AREA_MIN;

	for (unsigned i = 2; i < 63; i++)
		if (components >> i & 1) {
			struct cpuid_regs r = cpuid(0xd, i); /* EAX: size, EBX: offset */

			end = MAX(end, (size_t)r.a + r.b);
		}
	return end;
}

static bool image_ok(u64 components, const u8 *image, size_t bytes)
{
	const u64 *header = (const u64 *)(image + IMAGE_HEADER);
	u32 mxcsr = *(const u32 *)(image + IMAGE_MXCSR);

	for (unsigned i = 1; i < 8; i++) /* XCOMP_BV and reserved */
		if (header[i])
			return false;
	return !(mxcsr & ~MXCSR_VALID) && !(header[0] & ~components) &&
	       image_bytes(header[0]) <= bytes;
}

int fpu_import(struct vcpu *v, u64 xcr0, u64 components, const void *image, size_t bytes)
{
	if (!xcr0_ok(xcr0) || !xcr0_ok(components) || (xcr0 & ~components) || bytes < FPU_AREA_MIN ||
	    bytes > cpu_features.xsave_size || !image_ok(components, image, bytes))
		return -EINVAL;
	memcpy(v->fpu_area, image, bytes);
	memset((u8 *)v->fpu_area + bytes, 0, cpu_features.xsave_size - bytes);
	v->xcr0 = xcr0;
	return 0;
}

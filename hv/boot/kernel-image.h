/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor makes of the bytes of a kernel module: it recognises a
 * Linux bzImage, an ELF64 file or a gzip-compressed one, unpacks it, checks its
 * segments and reads its Xen notes.  The Dom0 builder calls, in this order,
 * kernel_image_open(), _unpack(), _parse(), _check_pv() (or _check_pvh()) and
 * _copy().  Pure: it allocates nothing, keeps nothing, takes no locks and
 * prints nothing.  The module is hostile: all of it is bounds-checked, and
 * nothing is read outside it.
 *
 * All int functions return 0 or an enum kernel_refusal, for which
 * kernel_image_error() has one line to show.
 */
#ifndef ORRERY_BOOT_KERNEL_IMAGE_H
#define ORRERY_BOOT_KERNEL_IMAGE_H

#include "boot/decompress/decompress.h"
#include "lib/types.h"

#define KERNEL_REFUSALS(X)                                                                        \
	X(EMPTY, "the kernel module is empty")                                                    \
	X(UNKNOWN, "not a Linux or ELF kernel")                                                   \
	X(SETUP_CUT, "truncated: the file ends within the Linux setup header")                    \
	X(PROTOCOL, "Linux boot protocol below 2.08: too old to be loaded here")                  \
	X(NO_PAYLOAD, "corrupt: the Linux setup header tells of no compressed kernel")            \
	X(PAYLOAD_CUT, "truncated: the file ends before the compressed kernel does")              \
	X(COMPRESSION, "kernel compressed by a method other than gzip, xz, zstd and lz4")         \
	X(NO_MEMORY, "too little memory to unpack the kernel")                                    \
	X(UNPACK_CUT, "truncated: the compressed kernel ends too early")                          \
	X(UNPACK_CORRUPT, "corrupt: the compressed kernel does not unpack or fails its check")    \
	X(UNPACK_SIZE, "corrupt: the kernel unpacks to another size than the file tells")         \
	X(UNPACK_OPTION, "kernel compressed with an option that is not supported")                \
	X(NOT_ELF, "what the compressed kernel contains is not an ELF file")                      \
	X(NOT_X86_64, "not an ELF file for x86-64")                                               \
	X(NOT_EXECUTABLE, "the ELF file is not an executable")                                    \
	X(ELF_CUT, "truncated: the ELF file ends before its program headers or segments do")      \
	X(NO_SEGMENTS, "the ELF file has no segment to load")                                     \
	X(MANY_SEGMENTS, "the ELF file has too many segments to load")                            \
	X(SEGMENT_SIZE, "corrupt: an ELF segment is larger in the file than in memory")           \
	X(SEGMENT_WRAP, "corrupt: an ELF segment ends past the last address")                     \
	X(SEGMENT_OVERLAP, "corrupt: ELF segments overlap in memory")                             \
	X(NOTE, "corrupt: an ELF note is malformed")                                              \
	X(NO_XEN_NOTES, "kernel not made for Xen (it has no Xen ELF notes)")                      \
	X(NO_PV_ENTRY, "kernel has no Xen PV entry (no XEN_ELFNOTE_ENTRY)")                       \
	X(NO_PVH_ENTRY, "kernel has no PVH entry (no XEN_ELFNOTE_PHYS32_ENTRY)")                  \
	X(ENTRY_OUTSIDE, "corrupt: the kernel's entry point lies outside its segments")           \
	X(HYPERCALL_OUTSIDE, "corrupt: the kernel's hypercall page lies outside its segments")    \
	X(P2M_INSIDE, "corrupt: the kernel wants its P2M list where it is loaded itself")         \
	X(NOT_CANONICAL, "corrupt: the kernel wants addresses that are not canonical")            \
	X(XEN_VERSION, "kernel made for another Xen interface than xen-3.0")                      \
	X(FEATURE, "kernel requires a Xen feature that is unknown here")                          \
	X(NOT_DOM0, "kernel cannot be Dom0 (its Xen features lack dom0)")                         \
	X(COPY, "the memory for the kernel ends before the kernel does")

enum kernel_refusal {
	KERNEL_OK,
#define KERNEL_REFUSAL_ENUM(name, text) KERNEL_REFUSED_##name,
	KERNEL_REFUSALS(KERNEL_REFUSAL_ENUM)
#undef KERNEL_REFUSAL_ENUM
	KERNEL_REFUSALS_END
};

enum kernel_format { KERNEL_ELF, KERNEL_ELF_GZIP, KERNEL_BZIMAGE };

#define KERNEL_SEGMENTS_MAX 16
#define KERNEL_NOTE_TEXT 32
#define KERNEL_FEATURES_TEXT 256

/* A PT_LOAD segment: @file_size bytes at @data, then zeros up to @mem_size. */
struct kernel_segment {
	const u8 *data;
	u64 file_size, mem_size;
	u64 paddr; /* p_paddr as in the file */
	u64 offset; /* bytes from the start of the loaded image */
};

/* The Xen notes (<xen/elfnote.h>); numbers not given are 0 and texts empty. */
struct kernel_notes {
	u32 present; /* bit n: note type n is there */
	u64 virt_base, paddr_offset, entry, hypercall_page, init_p2m, hv_start_low, phys32_entry;
	u64 suspend_cancel, mod_start_pfn;
	u64 l1_mfn_mask, l1_mfn_value;
	/* Bit n: XENFEAT_n.  From FEATURES and SUPPORTED_FEATURES; required ones are in both. */
	u32 features_supported, features_required;
	bool requires_unknown;
	char guest_os[KERNEL_NOTE_TEXT], guest_version[KERNEL_NOTE_TEXT];
	char xen_version[KERNEL_NOTE_TEXT], loader[KERNEL_NOTE_TEXT], pae_mode[KERNEL_NOTE_TEXT];
	char features[KERNEL_FEATURES_TEXT];
};

/* Add the Xen notes of one note segment, @len bytes at @p; @align is p_align. */
int kernel_notes_read(struct kernel_notes *notes, const u8 *p, size_t len, u64 align);

struct kernel_image {
	/* From kernel_image_open(). */
	enum kernel_format format;
	enum compression compression;
	const u8 *payload; /* what to unpack, or the ELF file itself */
	size_t payload_len;
	size_t unpacked_len; /* bytes of memory to unpack to; 0: nothing to unpack */

	/* From kernel_image_unpack(). */
	const u8 *elf;
	size_t elf_len;

	/* From kernel_image_parse(). */
	u64 elf_entry; /* e_entry */
	u32 segments;
	struct kernel_segment segment[KERNEL_SEGMENTS_MAX]; /* in the order of the file */
	u64 paddr_start, paddr_end;
	u64 virt_start, virt_end; /* of a PV guest: paddr - PADDR_OFFSET + VIRT_BASE */
	struct kernel_notes notes;
};

static inline bool kernel_has_note(const struct kernel_image *ki, u32 type)
{
	return ki->notes.present >> type & 1;
}

/* Recognise @len bytes at @file, which @ki keeps pointing into. */
int kernel_image_open(struct kernel_image *ki, const void *file, size_t len);

/*
 * Unpack to @out, at least ki->unpacked_len bytes (any value will do if that is
 * 0), with DECOMPRESS_SCRATCH bytes of @scratch.  @ki keeps pointing into @out.
 */
int kernel_image_unpack(struct kernel_image *ki, void *out, size_t out_cap, void *scratch,
			size_t scratch_len);

/* Read ELF header, segments and notes.  Having no Xen notes is not an error here. */
int kernel_image_parse(struct kernel_image *ki);

/* Whether @ki can start as a PV guest, and if @dom0 as Dom0. */
int kernel_image_check_pv(const struct kernel_image *ki, bool dom0);

/* Whether @ki can start as a PVH guest. */
int kernel_image_check_pvh(const struct kernel_image *ki);

/*
 * Where the byte at @offset from the start of the image is to go: returns its
 * address here, and in *@len how many bytes may be written there (at entry:
 * how many are wanted).  NULL or 0 ends the copy.
 */
typedef void *kernel_image_place(void *context, u64 offset, size_t *len);

/* Write all segments: contents and zeroed remainders.  Gaps between them are not touched. */
int kernel_image_copy(const struct kernel_image *ki, kernel_image_place *place, void *context);

/* The same to @cap bytes at @dst; gaps are zeroed. */
int kernel_image_copy_flat(const struct kernel_image *ki, void *dst, size_t cap);

/* One line without newline for an enum kernel_refusal; "no error" for 0. */
const char *kernel_image_error(int refusal);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Kernel modules: which kind of file it is, unpacking, ELF segments, whether
 * all that and the Xen notes fit together, and writing the segments to guest memory.
 * The Linux/x86 boot protocol's setup header says since 2.08 where in the file
 * the compressed ELF file lies, whose last four bytes are its unpacked size
 * (for gzip these belong to the format, for the others they were appended).
 * Segments are placed by physical address, as Xen does: a PV guest finds each
 * at p_paddr - PADDR_OFFSET + VIRT_BASE (Linux has segments whose p_vaddr is
 * no address).
 */
#include "boot/kernel-image.h"

#include <xen/elfnote.h>
#include <xen/features.h>

#include "lib/errno.h"
#include "lib/string.h"

#define SETUP_SECTORS 0x1f1
#define SETUP_BOOT_FLAG 0x1fe
#define SETUP_MAGIC 0x202
#define SETUP_VERSION 0x206
#define SETUP_PAYLOAD_OFFSET 0x248
#define SETUP_PAYLOAD_LENGTH 0x24c
#define SETUP_END 0x250

#define BOOT_FLAG 0xaa55
#define PROTOCOL_MIN 0x0208
#define SECTOR 512
#define SECTORS_DEFAULT 4 /* what a count of 0 means */
#define SIZE_BYTES 4
#define ELF_MAGIC "\177ELF"
#define ELF64_IDENT ELF_MAGIC "\2\1\1" /* 64-bit, little-endian, version 1 */

#define TYPE_EXECUTABLE 2
#define MACHINE_X86_64 62

#define SEGMENT_LOAD 1
#define SEGMENT_NOTE 4

#define CANONICAL_BITS 48

struct elf_header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct program_header {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

_Static_assert(sizeof(struct elf_header) == 64, "ELF-64 layout");
_Static_assert(sizeof(struct program_header) == 56, "ELF-64 layout");

static u32 field(const u8 *p, int bytes)
{
	u32 v = 0;

	memcpy(&v, p, bytes);
	return v;
}

static bool is_elf(const u8 *p, size_t len)
{
	return len >= 4 && !memcmp(p, ELF_MAGIC, 4);
}

static bool is_bzimage(const u8 *p, size_t len)
{
	return len >= SETUP_VERSION && field(p + SETUP_BOOT_FLAG, 2) == BOOT_FLAG &&
	       !memcmp(p + SETUP_MAGIC, "HdrS", 4);
}

/* Payload and format are known: find out how it is compressed and how large it gets. */
static int describe_payload(struct kernel_image *ki)
{
	const u8 *p = ki->payload;

	if (is_elf(p, ki->payload_len))
		return 0;
	ki->compression = compression_of(p, ki->payload_len);
	if (ki->compression == COMPRESSION_NONE)
		return KERNEL_REFUSED_COMPRESSION;
	if (ki->payload_len <= SIZE_BYTES)
		return KERNEL_REFUSED_PAYLOAD_CUT;
	ki->unpacked_len = field(p + ki->payload_len - SIZE_BYTES, SIZE_BYTES);
	if (!ki->unpacked_len)
		return KERNEL_REFUSED_UNPACK_SIZE;
	if (ki->compression != COMPRESSION_GZIP)
		ki->payload_len -= SIZE_BYTES;
	return 0;
}

static int open_bzimage(struct kernel_image *ki, const u8 *file, size_t len)
{
	u64 sectors, start, payload;

	ki->format = KERNEL_BZIMAGE;
	if (len < SETUP_END)
		return KERNEL_REFUSED_SETUP_CUT;
	if (field(file + SETUP_VERSION, 2) < PROTOCOL_MIN)
		return KERNEL_REFUSED_PROTOCOL;
	sectors = file[SETUP_SECTORS] ? file[SETUP_SECTORS] : SECTORS_DEFAULT;
	start = (sectors + 1) * SECTOR + field(file + SETUP_PAYLOAD_OFFSET, 4);
	payload = field(file + SETUP_PAYLOAD_LENGTH, 4);
	if (!payload)
		return KERNEL_REFUSED_NO_PAYLOAD;
	if (start > len || payload > len - start)
		return KERNEL_REFUSED_PAYLOAD_CUT;
	ki->payload = file + start;
	ki->payload_len = payload;
	return describe_payload(ki);
}

int kernel_image_open(struct kernel_image *ki, const void *file, size_t len)
{
	memset(ki, 0, sizeof(*ki));
	ki->payload = file;
	ki->payload_len = len;
	if (!len)
		return KERNEL_REFUSED_EMPTY;
	if (is_bzimage(file, len))
		return open_bzimage(ki, file, len);
	if (is_elf(file, len)) {
		ki->format = KERNEL_ELF;
		return 0;
	}
	if (len >= 2 && compression_of(file, len) == COMPRESSION_GZIP) {
		ki->format = KERNEL_ELF_GZIP;
		return describe_payload(ki);
	}
	return KERNEL_REFUSED_UNKNOWN;
}

static int unpack_refusal(int err)
{
	switch (err) {
	case 0:
		return 0;
	case -ENODATA:
		return KERNEL_REFUSED_UNPACK_CUT;
	case -ENOSPC:
		return KERNEL_REFUSED_UNPACK_SIZE;
	case -EOPNOTSUPP:
		return KERNEL_REFUSED_UNPACK_OPTION;
	case -ENOMEM:
		return KERNEL_REFUSED_NO_MEMORY;
	default:
		return KERNEL_REFUSED_UNPACK_CORRUPT;
	}
}

int kernel_image_unpack(struct kernel_image *ki, void *out, size_t out_cap, void *scratch,
			size_t scratch_len)
{
	int err;

	ki->elf = ki->payload;
	ki->elf_len = ki->payload_len;
	if (!ki->unpacked_len)
		return 0;
	if (out_cap < ki->unpacked_len)
		return KERNEL_REFUSED_NO_MEMORY;
	/* The output's end tells nothing but corruption, so hold it to what the file said. */
	err = unpack_refusal(decompress(ki->payload, ki->payload_len, out, ki->unpacked_len,
					&ki->elf_len, scratch, scratch_len));
	if (err)
		return err;
	ki->elf = out;
	if (ki->elf_len != ki->unpacked_len)
		return KERNEL_REFUSED_UNPACK_SIZE;
	return is_elf(ki->elf, ki->elf_len) ? 0 : KERNEL_REFUSED_NOT_ELF;
}

static bool in_file(const struct kernel_image *ki, u64 offset, u64 len)
{
	return offset <= ki->elf_len && len <= ki->elf_len - offset;
}

static int read_header(const struct kernel_image *ki, struct elf_header *h)
{
	if (!in_file(ki, 0, sizeof(*h)))
		return KERNEL_REFUSED_ELF_CUT;
	memcpy(h, ki->elf, sizeof(*h));
	if (memcmp(h->ident, ELF64_IDENT, 7) || h->machine != MACHINE_X86_64)
		return KERNEL_REFUSED_NOT_X86_64;
	if (h->type != TYPE_EXECUTABLE)
		return KERNEL_REFUSED_NOT_EXECUTABLE;
	if (!h->phnum)
		return KERNEL_REFUSED_NO_SEGMENTS;
	if (h->phentsize < sizeof(struct program_header) ||
	    !in_file(ki, h->phoff, (u64)h->phnum * h->phentsize))
		return KERNEL_REFUSED_ELF_CUT;
	return 0;
}

static bool overlaps(const struct kernel_image *ki, u64 start, u64 end)
{
	for (u32 i = 0; i < ki->segments; i++) {
		const struct kernel_segment *s = &ki->segment[i];

		if (start < s->paddr + s->mem_size && s->paddr < end)
			return true;
	}
	return false;
}

static int add_segment(struct kernel_image *ki, const struct program_header *ph)
{
	struct kernel_segment *s = &ki->segment[ki->segments];
	u64 end;

	if (!in_file(ki, ph->offset, ph->filesz))
		return KERNEL_REFUSED_ELF_CUT;
	if (ph->filesz > ph->memsz)
		return KERNEL_REFUSED_SEGMENT_SIZE;
	if (!ph->memsz)
		return 0;
	if (__builtin_add_overflow(ph->paddr, ph->memsz, &end))
		return KERNEL_REFUSED_SEGMENT_WRAP;
	if (overlaps(ki, ph->paddr, end))
		return KERNEL_REFUSED_SEGMENT_OVERLAP;
	if (ki->segments == KERNEL_SEGMENTS_MAX)
		return KERNEL_REFUSED_MANY_SEGMENTS;
	ki->paddr_start = ki->segments ? MIN(ki->paddr_start, ph->paddr) : ph->paddr;
	ki->paddr_end = ki->segments ? MAX(ki->paddr_end, end) : end;
	*s = (struct kernel_segment){ .data = ki->elf + ph->offset, .file_size = ph->filesz,
				      .mem_size = ph->memsz, .paddr = ph->paddr };
	ki->segments++;
	return 0;
}

static int read_segment(struct kernel_image *ki, const struct program_header *ph)
{
	switch (ph->type) {
	case SEGMENT_LOAD:
		return add_segment(ki, ph);
	case SEGMENT_NOTE:
		if (!in_file(ki, ph->offset, ph->filesz))
			return KERNEL_REFUSED_ELF_CUT;
		return kernel_notes_read(&ki->notes, ki->elf + ph->offset, ph->filesz, ph->align);
	default:
		return 0;
	}
}

/* All segments and notes are in: where the image goes. */
static int place_segments(struct kernel_image *ki)
{
	u64 shift = ki->notes.virt_base - ki->notes.paddr_offset;

	if (!ki->segments)
		return KERNEL_REFUSED_NO_SEGMENTS;
	for (u32 i = 0; i < ki->segments; i++)
		ki->segment[i].offset = ki->segment[i].paddr - ki->paddr_start;
	ki->virt_start = ki->paddr_start + shift;
	ki->virt_end = ki->paddr_end + shift;
	return ki->virt_start < ki->virt_end ? 0 : KERNEL_REFUSED_SEGMENT_WRAP;
}

int kernel_image_parse(struct kernel_image *ki)
{
	struct elf_header h;
	int err = read_header(ki, &h);

	if (err)
		return err;
	ki->elf_entry = h.entry;
	ki->segments = 0;
	memset(&ki->notes, 0, sizeof(ki->notes));
	for (u32 i = 0; i < h.phnum; i++) {
		struct program_header ph;

		memcpy(&ph, ki->elf + h.phoff + (u64)i * h.phentsize, sizeof(ph));
		err = read_segment(ki, &ph);
		if (err)
			return err;
	}
	return place_segments(ki);
}

static bool is_canonical(u64 address)
{
	s64 top = (s64)address >> (CANONICAL_BITS - 1);

	return top == 0 || top == -1;
}

/* Both ends on the same side of the hole. */
static bool is_canonical_range(u64 start, u64 end)
{
	return is_canonical(start) && is_canonical(end - 1) && (s64)(start ^ (end - 1)) >= 0;
}

static bool in_image(const struct kernel_image *ki, u64 address)
{
	return address >= ki->virt_start && address < ki->virt_end;
}

static int check_addresses(const struct kernel_image *ki)
{
	const struct kernel_notes *n = &ki->notes;

	if (!is_canonical_range(ki->virt_start, ki->virt_end) || !is_canonical(n->init_p2m))
		return KERNEL_REFUSED_NOT_CANONICAL;
	if (!in_image(ki, n->entry))
		return KERNEL_REFUSED_ENTRY_OUTSIDE;
	if (kernel_has_note(ki, XEN_ELFNOTE_HYPERCALL_PAGE) &&
	    (!in_image(ki, n->hypercall_page) ||
	     PAGE_SIZE > ki->virt_end - n->hypercall_page))
		return KERNEL_REFUSED_HYPERCALL_OUTSIDE;
	if (kernel_has_note(ki, XEN_ELFNOTE_INIT_P2M) && in_image(ki, n->init_p2m))
		return KERNEL_REFUSED_P2M_INSIDE;
	return 0;
}

int kernel_image_check_pv(const struct kernel_image *ki, bool dom0)
{
	const struct kernel_notes *n = &ki->notes;

	if (!n->present)
		return KERNEL_REFUSED_NO_XEN_NOTES;
	if (!kernel_has_note(ki, XEN_ELFNOTE_ENTRY))
		return KERNEL_REFUSED_NO_PV_ENTRY;
	if (kernel_has_note(ki, XEN_ELFNOTE_XEN_VERSION) && strcmp(n->xen_version, "xen-3.0"))
		return KERNEL_REFUSED_XEN_VERSION;
	if (n->requires_unknown)
		return KERNEL_REFUSED_FEATURE;
	/* Before this note existed kernels did not say, and could. */
	if (dom0 && kernel_has_note(ki, XEN_ELFNOTE_SUPPORTED_FEATURES) &&
	    !(n->features_supported & 1U << XENFEAT_dom0))
		return KERNEL_REFUSED_NOT_DOM0;
	return check_addresses(ki);
}

int kernel_image_check_pvh(const struct kernel_image *ki)
{
	u64 entry = ki->notes.phys32_entry;

	if (!ki->notes.present)
		return KERNEL_REFUSED_NO_XEN_NOTES;
	if (!kernel_has_note(ki, XEN_ELFNOTE_PHYS32_ENTRY))
		return KERNEL_REFUSED_NO_PVH_ENTRY;
	if (entry < ki->paddr_start || entry >= ki->paddr_end || ki->paddr_end > UINT32_MAX)
		return KERNEL_REFUSED_ENTRY_OUTSIDE;
	return 0;
}

/* One stretch of the image: @len bytes of @data, or zeros if that is NULL. */
static int copy_stretch(kernel_image_place *place, void *context, u64 offset, const u8 *data,
			u64 len)
{
	while (len) {
		size_t part = len;
		void *to = place(context, offset, &part);

		if (!to || !part)
			return KERNEL_REFUSED_COPY;
		part = MIN(part, len);
		if (data) {
			memcpy(to, data, part);
			data += part;
		} else {
			memset(to, 0, part);
		}
		offset += part;
		len -= part;
	}
	return 0;
}

int kernel_image_copy(const struct kernel_image *ki, kernel_image_place *place, void *context)
{
	for (u32 i = 0; i < ki->segments; i++) {
		const struct kernel_segment *s = &ki->segment[i];
		int err = copy_stretch(place, context, s->offset, s->data, s->file_size);

		if (!err)
			err = copy_stretch(place, context, s->offset + s->file_size, NULL,
					   s->mem_size - s->file_size);
		if (err)
			return err;
	}
	return 0;
}

static void *place_flat(void *context, u64 offset, size_t *len)
{
	(void)len; /* all of it: the size was checked */
	return (u8 *)context + offset;
}

int kernel_image_copy_flat(const struct kernel_image *ki, void *dst, size_t cap)
{
	u64 size = ki->paddr_end - ki->paddr_start;

	if (size > cap)
		return KERNEL_REFUSED_COPY;
	memset(dst, 0, size);
	return kernel_image_copy(ki, place_flat, dst);
}

const char *kernel_image_error(int refusal)
{
	static const char *const text[] = {
		"no error",
#define KERNEL_REFUSAL_TEXT(name, text) text,
		KERNEL_REFUSALS(KERNEL_REFUSAL_TEXT)
#undef KERNEL_REFUSAL_TEXT
	};

	if (refusal < 0 || refusal >= KERNEL_REFUSALS_END)
		return "unknown error";
	return text[refusal];
}

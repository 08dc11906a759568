/* SPDX-License-Identifier: MIT */
/*
 * For the tests of kernel modules only (host): an ELF kernel with Xen notes built
 * byte by byte, as a bzImage packed by the real compressors if wanted, and the
 * fields of it that tests damage.
 */
#ifndef ORRERY_BOOT_KERNEL_IMAGE_TESTING_H
#define ORRERY_BOOT_KERNEL_IMAGE_TESTING_H

#include <xen/elfnote.h>

#include "boot/decompress/testing.h"
#include "boot/kernel-image.h"

#define VIRT_BASE 0xffffffff80000000ULL
#define TEXT_PADDR 0x1000000ULL
#define DATA_PADDR 0x1002000ULL
#define ENTRY (VIRT_BASE + TEXT_PADDR + 0x40)

/* Offsets of fields to damage. */
#define EH_TYPE 16
#define EH_MACHINE 18
#define EH_PHOFF 32
#define EH_PHNUM 56
#define EH_PHENTSIZE 54
#define PH(n) (64 + 56 * (n))
#define PH_TYPE 0
#define PH_OFFSET 8
#define PH_PADDR 24
#define PH_FILESZ 32
#define PH_MEMSZ 40

#define NOTES_AT 0x200
#define NOTES_MAX 0x400
#define TEXT_AT 0x1000
#define TEXT_LEN 0x800
#define DATA_AT 0x2000
#define DATA_LEN 0x123
#define DATA_MEM 0x1800
#define ELF_LEN (DATA_AT + DATA_LEN)

static inline void put(struct bytes b, size_t at, u64 value, int len)
{
	cr_assert(at + len <= b.len);
	memcpy(b.p + at, &value, len);
}

static inline size_t add_note(struct bytes elf, size_t at, u32 type, const void *content, u32 len)
{
	put(elf, at, 4, 4);
	put(elf, at + 4, len, 4);
	put(elf, at + 8, type, 4);
	memcpy(elf.p + at + 12, "Xen", 4);
	memcpy(elf.p + at + 16, content, len);
	return at + 16 + ROUND_UP(len, 4);
}

static inline size_t add_number(struct bytes elf, size_t at, u32 type, u64 value, u32 len)
{
	return add_note(elf, at, type, &value, len);
}

static inline void put_segment(struct bytes elf, int n, u32 type, u64 offset, u64 paddr,
			       u64 filesz, u64 memsz)
{
	put(elf, PH(n) + PH_TYPE, type, 4);
	put(elf, PH(n) + PH_OFFSET, offset, 8);
	put(elf, PH(n) + PH_PADDR, paddr, 8);
	put(elf, PH(n) + PH_FILESZ, filesz, 8);
	put(elf, PH(n) + PH_MEMSZ, memsz, 8);
}

static inline void end_notes(struct bytes elf, size_t at)
{
	put_segment(elf, 2, 4, NOTES_AT, 0, at - NOTES_AT, at - NOTES_AT);
}

/* Two segments to load and one of notes, whose content the caller adds. */
static inline struct bytes bare_elf(void)
{
	struct bytes elf = test_bytes(DATA_TEXT, ELF_LEN, 3);

	memset(elf.p, 0, TEXT_AT);
	memcpy(elf.p, "\177ELF\2\1\1", 7);
	put(elf, EH_TYPE, 2, 2);
	put(elf, EH_MACHINE, 62, 2);
	put(elf, 24, 0x1000040, 8);
	put(elf, EH_PHOFF, 64, 8);
	put(elf, EH_PHENTSIZE, 56, 2);
	put(elf, EH_PHNUM, 3, 2);
	put_segment(elf, 0, 1, TEXT_AT, TEXT_PADDR, TEXT_LEN, TEXT_LEN);
	put_segment(elf, 1, 1, DATA_AT, DATA_PADDR, DATA_LEN, DATA_MEM);
	end_notes(elf, NOTES_AT);
	return elf;
}

static inline size_t usual_notes(struct bytes elf)
{
	static const u64 mfn_valid[2] = { 1, 1 };
	size_t at = NOTES_AT;

	at = add_note(elf, at, XEN_ELFNOTE_GUEST_OS, "linux", 6);
	at = add_note(elf, at, XEN_ELFNOTE_GUEST_VERSION, "2.6", 4);
	at = add_note(elf, at, XEN_ELFNOTE_XEN_VERSION, "xen-3.0", 8);
	at = add_note(elf, at, XEN_ELFNOTE_LOADER, "generic", 8);
	at = add_note(elf, at, XEN_ELFNOTE_PAE_MODE, "yes", 4);
	at = add_note(elf, at, XEN_ELFNOTE_FEATURES, "!writable_page_tables|whatever|dom0", 35);
	at = add_number(elf, at, XEN_ELFNOTE_SUPPORTED_FEATURES, 0x8801, 4);
	at = add_number(elf, at, XEN_ELFNOTE_VIRT_BASE, VIRT_BASE, 8);
	at = add_number(elf, at, XEN_ELFNOTE_PADDR_OFFSET, 0, 8);
	at = add_number(elf, at, XEN_ELFNOTE_ENTRY, ENTRY, 8);
	at = add_number(elf, at, XEN_ELFNOTE_HYPERCALL_PAGE, VIRT_BASE + DATA_PADDR, 8);
	at = add_number(elf, at, XEN_ELFNOTE_INIT_P2M, 0x8000000000, 8);
	at = add_number(elf, at, XEN_ELFNOTE_HV_START_LOW, 0xffff800000000000, 8);
	at = add_note(elf, at, XEN_ELFNOTE_L1_MFN_VALID, mfn_valid, 16);
	at = add_number(elf, at, XEN_ELFNOTE_SUSPEND_CANCEL, 1, 4);
	at = add_number(elf, at, XEN_ELFNOTE_MOD_START_PFN, 1, 4);
	at = add_number(elf, at, XEN_ELFNOTE_PHYS32_ENTRY, 0x1000080, 4);
	return at;
}

static inline struct bytes good_elf(void)
{
	struct bytes elf = bare_elf();

	end_notes(elf, usual_notes(elf));
	return elf;
}

/* The usual notes and then one more, which overrides. */
static inline struct bytes elf_with_note(u32 type, const void *content, u32 len)
{
	struct bytes elf = bare_elf();

	end_notes(elf, add_note(elf, usual_notes(elf), type, content, len));
	return elf;
}

static inline struct bytes elf_with_number(u32 type, u64 value)
{
	return elf_with_note(type, &value, sizeof(value));
}

/* The setup header in two sectors, then ten bytes of something, then the payload. */
static inline struct bytes bzimage(struct bytes payload)
{
	struct bytes setup = bytes_new(2 * 512 + 10), rest = bytes_new(100);

	memset(setup.p, 0, setup.len);
	memset(rest.p, 0x55, rest.len);
	put(setup, 0x1f1, 1, 1);
	put(setup, 0x1fe, 0xaa55, 2);
	memcpy(setup.p + 0x202, "HdrS", 4);
	put(setup, 0x206, 0x020f, 2);
	put(setup, 0x248, 10, 4);
	put(setup, 0x24c, payload.len, 4);
	return bytes_join(bytes_join(setup, payload), rest);
}

/* What the kernel's build does: pack, and append the size unless it is there already. */
static inline struct bytes packed_payload(const char *command, struct bytes elf, bool append)
{
	struct bytes size = bytes_new(append ? 4 : 0);

	if (append)
		put(size, 0, elf.len, 4);
	return bytes_join(filter(command, elf), size);
}

static inline int open_unpack(struct kernel_image *ki, struct bytes file)
{
	int err = kernel_image_open(ki, file.p, file.len);
	struct bytes room;

	if (err)
		return err;
	if (ki->unpacked_len > 1 << 20)
		return KERNEL_REFUSED_NO_MEMORY;
	room = bytes_new(ki->unpacked_len);
	return kernel_image_unpack(ki, room.p, room.len, test_scratch(), DECOMPRESS_SCRATCH);
}

static inline int load(struct kernel_image *ki, struct bytes file)
{
	int err = open_unpack(ki, file);

	return err ? err : kernel_image_parse(ki);
}

static inline int load_pv(struct bytes file)
{
	struct kernel_image ki;
	int err = load(&ki, file);

	return err ? err : kernel_image_check_pv(&ki, true);
}

#define assert_refused(err, name)                                                                 \
	cr_assert_eq(err, KERNEL_REFUSED_##name, "%s", kernel_image_error(err))
#define assert_loads(err) cr_assert_eq(err, 0, "%s", kernel_image_error(err))

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Kernel modules that do not load: images damaged one field at a time, every
 * refusal has a case.
 */
#include "boot/kernel-image.h"

#include "boot/kernel-image-testing.h"

Test(kernel_image_refuses, other_files)
{
	struct bytes elf = good_elf(), image = bzimage(packed_payload("xz -c", elf, true));
	struct bytes text = test_bytes(DATA_TEXT, 4000, 1);
	struct kernel_image ki;

	assert_refused(kernel_image_open(&ki, elf.p, 0), EMPTY);
	assert_refused(kernel_image_open(&ki, text.p, text.len), UNKNOWN);
	assert_refused(kernel_image_open(&ki, image.p, 0x205), UNKNOWN);
	assert_refused(kernel_image_open(&ki, image.p, 0x206), SETUP_CUT);
	assert_refused(kernel_image_open(&ki, image.p, 0x24f), SETUP_CUT);
	assert_refused(load(&ki, bzimage(text)), COMPRESSION);
	assert_refused(load(&ki, filter("gzip -c", text)), NOT_ELF);
	assert_refused(load(&ki, bzimage(packed_payload("zstd -q -c", text, true))), NOT_ELF);
	put(image, 0x206, 0x0207, 2);
	assert_refused(load(&ki, image), PROTOCOL);
}

Test(kernel_image_refuses, damaged_payloads)
{
	struct bytes payload = packed_payload("xz -c", good_elf(), true), image = bzimage(payload);
	u64 start = image.len - payload.len - 100;
	struct kernel_image ki;
	u8 room[ELF_LEN];

	for (size_t cut = 0x250; cut < start + payload.len; cut++)
		assert_refused(load(&ki, bytes_copy(image.p, cut)), PAYLOAD_CUT);
	put(image, start + payload.len / 2, 0x123456789, 8);
	assert_refused(load(&ki, image), UNPACK_CORRUPT);
	image = bzimage(payload);
	put(image, start + payload.len - 4, ELF_LEN - 1, 4);
	assert_refused(load(&ki, image), UNPACK_SIZE);
	put(image, start + payload.len - 4, ELF_LEN + 1, 4);
	assert_refused(load(&ki, image), UNPACK_SIZE);
	put(image, start + payload.len - 4, 0, 4);
	assert_refused(load(&ki, image), UNPACK_SIZE);
	image = bzimage(payload);
	put(image, 0x24c, payload.len - 8, 4);
	put(image, start + payload.len - 12, ELF_LEN, 4);
	assert_refused(load(&ki, image), UNPACK_CUT);
	put(image, 0x24c, 0, 4);
	assert_refused(load(&ki, image), NO_PAYLOAD);
	put(image, 0x24c, 3, 4);
	assert_refused(load(&ki, image), PAYLOAD_CUT);
	put(image, 0x24c, UINT32_MAX, 4);
	put(image, 0x248, UINT32_MAX, 4);
	assert_refused(load(&ki, image), PAYLOAD_CUT);
	image = bzimage(packed_payload("xz -c --delta --lzma2", good_elf(), true));
	assert_refused(load(&ki, image), UNPACK_OPTION);
	image = bzimage(payload);
	assert_loads(kernel_image_open(&ki, image.p, image.len));
	assert_refused(kernel_image_unpack(&ki, room, ELF_LEN - 1, test_scratch(),
					   DECOMPRESS_SCRATCH), NO_MEMORY);
	assert_refused(kernel_image_unpack(&ki, room, ELF_LEN, test_scratch(), 100), NO_MEMORY);
}

/* Load a good file with @len bytes at @at replaced. */
static int load_damaged(size_t at, u64 value, int len)
{
	struct bytes elf = good_elf();

	put(elf, at, value, len);
	return load_pv(elf);
}

Test(kernel_image_refuses, damaged_headers)
{
	struct bytes elf = good_elf();

	assert_refused(load_damaged(4, 1, 1), NOT_X86_64);
	assert_refused(load_damaged(5, 2, 1), NOT_X86_64);
	assert_refused(load_damaged(EH_MACHINE, 3, 2), NOT_X86_64);
	assert_refused(load_damaged(EH_TYPE, 3, 2), NOT_EXECUTABLE);
	assert_refused(load_damaged(EH_PHNUM, 0, 2), NO_SEGMENTS);
	assert_refused(load_damaged(EH_PHNUM, 0xffff, 2), ELF_CUT);
	assert_refused(load_damaged(EH_PHENTSIZE, 55, 2), ELF_CUT);
	assert_refused(load_damaged(EH_PHOFF, ELF_LEN, 8), ELF_CUT);
	assert_refused(load_damaged(EH_PHOFF, UINT64_MAX - 20, 8), ELF_CUT);
	for (size_t cut = 4; cut < elf.len; cut += cut < 300 ? 1 : 41)
		assert_refused(load_pv(bytes_copy(elf.p, cut)), ELF_CUT);
}

Test(kernel_image_refuses, damaged_segments)
{
	struct bytes elf = good_elf();
	struct kernel_image ki;

	assert_refused(load_damaged(PH(0) + PH_OFFSET, ELF_LEN - TEXT_LEN + 1, 8), ELF_CUT);
	assert_refused(load_damaged(PH(0) + PH_OFFSET, UINT64_MAX - 5, 8), ELF_CUT);
	assert_refused(load_damaged(PH(2) + PH_OFFSET, ELF_LEN, 8), ELF_CUT);
	assert_refused(load_damaged(PH(2) + PH_FILESZ, UINT64_MAX, 8), ELF_CUT);
	assert_refused(load_damaged(PH(1) + PH_MEMSZ, DATA_LEN - 1, 8), SEGMENT_SIZE);
	assert_refused(load_damaged(PH(1) + PH_PADDR, UINT64_MAX - DATA_MEM + 1, 8), SEGMENT_WRAP);
	assert_refused(load_damaged(PH(1) + PH_PADDR, TEXT_PADDR + TEXT_LEN - 1, 8),
		       SEGMENT_OVERLAP);
	assert_refused(load_damaged(PH(1) + PH_PADDR, TEXT_PADDR - DATA_MEM + 1, 8),
		       SEGMENT_OVERLAP);
	/* Side by side is fine; then it is the hypercall page that is not where it was. */
	assert_refused(load_damaged(PH(1) + PH_PADDR, TEXT_PADDR + TEXT_LEN, 8), HYPERCALL_OUTSIDE);
	/* The image would end past the last virtual address. */
	assert_refused(load_damaged(PH(1) + PH_PADDR, 0x80000000 - DATA_MEM, 8), SEGMENT_WRAP);
	put(elf, PH(0) + PH_TYPE, 0, 4);
	put(elf, PH(1) + PH_TYPE, 0, 4);
	assert_refused(load(&ki, elf), NO_SEGMENTS);
}

/* Program headers moved to the end of the file, where there is room for many. */
Test(kernel_image_refuses, too_many_segments)
{
	int n = KERNEL_SEGMENTS_MAX;
	struct bytes elf = bytes_join(good_elf(), test_bytes(DATA_ZEROS, 56 * (n + 1), 0));
	struct kernel_image ki;

	put(elf, EH_PHOFF, ELF_LEN, 8);
	for (int i = 0; i <= n; i++) {
		put(elf, ELF_LEN + 56 * i, 1, 4);
		put(elf, ELF_LEN + 56 * i + PH_PADDR, 0x1000 * (i + 1), 8);
		put(elf, ELF_LEN + 56 * i + PH_MEMSZ, 0x1000, 8);
	}
	put(elf, EH_PHNUM, n, 2);
	assert_loads(load(&ki, elf));
	put(elf, EH_PHNUM, n + 1, 2);
	assert_refused(load(&ki, elf), MANY_SEGMENTS);
}

Test(kernel_image_refuses, by_notes)
{
	struct bytes elf = bare_elf();
	struct kernel_image ki;

	assert_loads(load(&ki, elf));
	assert_refused(kernel_image_check_pv(&ki, false), NO_XEN_NOTES);
	assert_refused(kernel_image_check_pvh(&ki), NO_XEN_NOTES);
	end_notes(elf, add_number(elf, NOTES_AT, XEN_ELFNOTE_PHYS32_ENTRY, TEXT_PADDR, 4));
	assert_loads(load(&ki, elf));
	assert_refused(kernel_image_check_pv(&ki, false), NO_PV_ENTRY);
	assert_loads(kernel_image_check_pvh(&ki));
	end_notes(elf, add_number(elf, NOTES_AT, XEN_ELFNOTE_ENTRY, TEXT_PADDR, 8));
	assert_loads(load(&ki, elf));
	assert_loads(kernel_image_check_pv(&ki, true)); /* features unknown: may be Dom0 */
	assert_refused(kernel_image_check_pvh(&ki), NO_PVH_ENTRY);

	assert_refused(load_pv(elf_with_number(XEN_ELFNOTE_ENTRY, ENTRY - 0x41)), ENTRY_OUTSIDE);
	assert_refused(load_pv(elf_with_number(XEN_ELFNOTE_INIT_P2M, ENTRY)), P2M_INSIDE);
	assert_refused(load_pv(elf_with_number(XEN_ELFNOTE_INIT_P2M, 1ULL << 47)), NOT_CANONICAL);
	assert_refused(load_pv(elf_with_number(XEN_ELFNOTE_VIRT_BASE, 1ULL << 47)), NOT_CANONICAL);
	assert_refused(load_pv(elf_with_number(XEN_ELFNOTE_HYPERCALL_PAGE,
					       VIRT_BASE + DATA_PADDR + DATA_MEM - 0xfff)),
		       HYPERCALL_OUTSIDE);
	assert_refused(load_pv(elf_with_note(XEN_ELFNOTE_XEN_VERSION, "xen-4.0", 8)), XEN_VERSION);
	assert_refused(load_pv(elf_with_note(XEN_ELFNOTE_FEATURES, "dom0|!what", 10)), FEATURE);
	assert_loads(load(&ki, elf_with_number(XEN_ELFNOTE_PHYS32_ENTRY, TEXT_PADDR - 1)));
	assert_refused(kernel_image_check_pvh(&ki), ENTRY_OUTSIDE);
}

Test(kernel_image_refuses, malformed_notes)
{
	struct bytes elf = bare_elf();
	struct kernel_image ki;
	size_t end;

	assert_refused(load_pv(elf_with_note(XEN_ELFNOTE_ENTRY, "abc", 3)), NOTE);
	assert_refused(load_pv(elf_with_note(XEN_ELFNOTE_ENTRY, "", 0)), NOTE);
	assert_refused(load_pv(elf_with_note(XEN_ELFNOTE_L1_MFN_VALID, "12345678", 8)), NOTE);
	assert_refused(load_pv(elf_with_note(XEN_ELFNOTE_SUPPORTED_FEATURES, "12", 2)), NOTE);
	for (u32 field = 0; field < 8; field += 4)
		for (u64 value = 0xfffffff0; value <= UINT32_MAX; value++)
			assert_refused(load_damaged(NOTES_AT + field, value, 4), NOTE);
	/* The end of the last note may lack its padding but nothing more. */
	end = add_note(elf, NOTES_AT, XEN_ELFNOTE_GUEST_OS, "minix", 5);
	end_notes(elf, end - 3);
	assert_loads(load(&ki, elf));
	cr_assert_str_eq(ki.notes.guest_os, "minix");
	end_notes(elf, end - 4);
	assert_refused(load(&ki, elf), NOTE);
}

/* Without features dom0 is not said; as a DomU it will do. */
Test(kernel_image_refuses, dom0_without_the_feature)
{
	struct bytes elf = bare_elf();
	struct kernel_image ki;
	size_t at;

	at = add_number(elf, NOTES_AT, XEN_ELFNOTE_SUPPORTED_FEATURES, 1, 4);
	end_notes(elf, add_number(elf, at, XEN_ELFNOTE_ENTRY, TEXT_PADDR, 8));
	assert_loads(load(&ki, elf));
	assert_refused(kernel_image_check_pv(&ki, true), NOT_DOM0);
	assert_loads(kernel_image_check_pv(&ki, false));
}

/* SPDX-License-Identifier: MIT */
/*
 * Kernel modules: images built here byte by byte, packed by the real
 * compressors, and damaged one field at a time: every refusal has a case.
 * Then bits flipped at random, and Debian's vmlinuz if one is at hand.
 */
#include "boot/kernel-image.h"

#include <glob.h>
#include <xen/elfnote.h>
#include <xen/features.h>

#include "boot/decompress/testing.h"

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

static void put(struct bytes b, size_t at, u64 value, int len)
{
	cr_assert(at + len <= b.len);
	memcpy(b.p + at, &value, len);
}

static size_t add_note(struct bytes elf, size_t at, u32 type, const void *content, u32 len)
{
	put(elf, at, 4, 4);
	put(elf, at + 4, len, 4);
	put(elf, at + 8, type, 4);
	memcpy(elf.p + at + 12, "Xen", 4);
	memcpy(elf.p + at + 16, content, len);
	return at + 16 + ROUND_UP(len, 4);
}

static size_t add_number(struct bytes elf, size_t at, u32 type, u64 value, u32 len)
{
	return add_note(elf, at, type, &value, len);
}

static void put_segment(struct bytes elf, int n, u32 type, u64 offset, u64 paddr, u64 filesz,
			u64 memsz)
{
	put(elf, PH(n) + PH_TYPE, type, 4);
	put(elf, PH(n) + PH_OFFSET, offset, 8);
	put(elf, PH(n) + PH_PADDR, paddr, 8);
	put(elf, PH(n) + PH_FILESZ, filesz, 8);
	put(elf, PH(n) + PH_MEMSZ, memsz, 8);
}

static void end_notes(struct bytes elf, size_t at)
{
	put_segment(elf, 2, 4, NOTES_AT, 0, at - NOTES_AT, at - NOTES_AT);
}

/* Two segments to load and one of notes, whose content the caller adds. */
static struct bytes bare_elf(void)
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

static size_t usual_notes(struct bytes elf)
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

static struct bytes good_elf(void)
{
	struct bytes elf = bare_elf();

	end_notes(elf, usual_notes(elf));
	return elf;
}

/* The usual notes and then one more, which overrides. */
static struct bytes elf_with_note(u32 type, const void *content, u32 len)
{
	struct bytes elf = bare_elf();

	end_notes(elf, add_note(elf, usual_notes(elf), type, content, len));
	return elf;
}

static struct bytes elf_with_number(u32 type, u64 value)
{
	return elf_with_note(type, &value, sizeof(value));
}

/* The setup header in two sectors, then ten bytes of something, then the payload. */
static struct bytes bzimage(struct bytes payload)
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
static struct bytes packed_payload(const char *command, struct bytes elf, bool append)
{
	struct bytes size = bytes_new(append ? 4 : 0);

	if (append)
		put(size, 0, elf.len, 4);
	return bytes_join(filter(command, elf), size);
}

static int open_unpack(struct kernel_image *ki, struct bytes file)
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

static int load(struct kernel_image *ki, struct bytes file)
{
	int err = open_unpack(ki, file);

	return err ? err : kernel_image_parse(ki);
}

static int load_pv(struct bytes file)
{
	struct kernel_image ki;
	int err = load(&ki, file);

	return err ? err : kernel_image_check_pv(&ki, true);
}

#define assert_refused(err, name)                                                                 \
	cr_assert_eq(err, KERNEL_REFUSED_##name, "%s", kernel_image_error(err))
#define assert_loads(err) cr_assert_eq(err, 0, "%s", kernel_image_error(err))

static void check_good(const struct kernel_image *ki)
{
	const struct kernel_notes *n = &ki->notes;

	cr_assert_eq(ki->segments, 2);
	cr_assert_eq(ki->paddr_start, TEXT_PADDR);
	cr_assert_eq(ki->paddr_end, DATA_PADDR + DATA_MEM);
	cr_assert_eq(ki->virt_start, VIRT_BASE + TEXT_PADDR);
	cr_assert_eq(ki->virt_end, VIRT_BASE + DATA_PADDR + DATA_MEM);
	cr_assert_eq(ki->elf_entry, 0x1000040);
	cr_assert_eq(n->entry, ENTRY);
	cr_assert_eq(n->virt_base, VIRT_BASE);
	cr_assert_eq(n->hypercall_page, VIRT_BASE + DATA_PADDR);
	cr_assert_eq(n->init_p2m, 0x8000000000);
	cr_assert_eq(n->hv_start_low, 0xffff800000000000);
	cr_assert_eq(n->phys32_entry, 0x1000080);
	cr_assert(n->l1_mfn_mask == 1 && n->l1_mfn_value == 1);
	cr_assert(n->suspend_cancel == 1 && n->mod_start_pfn == 1);
	cr_assert_eq(n->features_supported, 0x8801);
	cr_assert_eq(n->features_required, 1U << XENFEAT_writable_page_tables);
	cr_assert(!n->requires_unknown);
	cr_assert_str_eq(n->guest_os, "linux");
	cr_assert_str_eq(n->guest_version, "2.6");
	cr_assert_str_eq(n->xen_version, "xen-3.0");
	cr_assert_str_eq(n->loader, "generic");
	cr_assert_str_eq(n->pae_mode, "yes");
	cr_assert_str_eq(n->features, "!writable_page_tables|whatever|dom0");
	assert_loads(kernel_image_check_pv(ki, true));
	assert_loads(kernel_image_check_pvh(ki));
}

Test(kernel_image, plain_elf)
{
	struct kernel_image ki;

	assert_loads(load(&ki, good_elf()));
	cr_assert_eq(ki.format, KERNEL_ELF);
	cr_assert_eq(ki.unpacked_len, 0);
	check_good(&ki);
}

Test(kernel_image, gzipped_elf)
{
	struct kernel_image ki;

	assert_loads(load(&ki, filter("gzip -c", good_elf())));
	cr_assert_eq(ki.format, KERNEL_ELF_GZIP);
	cr_assert_eq(ki.unpacked_len, ELF_LEN);
	check_good(&ki);
}

Test(kernel_image, bzimages)
{
	static const struct {
		const char *command;
		bool append;
		enum compression compression;
	} kinds[] = {
		{ "xz -c --check=crc32 --x86 --lzma2=preset=6", true, COMPRESSION_XZ },
		{ "gzip -9 -c", false, COMPRESSION_GZIP },
		{ "zstd -q -19 -c", true, COMPRESSION_ZSTD },
		{ "cat", false, COMPRESSION_NONE },
	};
	struct kernel_image ki;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct bytes payload = packed_payload(kinds[i].command, good_elf(),
						      kinds[i].append);

		assert_loads(load(&ki, bzimage(payload)));
		cr_assert_eq(ki.format, KERNEL_BZIMAGE);
		cr_assert_eq(ki.compression, kinds[i].compression);
		check_good(&ki);
	}
}

/* Memory in pages that lie apart, up to @end. */
struct pages {
	u8 *page[0x400];
	u64 end;
};

static void *place_in_pages(void *context, u64 offset, size_t *len)
{
	struct pages *pages = context;
	u64 page = offset >> PAGE_SHIFT, in_page = offset & ~PAGE_MASK;

	if (offset >= pages->end)
		return NULL;
	if (!pages->page[page]) {
		pages->page[page] = bytes_new(PAGE_SIZE).p;
		memset(pages->page[page], 0xcc, PAGE_SIZE);
	}
	*len = MIN(MIN(*len, PAGE_SIZE - in_page), pages->end - offset);
	return pages->page[page] + in_page;
}

Test(kernel_image, copies)
{
	struct bytes elf = good_elf(), flat = bytes_new(DATA_PADDR + DATA_MEM - TEXT_PADDR);
	struct pages *pages = calloc(1, sizeof(*pages));
	u64 data = DATA_PADDR - TEXT_PADDR;
	struct kernel_image ki;

	assert_loads(load(&ki, elf));
	memset(flat.p, 0xcc, flat.len);
	assert_loads(kernel_image_copy_flat(&ki, flat.p, flat.len));
	cr_assert(!memcmp(flat.p, elf.p + TEXT_AT, TEXT_LEN));
	cr_assert(!memcmp(flat.p + data, elf.p + DATA_AT, DATA_LEN));
	for (size_t i = 0; i < flat.len; i++)
		cr_assert(i < TEXT_LEN || (i >= data && i < data + DATA_LEN) || !flat.p[i]);
	assert_refused(kernel_image_copy_flat(&ki, flat.p, flat.len - 1), COPY);

	pages->end = flat.len;
	assert_loads(kernel_image_copy(&ki, place_in_pages, pages));
	for (size_t i = 0; i < flat.len; i++) {
		bool loaded = i < TEXT_LEN || i >= data;
		u8 *page = pages->page[i >> PAGE_SHIFT];

		cr_assert(page || !loaded);
		if (page)
			cr_assert_eq(page[i & ~PAGE_MASK], loaded ? flat.p[i] : 0xcc);
	}
	pages->end--;
	assert_refused(kernel_image_copy(&ki, place_in_pages, pages), COPY);
	free(pages);
}

Test(kernel_image, refuses_other_files)
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

Test(kernel_image, refuses_damaged_payloads)
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

Test(kernel_image, refuses_damaged_headers)
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

Test(kernel_image, refuses_damaged_segments)
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
Test(kernel_image, refuses_too_many_segments)
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

Test(kernel_image, refuses_by_notes)
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

Test(kernel_image, refuses_malformed_notes)
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
Test(kernel_image, refuses_dom0_without_the_feature)
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

Test(kernel_image, long_texts_are_cut)
{
	struct kernel_image ki;
	char text[400];

	memset(text, 'x', sizeof(text));
	assert_loads(load(&ki, elf_with_note(XEN_ELFNOTE_GUEST_OS, text, 200)));
	cr_assert_eq(strlen(ki.notes.guest_os), KERNEL_NOTE_TEXT - 1);
	assert_loads(load(&ki, elf_with_note(XEN_ELFNOTE_FEATURES, text, 400)));
	cr_assert_eq(strlen(ki.notes.features), KERNEL_FEATURES_TEXT - 1);
}

static void flip_and_load(struct bytes good, size_t range, int rounds)
{
	size_t mark = test_buffers.number;
	u64 seed = 77;

	for (int i = 0; i < rounds; i++) {
		struct bytes file = bytes_copy(good.p, good.len);
		struct kernel_image ki;

		for (u32 n = 1 + test_random(&seed) % 3; n; n--)
			file.p[test_random(&seed) % range] ^= 1 << test_random(&seed) % 8;
		if (!load(&ki, file)) {
			u64 size = ki.paddr_end - ki.paddr_start;

			kernel_image_check_pv(&ki, true);
			kernel_image_check_pvh(&ki);
			if (size < 1 << 20)
				assert_loads(kernel_image_copy_flat(&ki, bytes_new(size).p, size));
		}
		test_free_from(mark);
	}
}

Test(kernel_image, flipped_bits)
{
	struct bytes elf = good_elf(), image = bzimage(packed_payload("gzip -c", elf, false));

	flip_and_load(elf, TEXT_AT, 6000);
	flip_and_load(image, image.len, 3000);
}

Test(kernel_image, errors_have_texts)
{
	for (int i = 0; i < KERNEL_REFUSALS_END; i++) {
		const char *text = kernel_image_error(i);

		cr_assert(strlen(text) > 7 && strlen(text) < 90 && !strchr(text, '\n'));
	}
	cr_assert_str_eq(kernel_image_error(-1), "unknown error");
	cr_assert_str_eq(kernel_image_error(KERNEL_REFUSALS_END), "unknown error");
}

Test(kernel_image, debian_vmlinuz)
{
	struct kernel_image ki;
	struct bytes room;
	glob_t found;
	FILE *f;

	glob("/boot/vmlinuz-*-amd64", 0, NULL, &found);
	glob("build/*/vmlinuz*", GLOB_APPEND, NULL, &found);
	glob("build/*/*/vmlinuz*", GLOB_APPEND, NULL, &found);
	if (!found.gl_pathc)
		cr_skip_test("no vmlinuz in /boot or build/");
	f = fopen(found.gl_pathv[0], "rb");
	globfree(&found);
	cr_assert(f);
	room = read_all(f);
	fclose(f);
	assert_loads(kernel_image_open(&ki, room.p, room.len));
	room = bytes_new(ki.unpacked_len);
	assert_loads(kernel_image_unpack(&ki, room.p, room.len, test_scratch(),
					 DECOMPRESS_SCRATCH));
	assert_loads(kernel_image_parse(&ki));
	assert_loads(kernel_image_check_pv(&ki, true));
	assert_loads(kernel_image_check_pvh(&ki));
	cr_assert_eq(ki.notes.virt_base, VIRT_BASE);
	cr_assert_str_eq(ki.notes.guest_os, "linux");
	room = bytes_new(ki.virt_end - ki.virt_start);
	assert_loads(kernel_image_copy_flat(&ki, room.p, room.len));
}

/* SPDX-License-Identifier: MIT */
/*
 * Kernel modules that load: each format, what is found in the notes, how the
 * segments are copied; and with bits flipped at random whatever is accepted can
 * be copied.  Debian's vmlinuz too, if one is at hand.
 */
#include "boot/kernel-image.h"

#include <glob.h>
#include <xen/features.h>

#include "boot/kernel-image-testing.h"

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

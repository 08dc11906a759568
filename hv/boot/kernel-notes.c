/* SPDX-License-Identifier: MIT */
/*
 * The ELF notes of a kernel by which it says what it is and what it needs.  Note
 * types and meanings are from <xen/elfnote.h>, features from <xen/features.h>.
 */
#include "boot/kernel-image.h"

#include <xen/elfnote.h>
#include <xen/features.h>

#include "lib/string.h"

#define NOTE_HEADER 12
#define NOTE_ALIGN 4
#define OWNER "Xen"

enum note_kind { NOTE_NUMBER, NOTE_TEXT, NOTE_MFN_VALID, NOTE_FEATURES, NOTE_SUPPORTED };

#define NUMBER(field) NOTE_NUMBER, offsetof(struct kernel_notes, field), sizeof(u64)
#define TEXT(field) NOTE_TEXT, offsetof(struct kernel_notes, field), KERNEL_NOTE_TEXT

static const struct note_type {
	u8 type, kind;
	u16 at, size;
} note_types[] = {
	{ XEN_ELFNOTE_ENTRY, NUMBER(entry) },
	{ XEN_ELFNOTE_HYPERCALL_PAGE, NUMBER(hypercall_page) },
	{ XEN_ELFNOTE_VIRT_BASE, NUMBER(virt_base) },
	{ XEN_ELFNOTE_PADDR_OFFSET, NUMBER(paddr_offset) },
	{ XEN_ELFNOTE_XEN_VERSION, TEXT(xen_version) },
	{ XEN_ELFNOTE_GUEST_OS, TEXT(guest_os) },
	{ XEN_ELFNOTE_GUEST_VERSION, TEXT(guest_version) },
	{ XEN_ELFNOTE_LOADER, TEXT(loader) },
	{ XEN_ELFNOTE_PAE_MODE, TEXT(pae_mode) },
	{ XEN_ELFNOTE_FEATURES, NOTE_FEATURES, 0, 0 },
	{ XEN_ELFNOTE_HV_START_LOW, NUMBER(hv_start_low) },
	{ XEN_ELFNOTE_L1_MFN_VALID, NOTE_MFN_VALID, 0, 0 },
	{ XEN_ELFNOTE_SUSPEND_CANCEL, NUMBER(suspend_cancel) },
	{ XEN_ELFNOTE_INIT_P2M, NUMBER(init_p2m) },
	{ XEN_ELFNOTE_MOD_START_PFN, NUMBER(mod_start_pfn) },
	{ XEN_ELFNOTE_SUPPORTED_FEATURES, NOTE_SUPPORTED, 0, 0 },
	{ XEN_ELFNOTE_PHYS32_ENTRY, NUMBER(phys32_entry) },
};

/* By number; the note spells features without the prefix. */
static const char *const feature_names[] = {
	[XENFEAT_writable_page_tables] = "writable_page_tables",
	[XENFEAT_writable_descriptor_tables] = "writable_descriptor_tables",
	[XENFEAT_auto_translated_physmap] = "auto_translated_physmap",
	[XENFEAT_supervisor_mode_kernel] = "supervisor_mode_kernel",
	[XENFEAT_pae_pgdir_above_4gb] = "pae_pgdir_above_4gb",
	[XENFEAT_mmu_pt_update_preserve_ad] = "mmu_pt_update_preserve_ad",
	[XENFEAT_highmem_assist] = "highmem_assist",
	[XENFEAT_gnttab_map_avail_bits] = "gnttab_map_avail_bits",
	[XENFEAT_hvm_callback_vector] = "hvm_callback_vector",
	[XENFEAT_hvm_safe_pvclock] = "hvm_safe_pvclock",
	[XENFEAT_hvm_pirqs] = "hvm_pirqs",
	[XENFEAT_dom0] = "dom0",
	[XENFEAT_memory_op_vnode_supported] = "memory_op_vnode_supported",
	[XENFEAT_linux_rsdp_unrestricted] = "linux_rsdp_unrestricted",
	[XENFEAT_not_direct_mapped] = "not_direct_mapped",
	[XENFEAT_direct_mapped] = "direct_mapped",
};

/* A number of 1, 2, 4 or 8 bytes. */
static bool read_number(const u8 *p, u64 len, u64 *value)
{
	*value = 0;
	if (!len || len > sizeof(*value) || len & (len - 1))
		return false;
	memcpy(value, p, len);
	return true;
}

/* Texts end at the first zero byte or with the note: Linux leaves the zero out of some. */
static void read_text(char *to, size_t size, const u8 *p, u64 len)
{
	size_t n = MIN(strnlen((const char *)p, len), size - 1);

	memcpy(to, p, n);
	to[n] = '\0';
}

static bool find_feature(const char *name, size_t len, u32 *bit)
{
	for (u32 i = 0; i < ARRAY_SIZE(feature_names); i++) {
		const char *known = feature_names[i];

		if (known && strlen(known) == len && !memcmp(known, name, len)) {
			*bit = 1U << i;
			return true;
		}
	}
	return false;
}

static void add_feature(struct kernel_notes *n, const char *name, size_t len)
{
	bool required = len && *name == '!';
	u32 bit;

	name += required;
	len -= required;
	if (find_feature(name, len, &bit)) {
		n->features_supported |= bit;
		n->features_required |= required ? bit : 0;
	} else if (required) {
		n->requires_unknown = true;
	}
}

static void read_features(struct kernel_notes *n, const u8 *p, u64 len)
{
	const char *text = (const char *)p;
	size_t end = strnlen(text, len), start = 0;

	read_text(n->features, sizeof(n->features), p, len);
	for (size_t i = 0; i <= end; i++)
		if (i == end || text[i] == '|') {
			add_feature(n, text + start, i - start);
			start = i + 1;
		}
}

/* An array of 32-bit words; all features there are fit the first. */
static bool read_supported(struct kernel_notes *n, const u8 *p, u64 len)
{
	u32 word;

	if (len < sizeof(word))
		return false;
	memcpy(&word, p, sizeof(word));
	n->features_supported |= word;
	return true;
}

/* Pairs of mask and value; the first is the one in use. */
static bool read_mfn_valid(struct kernel_notes *n, const u8 *p, u64 len)
{
	if (len < 2 * sizeof(u64))
		return false;
	memcpy(&n->l1_mfn_mask, p, sizeof(u64));
	memcpy(&n->l1_mfn_value, p + sizeof(u64), sizeof(u64));
	return true;
}

static bool read_by_kind(struct kernel_notes *n, const struct note_type *t, const u8 *p, u64 len)
{
	u8 *field = (u8 *)n + t->at;
	u64 number;

	switch (t->kind) {
	case NOTE_NUMBER:
		if (!read_number(p, len, &number))
			return false;
		memcpy(field, &number, sizeof(number));
		return true;
	case NOTE_TEXT:
		read_text((char *)field, t->size, p, len);
		return true;
	case NOTE_FEATURES:
		read_features(n, p, len);
		return true;
	case NOTE_SUPPORTED:
		return read_supported(n, p, len);
	default:
		return read_mfn_valid(n, p, len);
	}
}

static int read_xen_note(struct kernel_notes *n, u32 type, const u8 *p, u64 len)
{
	for (size_t i = 0; i < ARRAY_SIZE(note_types); i++) {
		if (note_types[i].type != type)
			continue;
		if (!read_by_kind(n, &note_types[i], p, len))
			return KERNEL_REFUSED_NOTE;
		n->present |= 1U << type;
	}
	return 0;
}

int kernel_notes_read(struct kernel_notes *notes, const u8 *p, size_t len, u64 align)
{
	const u8 *end = p + len;

	align = align == 8 ? 8 : NOTE_ALIGN;
	while ((size_t)(end - p) >= NOTE_HEADER) {
		u32 header[3]; /* name length, content length, type */
		u64 name, content, left = end - p - NOTE_HEADER;
		int err;

		memcpy(header, p, NOTE_HEADER);
		name = ROUND_UP(NOTE_HEADER + (u64)header[0], align) - NOTE_HEADER;
		content = ROUND_UP((u64)header[1], align);
		if (name > left || header[1] > left - name)
			return KERNEL_REFUSED_NOTE;
		p += NOTE_HEADER;
		if (header[0] == sizeof(OWNER) && !memcmp(p, OWNER, sizeof(OWNER))) {
			err = read_xen_note(notes, header[2], p + name, header[1]);
			if (err)
				return err;
		}
		/* The last note may lack its padding. */
		p += MIN(name + content, left);
	}
	return 0;
}

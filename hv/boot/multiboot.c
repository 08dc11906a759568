/* SPDX-License-Identifier: MIT */
/*
 * Multiboot 0.6.96 and Multiboot2 2.0 information structures, copied out so
 * that the memory they lie in may be reused.  The boot loader is trusted to be
 * well-meaning, not to be right: sizes are bounded by our tables.
 */
#include "boot/multiboot.h"

#include "boot/e820.h"
#include "boot/efi.h"
#include "lib/string.h"
#include "x86/layout.h"

#define MB1_BOOT_MAGIC 0x2badb002
#define MB2_BOOT_MAGIC 0x36d76289
#define MB1_HAS_MEM (1 << 0)
#define MB1_HAS_CMDLINE (1 << 2)
#define MB1_HAS_MODS (1 << 3)
#define MB1_HAS_MMAP (1 << 6)
#define MB1_HAS_LOADER (1 << 9)

struct mb1_info {
	u32 flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr;
	u32 syms[4];
	u32 mmap_length, mmap_addr, drives_length, drives_addr, config_table, loader_name;
} PACKED;

struct mb1_module {
	u32 start, end, string, reserved;
} PACKED;

struct mb1_mmap {
	u32 size; /* of the rest */
	u64 addr, len;
	u32 type;
} PACKED;

struct mb2_tag {
	u32 type, size;
} PACKED;

enum {
	MB2_END = 0, MB2_CMDLINE = 1, MB2_LOADER = 2, MB2_MODULE = 3, MB2_MMAP = 6,
	MB2_EFI64 = 12, MB2_RSDP_OLD = 14, MB2_RSDP_NEW = 15,
};

struct boot_info boot_info;
static u8 rsdp_copy[64]; /* the tag's payload, which the loader's memory would not keep */

/* Both protocols: any type but these is reserved, and so is it with us (GRUB has some of its own). */
static u32 range_type(u32 type)
{
	return type == E820_RAM || type == E820_ACPI || type == E820_NVS ? type : E820_RESERVED;
}

/* EFI's maps name a hundred pieces; neighbours of one type are one range. */
static void add_range(u64 addr, u64 len, u32 type)
{
	struct e820_range *last = e820_count ? &e820_map[e820_count - 1] : NULL;

	type = range_type(type);
	if (last && last->type == type && last->addr + last->size == addr)
		last->size += len;
	else if (e820_count < E820_MAX)
		e820_map[e820_count++] = (struct e820_range){ addr, len, type };
	else
		boot_info.lost_ranges++;
}

static void add_module(u64 start, u64 end, const char *cmdline)
{
	struct boot_module *m = &boot_info.module[boot_info.nr_modules];

	if (boot_info.nr_modules == BOOT_MAX_MODULES || end < start)
		return;
	boot_info.nr_modules++;
	m->start = start;
	m->end = end;
	strlcpy(m->cmdline, cmdline, sizeof(m->cmdline));
}

static void mb1_memory(const struct mb1_info *mb)
{
	u32 off = 0;

	if (!(mb->flags & MB1_HAS_MMAP)) {
		if (mb->flags & MB1_HAS_MEM) {
			add_range(0, (u64)mb->mem_lower << 10, E820_RAM);
			add_range(1 << 20, (u64)mb->mem_upper << 10, E820_RAM);
		}
		return;
	}
	while (off + sizeof(struct mb1_mmap) <= mb->mmap_length) {
		const struct mb1_mmap *e = maddr_to_virt(mb->mmap_addr + off);

		add_range(e->addr, e->len, e->type);
		off += e->size + sizeof(e->size);
	}
}

static void mb1_parse(const struct mb1_info *mb)
{
	if (mb->flags & MB1_HAS_CMDLINE)
		strlcpy(boot_info.cmdline, maddr_to_virt(mb->cmdline), sizeof(boot_info.cmdline));
	if (mb->flags & MB1_HAS_LOADER)
		strlcpy(boot_info.loader, maddr_to_virt(mb->loader_name), sizeof(boot_info.loader));
	mb1_memory(mb);
	if (!(mb->flags & MB1_HAS_MODS))
		return;
	for (u32 i = 0; i < mb->mods_count; i++) {
		const struct mb1_module *m =
			maddr_to_virt(mb->mods_addr + i * sizeof(struct mb1_module));

		add_module(m->start, m->end, m->string ? maddr_to_virt(m->string) : "");
	}
}

static void mb2_memory(const u8 *tag, u32 size)
{
	u32 entry_size = *(const u32 *)(tag + 8);

	if (entry_size < 20)
		return;
	for (u32 off = 16; off + entry_size <= size; off += entry_size) {
		const u64 *e = (const u64 *)(tag + off);

		add_range(e[0], e[1], (u32)e[2]);
	}
}

/* Where the firmware has it: Dom0 can read it there, and never in our copy. */
static void mb2_efi(u64 system_table)
{
	paddr_t rsdp = efi_rsdp(system_table);

	if (rsdp)
		boot_info.rsdp = rsdp;
}

/* Loaders give the old one first where they give both. */
static void mb2_rsdp(const u8 *payload, u32 size)
{
	memcpy(rsdp_copy, payload, MIN(size, sizeof(rsdp_copy)));
	if (!boot_info.rsdp)
		boot_info.rsdp = image_to_maddr(rsdp_copy);
}

static void mb2_tag(const u8 *p, u32 type, u32 size)
{
	switch (type) {
	case MB2_CMDLINE:
		strlcpy(boot_info.cmdline, (const char *)p + 8, sizeof(boot_info.cmdline));
		break;
	case MB2_LOADER:
		strlcpy(boot_info.loader, (const char *)p + 8, sizeof(boot_info.loader));
		break;
	case MB2_MODULE:
		add_module(*(const u32 *)(p + 8), *(const u32 *)(p + 12), (const char *)p + 16);
		break;
	case MB2_MMAP:
		mb2_memory(p, size);
		break;
	case MB2_EFI64:
		if (size >= 16)
			mb2_efi(*(const u64 *)(p + 8));
		break;
	case MB2_RSDP_OLD:
	case MB2_RSDP_NEW:
		mb2_rsdp(p + 8, size - 8);
		break;
	}
}

static void mb2_parse(const u8 *info)
{
	u32 total = *(const u32 *)info;

	for (u32 off = 8; off + sizeof(struct mb2_tag) <= total;) {
		const struct mb2_tag *t = (const struct mb2_tag *)(info + off);

		if (t->type == MB2_END || t->size < sizeof(*t))
			break;
		mb2_tag((const u8 *)t, t->type, t->size);
		off += ROUND_UP(t->size, 8);
	}
}

bool multiboot_parse(u32 magic, u32 info)
{
	if (magic == MB1_BOOT_MAGIC)
		mb1_parse(maddr_to_virt(info));
	else if (magic == MB2_BOOT_MAGIC)
		mb2_parse(maddr_to_virt(info));
	else
		return false;
	return true;
}

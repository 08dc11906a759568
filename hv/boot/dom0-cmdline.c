/* SPDX-License-Identifier: MIT */
/*
 * Dom0's command line: what stands behind the kernel's name in the boot loader's
 * line for that module, then what stood behind "--" in ours, then what Dom0
 * cannot find out itself: a PV kernel looks for the ACPI root pointer below
 * 1 MiB only, and under EFI it lies elsewhere.  Once, at boot.
 */
#include "boot/dom0.h"

#include "boot/e820.h"
#include "boot/multiboot.h"
#include "boot/options.h"
#include "console/console.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "x86/acpi.h"

#define BIOS_END (1U << 20)
#define RSDP_V2_SIZE 36

/* Loaders other than GRUB 2 put the file name in front of the arguments. */
static const char *module_arguments(const char *s)
{
	if (!strncmp(boot_info.loader, "GRUB 2", 6))
		return s;
	while (*s && *s != ' ')
		s++;
	while (*s == ' ')
		s++;
	return s;
}

/* Add @text, or the words of it that fit. */
static void add(char *line, size_t size, const char *text)
{
	size_t len = strlen(line);

	if (!*text)
		return;
	if (len && len + 1 < size)
		line[len++] = ' ';
	if (strlcpy(line + len, text, size - len) < size - len)
		return;
	len = strlen(line);
	while (len && line[len - 1] != ' ')
		len--;
	line[len ? len - 1 : 0] = '\0';
	log_warn("Dom0's command line is longer than %zu characters: the end is lost", size - 1);
}

static void add_rsdp(char *line, size_t size)
{
	char word[40];

	if (acpi.rsdp < BIOS_END || strstr(line, "acpi_rsdp="))
		return;
	if (e820_overlaps(acpi.rsdp, acpi.rsdp + RSDP_V2_SIZE, 1U << E820_RAM)) {
		log_warn("the boot loader does not say where the ACPI tables are: Dom0 runs without");
		return;
	}
	fmt_snprintf(word, sizeof(word), "acpi_rsdp=0x%lx", (unsigned long)acpi.rsdp);
	add(line, size, word);
}

void dom0_command_line(char *line, size_t size, const char *module_line)
{
	*line = '\0';
	add(line, size, module_arguments(module_line));
	add(line, size, boot_cmdline_rest());
	add_rsdp(line, size);
}

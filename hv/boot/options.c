/* SPDX-License-Identifier: MIT */
/*
 * Hands the boot loader's command line to lib/cmdline.h and keeps a copy.  Boot
 * pCPU only.  The options themselves are registered where their variables are;
 * a fault in the line is a warning and never stops the boot.
 */
#include "boot/options.h"

#include "console/console.h"
#include "lib/cmdline.h"
#include "lib/string.h"

static char kept[BOOT_CMDLINE_BYTES];
static const char *rest = "";

/* GRUB 0.9x calls itself "GNU GRUB 0.9x", GRUB 2 "GRUB 1.9x" or "GRUB 2.xx". */
static bool loader_gives_path(const char *loader)
{
	const char *grub = loader ? strstr(loader, "GRUB ") : NULL;

	return !grub || grub[5] == '0';
}

static const char *skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

static void report(const char *text)
{
	log_warn("command line: %s", text);
}

/* The words of @line that fit: half a word might mean something else. */
static void keep(const char *line)
{
	size_t len;

	if (strlcpy(kept, line, sizeof(kept)) < sizeof(kept))
		return;
	len = strlen(kept);
	while (len && kept[len - 1] != ' ')
		len--;
	kept[len] = '\0';
	log_warn("command line: longer than %zu characters; the end is lost", sizeof(kept) - 1);
}

void boot_options_parse(const char *line, const char *loader)
{
	const char *tail;

	line = skip_blanks(line);
	if (loader_gives_path(loader)) {
		while (*line && *line != ' ')
			line++;
		line = skip_blanks(line);
	}
	keep(line);
	tail = cmdline_parse(kept, report);
	if (tail)
		rest = tail;
}

const char *boot_cmdline(void)
{
	return kept;
}

const char *boot_cmdline_rest(void)
{
	return rest;
}

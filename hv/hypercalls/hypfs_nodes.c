/* SPDX-License-Identifier: MIT */
/*
 * hypfs: /buildinfo, and /params with every option of the command line.  An
 * option shows its value where its type has one; changing it at run time is
 * possible for the log levels only, everything else was used at boot.
 */
#include "hypercalls/hypfs.h"

#include "console/levels.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "version.h"

#define LEVEL_BYTES 16

static const struct {
	const char *name, *value;
} build_facts[] = {
	{ "changeset", ORRERY_COMMIT },
	{ "compiler", "gcc " __VERSION__ },
	{ "version", "4.17-orrery" },
};

static int read_build_fact(const struct hypfs_entry *leaf, void *value, size_t size)
{
	return hypfs_put_text(value, size, build_facts[leaf->index].value);
}

bool hypfs_list_buildinfo(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out)
{
	if (index >= ARRAY_SIZE(build_facts))
		return false;
	strlcpy(out->name, build_facts[index].name, sizeof(out->name));
	out->type = XEN_HYPFS_TYPE_STRING;
	out->index = index;
	out->read = read_build_fact;
	return true;
}

/* --- /params ------------------------------------------------------------------ */

extern const struct cmdline_option *const __start_cmdline_options[];
extern const struct cmdline_option *const __stop_cmdline_options[];

static int read_option(const struct hypfs_entry *leaf, void *value, size_t size)
{
	const struct cmdline_option *opt = __start_cmdline_options[leaf->index];

	switch (opt->type) {
	case CMDLINE_TYPE_BOOL:
		*(u8 *)value = *(const bool *)opt->var;
		return 1;
	case CMDLINE_TYPE_UINT:
		memcpy(value, opt->var, sizeof(u32));
		return sizeof(u32);
	case CMDLINE_TYPE_SIZE:
		memcpy(value, opt->var, sizeof(u64));
		return sizeof(u64);
	case CMDLINE_TYPE_TEXT:
		return hypfs_put_text(value, size, opt->var);
	case CMDLINE_TYPE_CUSTOM:
	case CMDLINE_TYPE_PREFIX:
		break;
	}
	return hypfs_put_text(value, size, console_level_text(opt->name));
}

static int write_level(const struct hypfs_entry *leaf, const void *value, size_t len)
{
	return __start_cmdline_options[leaf->index]->parse(value);
}

/* Names sort as the linker put them: by object file, the same in every build of a tree. */
bool hypfs_list_params(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out)
{
	static const u8 types[] = {
		[CMDLINE_TYPE_BOOL] = XEN_HYPFS_TYPE_BOOL, [CMDLINE_TYPE_UINT] = XEN_HYPFS_TYPE_UINT,
		[CMDLINE_TYPE_SIZE] = XEN_HYPFS_TYPE_UINT, [CMDLINE_TYPE_TEXT] = XEN_HYPFS_TYPE_STRING,
		[CMDLINE_TYPE_CUSTOM] = XEN_HYPFS_TYPE_STRING,
	};
	const struct cmdline_option *opt;

	if (index >= __stop_cmdline_options - __start_cmdline_options)
		return false;
	opt = __start_cmdline_options[index];
	strlcpy(out->name, opt->name, sizeof(out->name));
	out->type = types[opt->type];
	out->index = index;
	out->read = read_option;
	if (console_level_text(opt->name)[0]) {
		out->write = write_level;
		out->max_write = LEVEL_BYTES;
	}
	return true;
}

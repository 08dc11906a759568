/* SPDX-License-Identifier: MIT */
/*
 * Reading scenario files; contract in sim_text.h.
 */
#include "bench/runner/sim_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/runner/checkout.h"
#include "bench/runner/command.h"
#include "bench/runner/file_text.h"

char *sim_text_read(const char *name, const char **path)
{
	static char kept[4096];
	char relative[512], *there, *text;

	snprintf(kept, sizeof(kept), "%s", name);
	*path = kept;
	text = strchr(name, '/') || strchr(name, '.') ? file_text(name, FILE_TEXT_USUAL, NULL) : NULL;
	if (text)
		return text;
	snprintf(relative, sizeof(relative), "bench/scenarios/%s.sim", name);
	there = checkout_path(relative);
	text = file_text(there, FILE_TEXT_USUAL, NULL);
	snprintf(kept, sizeof(kept), "%s", there);
	free(there);
	if (!text)
		complain("no scenario '%s': neither a file nor a name in bench/scenarios", name);
	return text;
}

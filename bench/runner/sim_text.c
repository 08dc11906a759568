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

#define TEXT_MAX_BYTES (1 << 20)

char *sim_text_slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t n;

	if (!f)
		return NULL;
	text = malloc(TEXT_MAX_BYTES + 1);
	if (text) {
		n = fread(text, 1, TEXT_MAX_BYTES, f);
		text[n] = '\0';
	}
	fclose(f);
	return text;
}

char *sim_text_read(const char *name, const char **path)
{
	static char kept[4096];
	char relative[512], *there, *text;

	snprintf(kept, sizeof(kept), "%s", name);
	*path = kept;
	text = strchr(name, '/') || strchr(name, '.') ? sim_text_slurp(name) : NULL;
	if (text)
		return text;
	snprintf(relative, sizeof(relative), "bench/scenarios/%s.sim", name);
	there = checkout_path(relative);
	text = sim_text_slurp(there);
	snprintf(kept, sizeof(kept), "%s", there);
	free(there);
	if (!text)
		complain("no scenario '%s': neither a file nor a name in bench/scenarios", name);
	return text;
}

/* SPDX-License-Identifier: MIT */
/*
 * Collecting runstate spells; see spells.h.
 */
#include "analysis/plots/spells.h"

#include <stdlib.h>

#include "tracing/decode/merge.h"

static void keep(void *ctx, const struct model_interval *i)
{
	struct spells *s = ctx;

	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 1024;
		s->v = reallocarray(s->v, s->room, sizeof(*s->v));
		if (!s->v)
			abort();
	}
	s->v[s->count++] = *i;
}

void spells_collect(struct spells *s, struct trace_file *f)
{
	struct trace_record rec;

	*s = (struct spells){ 0 };
	model_init(&s->model, keep, s);
	model_begin(&s->model, f);
	while (trace_file_next(f, &rec) == TRACE_RECORD)
		model_apply(&s->model, &rec);
	model_finish(&s->model);
}

void spells_free(struct spells *s)
{
	free(s->v);
	model_free(&s->model);
	*s = (struct spells){ 0 };
}

bool spells_idle(const struct spells *s, const struct model_interval *i)
{
	return s->model.vcpus[i->vcpu].domid == MODEL_IDLE_DOMID;
}

/* SPDX-License-Identifier: MIT */
/*
 * Reading workload descriptions: line by line, words by blanks, `key=value`
 * words by table.  $word is replaced first.  Knows programs and their
 * parameters; what policies have is asked of the registered tables.
 */
#include "sched-policies/simulator/scenario-internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS 1000000LL

struct parser {
	const struct scenario_request *rq;
	struct scenario *s;
	char *error;
	u32 line;                        /* 0: an option of the command line */
};

static bool wrong(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool wrong(struct parser *p, const char *fmt, ...)
{
	int n = p->line ? snprintf(p->error, SCENARIO_ERROR_MAX, "%s:%u: ", p->rq->name, p->line) :
		snprintf(p->error, SCENARIO_ERROR_MAX, "--");
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->error + n, SCENARIO_ERROR_MAX - n, fmt, ap);
	va_end(ap);
	return false;
}

/* "20us", "1.5ms", "7" (as it is). */
static bool parse_quantity(struct parser *p, const char *key, const char *text, s64 *value)
{
	static const struct { const char *name; double factor; } units[] = {
		{ "", 1 }, { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 },
	};
	char *end;
	double n = strtod(text, &end);

	for (size_t i = 0; end != text && i < ARRAY_SIZE(units); i++)
		if (!strcmp(end, units[i].name) && n >= 0 && n * units[i].factor < 9e18) {
			*value = n * units[i].factor + 0.5;
			return true;
		}
	return wrong(p, "%s=%s: not a number with a unit (ns, us, ms, s)", key, text);
}

/* --- VMs ------------------------------------------------------------------------- */

static const struct program_kind *find_program(struct parser *p, const char *name)
{
	const struct program_kind *kind = program_by_name(name);
	char known[160] = "";

	if (kind)
		return kind;
	for (unsigned i = 0; (kind = program_at(i)); i++) {
		strcat(known, i ? ", " : "");
		strcat(known, kind->name);
	}
	wrong(p, "no program '%s'; known: %s", name, known);
	return NULL;
}

/* One of @program's own parameters, to @arg; false: it has none of that name. */
static bool program_key(struct parser *p, const struct program_kind *program, s64 *arg,
			const char *key, const char *text, bool *ok)
{
	for (u32 i = 0; i < PROGRAM_ARGS && program->arg[i]; i++) {
		if (strcmp(program->arg[i], key))
			continue;
		if (!strcmp(key, "phase") && !strcmp(text, "random")) {
			arg[i] = PROGRAM_RANDOM;
			*ok = true;
			return true;
		}
		*ok = parse_quantity(p, key, text, &arg[i]);
		if (*ok && arg[i] < program->least[i])
			*ok = wrong(p, "%s=%s: must be longer than 0", key, text);
		return true;
	}
	return false;
}

/* Its parameters together. */
static bool good_args(struct parser *p, const struct program_kind *program, const s64 *arg)
{
	for (u32 i = 1; i < PROGRAM_ARGS && program->arg[i]; i++)
		if (!strcmp(program->arg[i], "gap_max") && arg[i] < arg[i - 1])
			return wrong(p, "gap_max is less than gap_min");
	return true;
}

/* @first and the names of its parameters into @buf. */
static void program_keys(const struct program_kind *program, const char *first, char *buf, size_t size)
{
	size_t n = snprintf(buf, size, "%s", first);

	for (u32 i = 0; i < PROGRAM_ARGS && program->arg[i]; i++)
		n += snprintf(buf + n, size - n, "%s%s", n ? ", " : "", program->arg[i]);
}

/* The row of parameter @name of @p; NULL if it has none of that name. */
static const struct policy_tunable *param_of(const struct sched_policy *p, const char *name)
{
	const struct policy_tunable *row;

	row = sched_tunable_find(p->domain_params, p->nr_domain_params, name, NULL);
	return row ? row : sched_tunable_find(p->vcpu_params, p->nr_vcpu_params, name, NULL);
}

/* @name means a parameter of some policy, or of the one before the dot: does one take @value? */
static bool good_param(struct parser *p, const struct scenario_vm *vm, const char *name, s64 value)
{
	const struct policy_tunable *row = NULL;
	const struct sched_policy *policy, *refuses = NULL;
	const char *dot = strchr(name, '.');
	size_t len = dot ? dot - name : 0;
	char keys[120];

	for (unsigned i = 0; (policy = sched_policy_at(i)); i++) {
		const struct policy_tunable *r = param_of(policy, dot ? dot + 1 : name);

		if (!r || (dot && (strlen(policy->name) != len || strncmp(policy->name, name, len))))
			continue;
		if (value >= r->min && value <= r->max)
			return true;
		row = r;
		refuses = policy;
	}
	if (row)
		return wrong(p, "%s=%ld: not a number from %ld to %ld, which %s takes", name,
			     (long)value, (long)row->min, (long)row->max, refuses->name);
	program_keys(vm->program, "copies, vcpus, affinity, expect", keys, sizeof(keys));
	return wrong(p, "'%s' is neither a parameter of %s (%s), nor of a policy", name,
		     vm->program->name, keys);
}

static bool policy_key(struct parser *p, struct scenario_vm *vm, const char *key, s64 value)
{
	u32 i = vm->nr_params;

	if (!good_param(p, vm, key, value))
		return false;
	if (i == MAX_VM_PARAMS || strlen(key) >= sizeof(vm->param[i].name))
		return wrong(p, "too many parameters");
	if (!strcmp(key, "weight"))
		vm->weight = value;
	strcpy(vm->param[i].name, key);
	vm->param[i].value = value;
	vm->nr_params++;
	return true;
}

static bool vm_key(struct parser *p, struct scenario_vm *vm, const char *key, const char *text)
{
	bool ok;
	s64 n;

	if (program_key(p, vm->program, vm->arg, key, text, &ok))
		return ok;
	if (!strcmp(key, "expect")) {
		vm->expected = atof(text);
		return vm->expected > 0 || wrong(p, "expect=%s: not a share above 0", text);
	}
	if (!parse_quantity(p, key, text, &n))
		return false;
	if (!strcmp(key, "copies") || !strcmp(key, "vcpus")) {
		if (n < 1 || n > 10000)
			return wrong(p, "%s=%s: not a number from 1 to 10000", key, text);
		*(*key == 'c' ? &vm->copies : &vm->vcpus) = n;
		return true;
	}
	if (!strcmp(key, "affinity")) {
		vm->affinity = strtoull(text, NULL, 0);
		return vm->affinity || wrong(p, "affinity=%s: no pCPU", text);
	}
	return policy_key(p, vm, key, n);
}

/* "KEY=VALUE", cut in two. */
static bool split_word(struct parser *p, char *word, char **value)
{
	*value = strchr(word, '=');
	if (!*value)
		return wrong(p, "'%s': write it as KEY=VALUE", word);
	*(*value)++ = '\0';
	return true;
}

static bool vm_line(struct parser *p, char **rest)
{
	struct scenario_vm *vm = &p->s->vm[p->s->nr_vms];
	char *name = strtok_r(NULL, " \t", rest), *program = strtok_r(NULL, " \t", rest), *word, *value;

	if (!program)
		return wrong(p, "write it as: vm NAME PROGRAM [KEY=VALUE]...");
	if (p->s->nr_vms == SCENARIO_GROUPS)
		return wrong(p, "more than %d lines of VMs", SCENARIO_GROUPS);
	if (strlen(name) >= sizeof(vm->name))
		return wrong(p, "the name '%s' is too long", name);
	*vm = (struct scenario_vm){ .copies = 1, .weight = 256, .line = p->line };
	vm->program = find_program(p, program);
	if (!vm->program)
		return false;
	vm->vcpus = vm->program->run == program_locker ? 2 : 1;
	strcpy(vm->name, name);
	memcpy(vm->arg, vm->program->initial, sizeof(vm->arg));
	while ((word = strtok_r(NULL, " \t", rest)))
		if (!split_word(p, word, &value) || !vm_key(p, vm, word, value))
			return false;
	p->s->nr_vms++;
	return good_args(p, vm->program, vm->arg);
}

/* --- phases --------------------------------------------------------------------- */

static bool phase_key(struct parser *p, const struct program_kind *program, s64 *arg, const char *key,
		      const char *text)
{
	char keys[120];
	bool ok;

	if (program_key(p, program, arg, key, text, &ok))
		return ok;
	program_keys(program, "", keys, sizeof(keys));
	return wrong(p, "'%s' is no parameter of %s, which has: %s", key, program->name,
		     keys[0] ? keys : "none");
}

/* The VM of a line "then TIME ..." with room for it, and TIME after its phases so far. */
static struct scenario_vm *vm_of_phase(struct parser *p, const char *time, s64 *after)
{
	struct scenario_vm *vm = p->s->nr_vms ? &p->s->vm[p->s->nr_vms - 1] : NULL;

	if (!parse_quantity(p, "then", time, after))
		return NULL;
	if (!vm)
		wrong(p, "then %s: there is no line of a VM above", time);
	else if (vm->nr_phases == SCENARIO_PHASES)
		wrong(p, "more than %d phases of a VM", SCENARIO_PHASES);
	else if (*after <= (vm->nr_phases ? vm->phase[vm->nr_phases - 1].from : 0))
		wrong(p, "then %s: not later than the phase before", time);
	else
		return vm;
	return NULL;
}

/* Times are from the VMs' start on until the whole text is read. */
static bool then_line(struct parser *p, char **rest)
{
	char *time = strtok_r(NULL, " \t", rest), *name = strtok_r(NULL, " \t", rest), *word, *value;
	const struct program_kind *program;
	struct program_phase *phase;
	struct scenario_vm *vm;
	s64 after;

	if (!name)
		return wrong(p, "write it as: then TIME PROGRAM [KEY=VALUE]...");
	vm = vm_of_phase(p, time, &after);
	program = vm ? find_program(p, name) : NULL;
	if (!program)
		return false;
	phase = &vm->phase[vm->nr_phases];
	*phase = (struct program_phase){ .from = after, .run = program->run };
	memcpy(phase->arg, program->initial, sizeof(phase->arg));
	while ((word = strtok_r(NULL, " \t", rest)))
		if (!split_word(p, word, &value) || !phase_key(p, program, phase->arg, word, value))
			return false;
	vm->phase_program[vm->nr_phases++] = program;
	return good_args(p, program, phase->arg);
}

/* --- other lines ------------------------------------------------------------------ */

/* A whole number that @row allows. */
static bool good_setting(struct parser *p, const char *text, const struct policy_tunable *row)
{
	const char *value = strchr(text, '=') + 1;
	char *end;
	long long n = strtoll(value, &end, 0);

	if (*value && !*end && n >= row->min && n <= row->max)
		return true;
	return wrong(p, "set %s: not a number from %ld to %ld", text, (long)row->min,
		     (long)row->max);
}

static bool add_setting(struct parser *p, const char *text)
{
	const char *dot = strchr(text, '.'), *equals = strchr(text, '=');
	size_t n = strlen(p->s->options);
	const struct policy_tunable *row;
	const struct sched_policy *policy;
	char name[24], tunable[40], known[400];

	if (!dot || !equals || equals < dot)
		return wrong(p, "set %s: write it as POLICY.TUNABLE=VALUE", text);
	snprintf(name, sizeof(name), "%.*s", (int)(dot - text), text);
	snprintf(tunable, sizeof(tunable), "%.*s", (int)(equals - dot - 1), dot + 1);
	policy = sched_policy_by_name(name);
	if (!policy) {
		sched_policy_names(known, sizeof(known));
		return wrong(p, "set %s: no policy '%s'; known: %s", text, name, known);
	}
	row = sched_tunable_find(policy->tunables, policy->nr_tunables, tunable, NULL);
	if (!row) {
		sched_tunable_names(policy->tunables, policy->nr_tunables, known, sizeof(known));
		return wrong(p, "set %s: no such tunable; %s has: %s", text, name,
			     known[0] ? known : "none");
	}
	if (!good_setting(p, text, row))
		return false;
	if (snprintf(p->s->options + n, sizeof(p->s->options) - n, "sched.%s ", text) >=
	    (int)(sizeof(p->s->options) - n))
		return wrong(p, "too many settings");
	return true;
}

static bool set_sched(struct parser *p, const char *name)
{
	char known[400];

	if (sched_policy_by_name(name)) {
		snprintf(p->s->sched, sizeof(p->s->sched), "%s", name);
		return true;
	}
	sched_policy_names(known, sizeof(known));
	return wrong(p, "sched %s: no such policy; known: %s", name, known);
}

static bool number_line(struct parser *p, const char *word, const char *value)
{
	struct scenario *s = p->s;
	s64 n;

	if (!parse_quantity(p, word, value, &n))
		return false;
	if (!strcmp(word, "pcpus") || !strcmp(word, "pcpus_per_socket")) {
		if (n < 1 || n > POLICY_MAX_PCPUS)
			return wrong(p, "%s %s: not a number from 1 to %d", word, value,
				     POLICY_MAX_PCPUS);
		*(word[5] ? &s->per_socket : &s->pcpus) = n;
	} else if (!strcmp(word, "pool")) {
		s->pool = n;
	} else if (!strcmp(word, "seed")) {
		s->seed = n;
	} else if (!strcmp(word, "time")) {
		s->length = n;
	} else if (!strcmp(word, "warmup")) {
		s->warmup = n;
	} else if (!strcmp(word, "window")) {
		s->window = n;
	} else if (!strcmp(word, "start")) {
		s->start = n;
	} else if (!strcmp(word, "wake_cost")) {
		s->wake_cost = n;
	} else if (!strcmp(word, "sleep_cost")) {
		s->sleep_cost = n;
	} else if (!strcmp(word, "kick_cost")) {
		s->kick_cost = n;
	} else if (!strcmp(word, "start_cost")) {
		s->start_cost = n;
	} else if (!strcmp(word, "switch_cost")) {
		s->switch_cost = n;
	} else if (!strcmp(word, "migration_cost")) {
		s->migration_cost = n;
	} else {
		return wrong(p, "'%s' is none of: vm, then, sched, set, pcpus, pcpus_per_socket, pool, seed, "
			     "start, time, warmup, window, switch_cost, migration_cost, "
			     "wake_cost, kick_cost, sleep_cost, start_cost", word);
	}
	return true;
}

static bool one_line(struct parser *p, char *line)
{
	char *rest, *word = strtok_r(line, " \t", &rest), *value;

	if (!word || word[0] == '#')
		return true;
	if (!strcmp(word, "vm"))
		return vm_line(p, &rest);
	if (!strcmp(word, "then"))
		return then_line(p, &rest);
	value = strtok_r(NULL, " \t", &rest);
	if (!value)
		return wrong(p, "%s: a value is missing", word);
	if (!strcmp(word, "set"))
		return add_setting(p, value);
	if (!strcmp(word, "sched"))
		return set_sched(p, value);
	return number_line(p, word, value);
}

/* Put the values of $words into @line; false: one is not defined. */
static bool substitute(struct parser *p, const char *line, size_t len, char *out, size_t size)
{
	const struct scenario_request *rq = p->rq;
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < size;) {
		size_t word = 1 + strspn(line + i + 1, "abcdefghijklmnopqrstuvwxyz_0123456789");
		u32 d = 0;

		if (line[i] != '$') {
			out[n++] = line[i++];
			continue;
		}
		while (d < rq->nr_defines && (strncmp(rq->defines[d], line + i + 1, word - 1) ||
					      rq->defines[d][word - 1] != '='))
			d++;
		if (word == 1)
			return wrong(p, "a name in small letters is missing behind $");
		if (d == rq->nr_defines)
			return wrong(p, "%.*s is not defined; give it with -D %.*s=VALUE", (int)word,
				     line + i, (int)word - 1, line + i + 1);
		n += snprintf(out + n, size - n, "%s", rq->defines[d] + word);
		n = MIN(n, size - 1);
		i += word;
	}
	out[n] = '\0';
	return true;
}

static bool check(struct parser *p)
{
	struct scenario *s = p->s;

	if (!s->nr_vms)
		return wrong(p, "no line of a VM");
	if (s->length <= 0 || s->window <= 0)
		return wrong(p, "time and window must be longer than 0");
	for (u32 g = 0; g < s->nr_vms; g++)
		for (u32 i = 0; i < s->vm[g].nr_phases; i++)
			s->vm[g].phase[i].from += s->start;
	return true;
}

int scenario_parse(const struct scenario_request *rq, struct scenario *s,
		   char error[SCENARIO_ERROR_MAX])
{
	struct parser p = { .rq = rq, .s = s, .error = error };
	char line[1024];
	bool good;

	*s = (struct scenario){ .sched = "credit", .pcpus = 1, .seed = 1,
				.length = 10000 * MS, .window = 1000 * MS };
	sched_register_policies();
	for (const char *at = rq->text; *at;) {
		size_t len = strcspn(at, "\n");

		p.line++;
		if (*at != '#' && (!substitute(&p, at, len, line, sizeof(line)) ||
				   !one_line(&p, line)))
			return -EINVAL;
		at += len + (at[len] == '\n');
	}
	good = check(&p);
	p.line = 0;
	for (u32 i = 0; i < rq->nr_settings && good; i++)
		good = add_setting(&p, rq->settings[i]);
	if (rq->sched && good)
		good = set_sched(&p, rq->sched);
	s->pcpus = rq->pcpus ? rq->pcpus : s->pcpus;
	s->seed = rq->seed ? rq->seed : s->seed;
	s->length = rq->length ? rq->length : s->length;
	return good ? 0 : -EINVAL;
}

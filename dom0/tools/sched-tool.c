/* SPDX-License-Identifier: MIT */
/*
 * sched-tool: every setting of every scheduler policy by name, in Dom0:
 *   list                            the pools, their policies and tunables
 *   policies                        what there is, with the rows of all settings
 *   get POOL [TUNABLE]
 *   set POOL TUNABLE=VALUE...
 *   policy POOL NAME                of a pool without domains
 *   domain ID [[VCPU:]PARAM[=VALUE]]...
 *   table POOL [CYCLE [ID[:VCPU]=LENGTH]...]   of arinc653, in microseconds; ID "idle": nobody
 *   why POOL                        the report of an ejected policy
 * Works on hypfs (/cpupool, /domain, /policy) and makes the hypercalls itself, so
 * that it needs no library.  Wrong use costs one line and exit status 2.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define __XEN_TOOLS__ 1
#include <xen/xen.h>
#include <xen/sysctl.h>
#include <xen/hypfs.h>
#include <xen/sys/privcmd.h>

#define BUFFER_BYTES (3 * 4096)
#define PATH_BYTES 256 /* as many as the hypervisor takes */

static int privcmd;
static struct {
	char path[PATH_BYTES];
	uint8_t data[BUFFER_BYTES];
} *shared; /* resident: the hypervisor reads and writes it */

__attribute__((noreturn, format(printf, 2, 3))) static void leave(int status, const char *fmt, ...)
{
	va_list ap;

	fputs("sched-tool: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(status);
}

/* A path for hypfs; leaves if it cannot be one. */
__attribute__((format(printf, 2, 3))) static void format(char *path, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(path, PATH_BYTES, fmt, ap);
	va_end(ap);
	if (n >= PATH_BYTES)
		leave(2, "%.40s...: too long", path);
}

/* --- hypfs ----------------------------------------------------------------------------- */

static int hypfs(unsigned op, const char *path, size_t size)
{
	struct privcmd_hypercall call = { .op = __HYPERVISOR_hypfs_op };

	snprintf(shared->path, sizeof(shared->path), "%s", path);
	call.arg[0] = op;
	call.arg[1] = (uintptr_t)shared->path;
	call.arg[2] = strlen(shared->path) + 1;
	call.arg[3] = (uintptr_t)shared->data;
	call.arg[4] = size;
	return ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call) ? -errno : 0;
}

static const struct xen_hypfs_direntry *read_path(const char *path)
{
	memset(shared->data, 0, sizeof(shared->data));
	return hypfs(XEN_HYPFS_OP_read, path, sizeof(shared->data) - 1) ? NULL :
	       (const void *)shared->data;
}

/* The text at @path, the caller's to free; NULL: no such path. */
static char *read_text(const char *path)
{
	const struct xen_hypfs_direntry *e = read_path(path);

	return e && e->type == XEN_HYPFS_TYPE_STRING ? strdup((const char *)(e + 1)) : NULL;
}

static bool read_number(const char *path, int64_t *value)
{
	const struct xen_hypfs_direntry *e = read_path(path);

	if (!e || (e->type != XEN_HYPFS_TYPE_INT && e->type != XEN_HYPFS_TYPE_UINT))
		return false;
	memcpy(value, e + 1, sizeof(*value));
	return true;
}

struct names {
	unsigned nr;
	char name[64][48];
};

/* What a directory holds, in its order; false: no such directory. */
static bool list(const char *path, struct names *out)
{
	const struct xen_hypfs_direntry *e = read_path(path);
	const uint8_t *at = (const uint8_t *)(e + 1);

	out->nr = 0;
	if (!e || e->type != XEN_HYPFS_TYPE_DIR)
		return false;
	while (e->content_len && out->nr < 64) {
		const struct xen_hypfs_dirlistentry *item = (const void *)at;

		snprintf(out->name[out->nr++], sizeof(out->name[0]), "%s", item->name);
		if (!item->off_next)
			break;
		at += item->off_next;
	}
	return true;
}

/* Its names in one line, after @before. */
static void join(const struct names *n, const char *before, char *out, size_t size)
{
	size_t used = snprintf(out, size, "%s", before);

	for (unsigned i = 0; i < n->nr && used < size; i++)
		used += snprintf(out + used, size - used, "%s%s", i ? ", " : "", n->name[i]);
}

/* --- settings ---------------------------------------------------------------------------- */

/* Rows of @policy's settings of one kind as "name (least..greatest), ..."; false: no such policy. */
static bool rows_of(const char *policy, const char *kind, char *out, size_t size)
{
	char path[PATH_BYTES], name[32], word[16];
	long long min, max, initial;
	size_t used = 0;
	char *text;

	format(path, "/policy/%s", policy);
	text = read_text(path);
	if (!text)
		return false;
	out[0] = '\0';
	for (char *line = strchr(text, '\n'); line && line[1]; line = strchr(line + 1, '\n'))
		if (sscanf(line + 1, "%15s %31s %lld %lld %lld", word, name, &min, &max,
			   &initial) == 5 && !strcmp(word, kind) && used < size)
			used += snprintf(out + used, size - used, "%s%s (%lld..%lld)",
					 used ? ", " : "", name, min, max);
	free(text);
	return true;
}

static char *policy_of(const char *pool)
{
	char path[PATH_BYTES], line[512];
	struct names pools;
	char *policy;

	format(path, "/cpupool/%s/policy", pool);
	policy = read_text(path);
	if (policy)
		return policy;
	if (!list("/cpupool", &pools) || !list("/policy", &pools))
		leave(1, "the hypervisor shows no policies: it is not Orrery");
	list("/cpupool", &pools);
	join(&pools, "", line, sizeof(line));
	leave(2, "no pool %s; there are: %s (by number, see xenstore-ls /local/pool)", pool, line);
}

/* Write "NAME=VALUE" below @dir; @kind of @policy names what would be right. */
static void set_one(const char *dir, const char *word, const char *policy, const char *kind)
{
	const char *equals = strchr(word, '=');
	char path[PATH_BYTES], known[1024];
	int64_t value;
	char *end;
	int rc;

	rows_of(policy, kind, known, sizeof(known));
	if (!equals)
		leave(2, "%s: write it as NAME=VALUE", word);
	format(path, "%s/%.*s", dir, (int)(equals - word), word);
	if (!read_number(path, &value))
		leave(2, "%.*s: %s has no such %s%s; it has: %s", (int)(equals - word), word, policy,
		      kind, strcmp(kind, "tunable") ? " parameter" : "", known[0] ? known : "none");
	errno = 0;
	value = strtoll(equals + 1, &end, 0);
	if (errno || end == equals + 1 || *end)
		leave(2, "%s: not a number; %s has: %s", word, policy, known);
	memcpy(shared->data, &value, sizeof(value));
	rc = hypfs(XEN_HYPFS_OP_write_contents, path, sizeof(value));
	if (rc == -ERANGE)
		leave(2, "%s: out of range; %s has: %s", word, policy, known);
	if (rc == -EINVAL)
		leave(2, "%s: does not go with the other values; %s has: %s", word, policy, known);
	if (rc)
		leave(1, "%s: %s", word, strerror(-rc));
}

static void show_one(const char *dir, const char *name)
{
	char path[PATH_BYTES];
	int64_t value;

	format(path, "%s/%s", dir, name);
	if (read_number(path, &value))
		printf("%s=%lld\n", name, (long long)value);
}

static void show_all(const char *dir)
{
	struct names names;

	if (list(dir, &names))
		for (unsigned i = 0; i < names.nr; i++)
			show_one(dir, names.name[i]);
}

/* --- commands ------------------------------------------------------------------------------ */

static void command_list(char **args)
{
	char dir[PATH_BYTES];
	struct names pools;

	free(policy_of("0")); /* or leave with a word */
	list("/cpupool", &pools);
	for (unsigned i = 0; i < pools.nr; i++) {
		char *policy = policy_of(pools.name[i]);

		printf("pool %s: %s\n", pools.name[i], policy);
		format(dir, "/cpupool/%s/tunables", pools.name[i]);
		show_all(dir);
		free(policy);
	}
}

static void command_policies(char **args)
{
	char path[PATH_BYTES], *text;
	struct names policies;

	free(policy_of("0"));
	list("/policy", &policies);
	for (unsigned i = 0; i < policies.nr; i++) {
		format(path, "/policy/%s", policies.name[i]);
		text = read_text(path);
		printf("%s: %s", policies.name[i], text ? text : "\n");
		free(text);
	}
}

static void command_get(char **args)
{
	char dir[PATH_BYTES], path[PATH_BYTES], known[1024], *policy = policy_of(args[0]);
	int64_t value;

	format(dir, "/cpupool/%s/tunables", args[0]);
	if (!args[1]) {
		show_all(dir);
		free(policy);
		return;
	}
	format(path, "%s/%s", dir, args[1]);
	if (!read_number(path, &value)) {
		rows_of(policy, "tunable", known, sizeof(known));
		leave(2, "%s: %s has no such tunable; it has: %s", args[1], policy,
		      known[0] ? known : "none");
	}
	printf("%lld\n", (long long)value);
	free(policy);
}

static void command_set(char **args)
{
	char dir[PATH_BYTES], *policy = policy_of(args[0]);

	format(dir, "/cpupool/%s/tunables", args[0]);
	for (unsigned i = 1; args[i]; i++)
		set_one(dir, args[i], policy, "tunable");
	free(policy);
}

static void command_policy(char **args)
{
	char path[PATH_BYTES], line[512];
	struct names policies;
	int rc;

	free(policy_of(args[0]));
	format(path, "/cpupool/%s/policy", args[0]);
	snprintf((char *)shared->data, 64, "%s", args[1]);
	rc = hypfs(XEN_HYPFS_OP_write_contents, path, strlen((char *)shared->data) + 1);
	if (rc == -EINVAL || rc == -ENOSPC) {
		list("/policy", &policies);
		join(&policies, "", line, sizeof(line));
		leave(2, "no policy %s; known: %s", args[1], line);
	}
	if (rc == -EBUSY)
		leave(1, "pool %s has domains; move them away first (xl cpupool-migrate)", args[0]);
	if (rc)
		leave(1, "policy %s: %s", args[1], strerror(-rc));
}

static char *policy_of_domain(const char *domain)
{
	struct names domains;
	char line[1024];

	free(policy_of("0"));
	if (!list("/domain", &domains))
		leave(1, "the hypervisor shows no domains");
	for (unsigned i = 0; i < domains.nr; i++)
		if (!strcmp(domains.name[i], domain)) {
			format(line, "/domain/%s/policy", domain);
			return read_text(line);
		}
	join(&domains, "", line, sizeof(line));
	leave(2, "no domain %s; there are: %s (by number, see xl list)", domain, line);
}

static void command_domain(char **args)
{
	char dir[PATH_BYTES], *policy = policy_of_domain(args[0]);

	format(dir, "/domain/%s", args[0]);
	if (!args[1])
		show_all(dir);
	for (unsigned i = 1; args[i]; i++) {
		char *colon = strchr(args[i], ':'), *word = colon ? colon + 1 : args[i];

		if (colon)
			format(dir, "/domain/%s/vcpu/%.*s", args[0],
				 (int)(colon - args[i]), args[i]);
		else
			format(dir, "/domain/%s", args[0]);
		if (colon && !*word)
			show_all(dir);
		else if (strchr(word, '='))
			set_one(dir, word, policy, colon ? "vcpu" : "domain");
		else
			show_one(dir, word);
	}
	free(policy);
}

static void command_why(char **args)
{
	char path[PATH_BYTES], *text;

	free(policy_of(args[0]));
	format(path, "/cpupool/%s/ejection", args[0]);
	text = read_text(path);
	fputs(text ? text : "", stdout);
	free(text);
}

/* --- the table of arinc653 ----------------------------------------------------------------- */

#define US 1000ULL
#define TABLE_MAX 64

static int sysctl(struct xen_sysctl *op)
{
	struct privcmd_hypercall call = { .op = __HYPERVISOR_sysctl, .arg[0] = (uintptr_t)op };

	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call) ? -errno : 0;
}

/* The first domain from @id on: false if there is none. */
static bool domain_info(unsigned id, struct xen_domctl_getdomaininfo *info)
{
	struct xen_sysctl *op = (void *)shared->data;
	struct xen_domctl_getdomaininfo *to = (void *)(op + 1);

	memset(op, 0, sizeof(*op));
	op->cmd = XEN_SYSCTL_getdomaininfolist;
	op->u.getdomaininfolist.first_domain = id;
	op->u.getdomaininfolist.max_domains = 1;
	set_xen_guest_handle(op->u.getdomaininfolist.buffer, to);
	if (sysctl(op) || !op->u.getdomaininfolist.num_domains)
		return false;
	*info = *to;
	return true;
}

static const struct xen_sysctl_arinc653_schedule *table_op(const char *pool, unsigned cmd,
							  const struct xen_sysctl_arinc653_schedule *new)
{
	struct xen_sysctl *op = (void *)shared->data;
	struct xen_sysctl_arinc653_schedule *table = (void *)(op + 1);
	int rc;

	memset(op, 0, sizeof(*op));
	if (new)
		*table = *new;
	op->cmd = XEN_SYSCTL_scheduler_op;
	op->u.scheduler_op.cpupool_id = atoi(pool);
	op->u.scheduler_op.sched_id = XEN_SCHEDULER_ARINC653;
	op->u.scheduler_op.cmd = cmd;
	set_xen_guest_handle(op->u.scheduler_op.u.sched_arinc653.schedule, table);
	rc = sysctl(op);
	if (rc == -EINVAL && new)
		leave(2, "the table does not fit: 1 to %d stretches of at least 20 us, together no longer than "
		      "the cycle", TABLE_MAX);
	if (rc)
		leave(1, "table: %s", strerror(-rc));
	return table;
}

/* "ID[:VCPU]=LENGTH" */
static void take_stretch(struct xen_sysctl_arinc653_schedule *table, const char *word)
{
	unsigned n = table->num_sched_entries, id = 0, vcpu = 0, chars = 0;
	struct xen_domctl_getdomaininfo info;
	unsigned long long length;

	if (n == TABLE_MAX)
		leave(2, "more than %d stretches", TABLE_MAX);
	memset(&info.handle, 0xff, sizeof(info.handle)); /* nobody's */
	if (sscanf(word, "idle=%llu%n", &length, &chars) != 1 &&
	    sscanf(word, "%u=%llu%n", &id, &length, &chars) != 2 &&
	    sscanf(word, "%u:%u=%llu%n", &id, &vcpu, &length, &chars) != 3)
		leave(2, "%s: write it as ID=LENGTH, ID:VCPU=LENGTH or idle=LENGTH, in microseconds", word);
	if (word[chars])
		leave(2, "%s: not a number of microseconds", word);
	if (word[0] != 'i' && (!domain_info(id, &info) || info.domain != id))
		leave(2, "%s: no domain %u (see xl list)", word, id);
	memcpy(table->sched_entries[n].dom_handle, info.handle, sizeof(info.handle));
	table->sched_entries[n].vcpu_id = vcpu;
	table->sched_entries[n].runtime = length * US;
	table->num_sched_entries++;
}

/* Which domain a stretch is of, or "nobody". */
static void print_stretch(const xen_domain_handle_t handle, unsigned vcpu, unsigned long long ns)
{
	struct xen_domctl_getdomaininfo info;

	for (unsigned id = 0; domain_info(id, &info); id = info.domain + 1)
		if (!memcmp(info.handle, handle, sizeof(info.handle))) {
			printf("%u:%u=%llu\n", info.domain, vcpu, ns / US);
			return;
		}
	printf("nobody=%llu\n", ns / US);
}

static void command_table(char **args)
{
	struct xen_sysctl_arinc653_schedule table = { 0 };
	char *policy = policy_of(args[0]), *end;

	if (strcmp(policy, "arinc653"))
		leave(2, "%s has no table; arinc653 has", policy);
	free(policy);
	if (!args[1]) {
		table = *table_op(args[0], XEN_SYSCTL_SCHEDOP_getinfo, NULL);
		printf("cycle=%llu\n", (unsigned long long)table.major_frame / US);
		for (unsigned i = 0; i < table.num_sched_entries; i++)
			print_stretch(table.sched_entries[i].dom_handle, table.sched_entries[i].vcpu_id,
				      table.sched_entries[i].runtime);
		return;
	}
	table.major_frame = strtoull(args[1], &end, 10) * US;
	if (end == args[1] || *end)
		leave(2, "%s: not a number of microseconds", args[1]);
	for (unsigned i = 2; args[i]; i++)
		take_stretch(&table, args[i]);
	table_op(args[0], XEN_SYSCTL_SCHEDOP_putinfo, &table);
}

static const struct command {
	const char *name, *arguments;
	int least, most;
	void (*run)(char **args);
} commands[] = {
	{ "list", "", 0, 0, command_list },
	{ "policies", "", 0, 0, command_policies },
	{ "get", "POOL [TUNABLE]", 1, 2, command_get },
	{ "set", "POOL TUNABLE=VALUE...", 2, 64, command_set },
	{ "policy", "POOL NAME", 2, 2, command_policy },
	{ "domain", "ID [[VCPU:]PARAM[=VALUE]]...", 1, 64, command_domain },
	{ "table", "POOL [CYCLE [ID[:VCPU]=LENGTH]...]", 1, 66, command_table },
	{ "why", "POOL", 1, 1, command_why },
};

int main(int argc, char **argv)
{
	const struct command *found = NULL;
	char line[128] = "";

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s", i ? ", " : "",
			 commands[i].name);
		if (argc > 1 && !strcmp(argv[1], commands[i].name))
			found = &commands[i];
	}
	if (!found)
		leave(2, "commands: %s", line);
	if (argc - 2 < found->least || argc - 2 > found->most)
		leave(2, "write it as: %s %s", found->name, found->arguments);
	privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (privcmd < 0 || shared == MAP_FAILED)
		leave(1, "cannot open /dev/xen/privcmd: run in Dom0, modules loaded");
	found->run(argv + 2);
	return fflush(stdout) ? 1 : 0;
}

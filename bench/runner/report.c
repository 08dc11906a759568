/* SPDX-License-Identifier: MIT */
/*
 * Builds manifest.json and results.json (report.h) with jansson, members in a fixed
 * order.  Numbers in `ORRERY key=value` lines become JSON integers when they are
 * plain decimals; a key that comes several times becomes an array.  Called by boot.c.
 */
#include "bench/runner/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/runner/checkout.h"
#include "bench/runner/command.h"
#include "bench/runner/machine.h"
#include "bench/runner/sha256.h"

/* Guests choose the bytes of their values: what is not UTF-8 is kept with '?'. */
static json_t *safe_string(const char *text)
{
	json_t *s = json_string(text);
	char *copy;

	if (s)
		return s;
	copy = strdup(text);
	for (char *p = copy; *p; p++)
		if (*p & 0x80)
			*p = '?';
	s = json_string(copy);
	free(copy);
	return s;
}

static json_t *string_or_null(const char *text)
{
	return text ? safe_string(text) : json_null();
}

/* {"sha256": ..., "bytes": ...}, or NULL after a complaint. */
static json_t *image_of(const char *path)
{
	char hex[SHA256_HEX_SIZE];
	uint64_t bytes;
	int err = sha256_file(path, hex, &bytes);

	if (err) {
		complain("%s: %s", path, strerror(-err));
		return NULL;
	}
	return json_pack("{s:s, s:I}", "sha256", hex, "bytes", (json_int_t)bytes);
}

static json_t *images_of(const struct boot_images *images)
{
	json_t *h = image_of(images->hypervisor), *k = image_of(images->kernel);
	json_t *i = image_of(images->initrd);

	if (h && k && i)
		return json_pack("{s:o, s:o, s:o}", "hypervisor", h, "kernel", k, "initrd", i);
	json_decref(h);
	json_decref(k);
	json_decref(i);
	return NULL;
}

static json_t *qemu_of(char **argv)
{
	char *command[] = { MACHINE_QEMU, "--version", NULL };
	char *version = checkout_capture(command);
	json_t *list = json_array();

	if (version)
		version[strcspn(version, "\n")] = 0;
	for (; *argv; argv++)
		json_array_append_new(list, safe_string(*argv));
	list = json_pack("{s:s, s:o}", "version", version ? version : "unknown", "argv", list);
	free(version);
	return list;
}

static json_t *parameters_of(const struct boot_options *o)
{
	char *hv = machine_hypervisor_line(o), *dom0 = machine_dom0_line(o);
	json_t *p = json_pack(
		"{s:s, s:s, s:i, s:i, s:i, s:i, s:s, s:s, s:b, s:i, s:o, s:o}", "scenario", o->run,
		"mode", o->fast ? "fast" : "icount", "pcpus", o->smp, "mem_mib", o->mem_mib,
		"dom0_vcpus", o->dom0_vcpus ? o->dom0_vcpus : o->smp, "dom0_mem_mib",
		o->dom0_mem_mib, "disk", boot_disk_names[o->disk], "net", boot_net_names[o->net],
		"trace", o->trace, "virtual_limit_s", o->timeout_s, "hypervisor_line",
		safe_string(hv), "dom0_line", safe_string(dom0));

	free(dom0);
	free(hv);
	return p;
}

json_t *report_manifest(const struct boot_options *o, const struct boot_images *images,
			char **argv)
{
	json_t *files = images_of(images), *m;
	char *commit;
	bool dirty;

	if (!files)
		return NULL;
	commit = checkout_commit(&dirty);
	m = json_pack("{s:i, s:s, s:b, s:s, s:b, s:s, s:{s:o, s:o, s:o}, s:o, s:i, s:b, s:o, s:o, s:[]}",
		      "schema_version", 1, "command", "boot", "complete", 0, "commit", commit,
		      "dirty", dirty, "hypervisor", o->xen ? "xen-4.17" : "orrery", "policies",
		      "sched", string_or_null(o->sched), "frames", string_or_null(o->frames),
		      "heap", string_or_null(o->heap), "parameters", parameters_of(o), "seed",
		      o->seed, "deterministic", boot_is_deterministic(o), "images", files, "qemu",
		      qemu_of(argv), "files");
	free(commit);
	return m;
}

void report_add_file(json_t *manifest, const struct run_dir *dir, const char *name)
{
	char *path;
	json_t *entry;

	if (asprintf(&path, "/proc/self/fd/%d/%s", dir->fd, name) < 0)
		abort();
	entry = image_of(path);
	free(path);
	if (!entry)
		return;
	json_object_set_new(entry, "name", safe_string(name));
	if (!strcmp(name, "trace.trc"))
		json_object_set(manifest, "trace_sha256", json_object_get(entry, "sha256"));
	json_array_append_new(json_object_get(manifest, "files"), entry);
}

static json_t *number_or_string(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (digits && !text[digits] && digits <= 18)
		return json_integer(strtoll(text, NULL, 10));
	return safe_string(text);
}

static json_t *ns_or_null(bool known, uint64_t ns)
{
	return known && ns <= INT64_MAX ? json_integer(ns) : json_null();
}

void report_finish(json_t *manifest, const struct boot_options *o, const struct vm_result *vm,
		   const struct console_log *log)
{
	const char *lost = console_log_value(log, "trace-records-lost");

	if (!json_object_get(manifest, "trace_sha256"))
		json_object_set_new(manifest, "trace_sha256", json_null());
	json_object_set_new(manifest, "trace_records_lost",
			    lost ? number_or_string(lost) : json_null());
	json_object_set_new(manifest, "exit",
			    json_pack("{s:s, s:i}", "reason", vm_end_names[vm->end],
				      "qemu_status", vm->qemu_status));
	json_object_set_new(manifest, "virtual_end_ns",
			    ns_or_null(log->has_end_tsc && !o->fast, log->end_tsc));
	json_object_set_new(manifest, "complete",
			    json_boolean(vm->end == VM_POWEROFF && log->init_ended));
}

static json_t *values_of(const struct console_log *log)
{
	json_t *values = json_object();

	for (size_t i = 0; i < log->nr_values; i++) {
		json_t *key = safe_string(log->values[i].key);
		const char *name = json_string_value(key);
		json_t *old = json_object_get(values, name);
		json_t *value = number_or_string(log->values[i].value);

		if (!old)
			json_object_set_new(values, name, value);
		else if (json_is_array(old))
			json_array_append_new(old, value);
		else
			json_object_set_new(values, name, json_pack("[O, o]", old, value));
		json_decref(key);
	}
	return values;
}

json_t *report_results(const struct boot_options *o, const struct console_log *log,
		       const char *verdict)
{
	json_t *klog = json_array();

	for (size_t i = 0; i < log->nr_klog; i++)
		json_array_append_new(klog, safe_string(log->klog[i]));
	return json_pack("{s:i, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "schema_version", 1,
			 "scenario", o->run, "hypervisor", o->xen ? "xen-4.17" : "orrery",
			 "verdict", verdict, "init_ns",
			 ns_or_null(log->has_init_tsc && !o->fast, log->init_tsc), "end_ns",
			 ns_or_null(log->has_end_tsc && !o->fast, log->end_tsc), "printk_offset_ns",
			 log->has_printk_offset && !o->fast ? json_integer(log->printk_offset_ns) : json_null(),
			 "values", values_of(log), "kernel_warnings", klog);
}

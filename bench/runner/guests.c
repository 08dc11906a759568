/* SPDX-License-Identifier: MIT */
/*
 * The guests of a boot (guests.h).  Paths of a configuration are looked up from the folder the
 * configuration is in, so that a run does not depend on where it is started.  A file that several
 * guests name is handed over once: a kernel costs its bytes once, and guests that name one disk
 * share it, as they would on a real host.  The archive is the same bytes for the same inputs.
 */
#include "bench/runner/guests.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/runner/command.h"
#include "bench/runner/cpio.h"
#include "bench/runner/file_text.h"
#include "bench/runner/guest_config.h"
#include "bench/runner/sha256.h"

#define CONFIG_MAX_BYTES 65536
#define GIVEN "guests/given"
/* What Dom0 needs beside the files, which it holds twice while it unpacks them. */
#define DOM0_OWN_MIB 192

struct file {
	char *path;
	uint64_t bytes;
	dev_t dev;
	ino_t ino;
};

struct guest {
	const char *source; /* the configuration, as named by the user */
	char *text;
	struct guest_config config;
	size_t *files; /* for each path of the configuration, its file */
};

struct guests {
	struct guest *list;
	size_t nr;
	struct file *files;
	size_t nr_files;
};

static char *read_config(const char *path, size_t *len)
{
	char *text = file_text(path, CONFIG_MAX_BYTES, len);

	if (text && !memchr(text, 0, *len))
		return text;
	if (!text && errno != EFBIG)
		complain("--guest %s: %s", path, strerror(errno));
	else
		complain("--guest %s: not the configuration of a guest", path);
	free(text);
	return NULL;
}

/* Index of the file @path, added if it is new; -errno if it cannot be handed over. */
static long file_index(struct guests *g, const char *path)
{
	struct stat st;

	if (stat(path, &st) || access(path, R_OK))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	for (size_t i = 0; i < g->nr_files; i++)
		if (g->files[i].dev == st.st_dev && g->files[i].ino == st.st_ino)
			return i;
	g->files = realloc(g->files, (g->nr_files + 1) * sizeof(*g->files));
	if (!g->files)
		abort();
	g->files[g->nr_files] = (struct file){ strdup(path), st.st_size, st.st_dev, st.st_ino };
	return g->nr_files++;
}

static bool find_files(struct guests *g, struct guest *guest)
{
	const struct guest_config *c = &guest->config;
	char *copy = strdup(guest->source), *folder = dirname(copy), path[PATH_MAX];
	bool ok = true;

	guest->files = calloc(c->nr_paths + 1, sizeof(*guest->files));
	for (size_t i = 0; ok && i < c->nr_paths; i++) {
		const struct guest_path *p = &c->paths[i];
		bool absolute = c->text[p->at] == '/';
		long file;

		snprintf(path, sizeof(path), "%s%s%.*s", absolute ? "" : folder, absolute ? "" : "/",
			 (int)p->len, c->text + p->at);
		file = file_index(g, path);
		if (file < 0)
			complain("--guest %s, line %u: %s: %s", guest->source, p->line, path,
				 strerror(-file));
		else
			guest->files[i] = file;
		ok = file >= 0;
	}
	free(copy);
	return ok;
}

static bool load_guest(struct guests *g, const char *source)
{
	struct guest *guest = &g->list[g->nr++];
	size_t len;

	guest->source = source;
	guest->text = read_config(source, &len);
	if (!guest->text)
		return false;
	if (!guest_config_parse(&guest->config, guest->text, len)) {
		if (guest->config.bad_line)
			complain("--guest %s, line %u: %s", source, guest->config.bad_line,
				 guest->config.why);
		else
			complain("--guest %s: %s", source, guest->config.why);
		return false;
	}
	for (struct guest *other = g->list; other < guest; other++)
		if (!strcmp(other->config.name, guest->config.name)) {
			complain("--guest %s: %s has the name '%s' too; give each its own", source,
				 other->source, guest->config.name);
			return false;
		}
	return find_files(g, guest);
}

static bool fits(const struct guests *g, const struct boot_options *o)
{
	uint64_t bytes = 0, need;

	for (size_t i = 0; i < g->nr_files; i++)
		bytes += g->files[i].bytes;
	need = (2 * bytes >> 20) + DOM0_OWN_MIB;
	if (need <= o->dom0_mem_mib)
		return true;
	complain("the guests' files are %llu MiB and Dom0 keeps them in memory: give --dom0-mem %llu "
		 "or more, and --mem for it and the guests",
		 (unsigned long long)bytes >> 20, (unsigned long long)need);
	return false;
}

struct guests *guests_load(const struct boot_options *o)
{
	struct guests *g = calloc(1, sizeof(*g));
	bool ok = true;

	if (!g || !(g->list = calloc(o->nr_guests + 1, sizeof(*g->list))))
		abort();
	for (unsigned i = 0; ok && i < o->nr_guests; i++)
		ok = load_guest(g, o->guests[i]);
	if (ok && fits(g, o))
		return g;
	guests_free(g);
	return NULL;
}

void guests_free(struct guests *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->nr; i++) {
		guest_config_free(&g->list[i].config);
		free(g->list[i].text);
		free(g->list[i].files);
	}
	for (size_t i = 0; i < g->nr_files; i++)
		free(g->files[i].path);
	free(g->files);
	free(g->list);
	free(g);
}

/* The configuration with Dom0's paths. */
static void write_config(struct cpio *c, const struct guest *guest)
{
	const struct guest_config *config = &guest->config;
	char *text = NULL, name[PATH_MAX];
	size_t len, from = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		abort();
	for (size_t i = 0; i < config->nr_paths; i++) {
		fwrite(config->text + from, 1, config->paths[i].at - from, f);
		fprintf(f, "/" GIVEN "/files/%zu", guest->files[i]);
		from = config->paths[i].at + config->paths[i].len;
	}
	fwrite(config->text + from, 1, config->len - from, f);
	fclose(f);
	snprintf(name, sizeof(name), GIVEN "/%s.cfg", config->name);
	cpio_bytes(c, name, text, len);
	free(text);
}

static void write_list(struct cpio *c, const struct guests *g)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		abort();
	for (size_t i = 0; i < g->nr; i++)
		fprintf(f, "%s\n", g->list[i].config.name);
	fclose(f);
	cpio_bytes(c, GIVEN "/list", text, len);
	free(text);
}

static int write_archive(const struct guests *g, FILE *out)
{
	char name[64];
	struct cpio c;

	cpio_begin(&c, out);
	cpio_folder(&c, "guests");
	cpio_folder(&c, GIVEN);
	cpio_folder(&c, GIVEN "/files");
	write_list(&c, g);
	for (size_t i = 0; i < g->nr; i++)
		write_config(&c, &g->list[i]);
	for (size_t i = 0; i < g->nr_files; i++) {
		snprintf(name, sizeof(name), GIVEN "/files/%zu", i);
		cpio_file(&c, name, g->files[i].path, g->files[i].bytes);
	}
	return cpio_end(&c);
}

static int copy_whole(const char *path, FILE *out)
{
	FILE *in = fopen(path, "rb");
	char part[65536];
	size_t n;
	int err = 0;

	if (!in)
		return -errno;
	while (!err && (n = fread(part, 1, sizeof(part), in)) > 0)
		err = fwrite(part, 1, n, out) == n ? 0 : -EIO;
	if (ferror(in))
		err = -EIO;
	fclose(in);
	return err;
}

int guests_write_initrd(const struct guests *g, const char *initrd, int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), err;
	FILE *out = fd < 0 ? NULL : fdopen(fd, "wb");

	if (!out)
		return -errno;
	err = copy_whole(initrd, out);
	if (!err)
		err = write_archive(g, out);
	if (fclose(out) && !err)
		err = -errno;
	return err;
}

static json_t *file_json(const char *path)
{
	char hex[SHA256_HEX_SIZE];
	uint64_t bytes;

	if (sha256_file(path, hex, &bytes))
		return json_null();
	return json_pack("{s:s, s:I}", "sha256", hex, "bytes", (json_int_t)bytes);
}

json_t *guests_json(const struct guests *g)
{
	json_t *list = json_array();

	for (size_t i = 0; g && i < g->nr; i++) {
		const struct guest *guest = &g->list[i];
		json_t *files = json_array();

		for (size_t p = 0; p < guest->config.nr_paths; p++)
			json_array_append_new(files, file_json(g->files[guest->files[p]].path));
		json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "name", guest->config.name,
						      "configuration", file_json(guest->source),
						      "files", files));
	}
	return list;
}

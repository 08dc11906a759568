/* SPDX-License-Identifier: MIT */
/*
 * The common part of all figures.  Scripts name their files relative to the
 * folder they are in, so `gnuplot NAME.gp` there draws them again.
 */
#include "analysis/plots/figure.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Distinct also for most colour-blind readers (after Okabe and Ito), then darker cousins. */
unsigned figure_colour(unsigned i)
{
	static const unsigned palette[FIGURE_COLOURS] = {
		0x0072b2, 0xe69f00, 0x009e73, 0xcc79a7, 0x56b4e9,
		0xd55e00, 0x7b5ea7, 0x8c8c00, 0x004d7a, 0x8f3b3b,
	};

	return palette[i % FIGURE_COLOURS];
}

static FILE *create(const struct plots_request *q, const char *name, const char *suffix,
		    char *error)
{
	char *path;
	FILE *f;

	if (asprintf(&path, "%s/%s.%s", q->dir, name, suffix) < 0)
		abort();
	f = fopen(path, "w");
	if (!f)
		snprintf(error, PLOTS_ERROR_MAX, "%s: %s", path, strerror(errno));
	free(path);
	return f;
}

/* In a double-quoted gnuplot string with enhanced markup. */
static void put_quoted(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (strchr("_^{}@&~", *s))
			fputs("\\\\", out);
		if (*s == '"' || *s == '\\')
			fputc('\\', out);
		if ((unsigned char)*s >= ' ')
			fputc(*s, out);
	}
}

static void put_title(FILE *gp, const struct plots_request *q, const char *what)
{
	const struct summary_title *t = &q->title;

	fputs("set title \"{/:Bold ", gp);
	put_quoted(gp, what);
	fputs("}\\n{/*0.85 policy ", gp);
	put_quoted(gp, t->policy ? t->policy : "not told");
	if (t->frames) {
		fputs(", frames ", gp);
		put_quoted(gp, t->frames);
	}
	if (t->run) {
		fputs(" — run ", gp);
		put_quoted(gp, t->run);
	}
	fputs("}\"\n", gp);
}

int figure_begin(struct figure *fig, const struct plots_request *q, const char *name,
		 const char *what, unsigned width, unsigned height, char *error)
{
	*fig = (struct figure){ .q = q, .name = name, .error = error };
	fig->tsv = create(q, name, "tsv", error);
	fig->gp = fig->tsv ? create(q, name, "gp", error) : NULL;
	if (!fig->gp) {
		figure_abandon(fig);
		return -EIO;
	}
	fprintf(fig->gp,
		"# %s: run `gnuplot %s.gp` in this folder to draw it again.\n"
		"width = %u; height = %u\n"
		"svg = \"set terminal svg size \".width.\",\".height.\" dynamic enhanced "
		"font 'DejaVu Sans,12' background '#ffffff'; set output '%s.svg'\"\n"
		"png = \"set terminal pngcairo size \".int(1.5*width).\",\".int(1.5*height).\" "
		"enhanced "
		"font 'DejaVu Sans,12' fontscale 1.5 background '#ffffff'; set output '%s.png'\"\n"
		"set encoding utf8\n"
		"set datafile separator tab\n"
		"set border 3 lc rgb '#606468'\n"
		"set tics nomirror out textcolor rgb '#303438'\n"
		"set grid xtics lt 1 lw 0.5 lc rgb '#dfe3e7'\n"
		"set key outside below horizontal Left reverse noenhanced samplen 1.5 height 1.2\n"
		"set xlabel offset 0,0.3\n",
		name, name, width, height, name, name);
	put_title(fig->gp, q, what);
	return 0;
}

void figure_abandon(struct figure *fig)
{
	if (fig->tsv)
		fclose(fig->tsv);
	if (fig->gp)
		fclose(fig->gp);
	fig->tsv = fig->gp = NULL;
}

static bool have_gnuplot(void)
{
	const char *path = getenv("PATH");
	char *copy = strdup(path ? path : "/usr/bin:/bin"), *save = NULL;
	bool found = false;

	for (char *dir = strtok_r(copy, ":", &save); dir && !found;
	     dir = strtok_r(NULL, ":", &save)) {
		char *file;

		if (asprintf(&file, "%s/gnuplot", dir) < 0)
			abort();
		found = !access(file, X_OK);
		free(file);
	}
	free(copy);
	return found;
}

static int render(struct figure *fig)
{
	char *script, *const argv[] = { "gnuplot", "-d", "run.gp", NULL };
	posix_spawn_file_actions_t actions;
	char *args[4];
	int status, rc;
	pid_t pid;

	if (!have_gnuplot()) {
		snprintf(
			fig->error, PLOTS_ERROR_MAX,
			"gnuplot is not installed (package gnuplot-nox): the figures' .gp and .tsv "
			"are in %s, `gnuplot *.gp` there draws them",
			fig->q->dir);
		return -ENOENT;
	}
	if (asprintf(&script, "%s.gp", fig->name) < 0)
		abort();
	memcpy(args, argv, sizeof(args));
	args[2] = script;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addchdir_np(&actions, fig->q->dir);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	rc = posix_spawnp(&pid, "gnuplot", &actions, NULL, args, environ);
	posix_spawn_file_actions_destroy(&actions);
	free(script);
	if (!rc && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	snprintf(fig->error, PLOTS_ERROR_MAX, "%s/%s.gp: gnuplot failed", fig->q->dir, fig->name);
	return -EIO;
}

int figure_end(struct figure *fig, const char *plot)
{
	bool bad;

	fprintf(fig->gp, "eval svg\nplot %s\neval png\nreplot\nset output\n", plot);
	bad = ferror(fig->tsv) || ferror(fig->gp);
	bad |= fclose(fig->tsv) != 0;
	bad |= fclose(fig->gp) != 0;
	fig->tsv = fig->gp = NULL;
	if (bad) {
		snprintf(fig->error, PLOTS_ERROR_MAX, "%s/%s.tsv: cannot write: %s", fig->q->dir,
			 fig->name, strerror(errno));
		return -EIO;
	}
	return render(fig);
}

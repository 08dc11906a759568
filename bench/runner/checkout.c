/* SPDX-License-Identifier: MIT */
/*
 * Finds the project and asks git about it (checkout.h).  Programs are run without a
 * shell and with their errors silenced; a missing git is not an error, the commit is
 * then the one the program was built from.
 */
#include "bench/runner/checkout.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef ORRERY_COMMIT
#define ORRERY_COMMIT "unknown"
#endif

static char root[PATH_MAX];

static void find_root(void)
{
	const char *home = getenv("ORRERY_HOME");
	ssize_t n = readlink("/proc/self/exe", root, sizeof(root) - 1);
	char *slash;

	if (home && *home) {
		snprintf(root, sizeof(root), "%s", home);
		return;
	}
	root[n > 0 ? n : 0] = 0;
	slash = strrchr(root, '/');
	if (slash)
		*slash = 0;
	slash = strrchr(root, '/');
	if (slash && slash > root && !strcmp(slash, "/build"))
		*slash = 0;
	else
		strcpy(root, ".");
}

const char *checkout_root(void)
{
	if (!*root)
		find_root();
	return root;
}

char *checkout_path(const char *relative)
{
	char *path;

	if (asprintf(&path, "%s/%s", checkout_root(), relative) < 0)
		abort();
	return path;
}

static char *read_all(int fd)
{
	size_t have = 0, room = 4096;
	char *buf = malloc(room);
	ssize_t n;

	if (!buf)
		abort();
	while ((n = read(fd, buf + have, room - have - 1)) > 0 || (n < 0 && errno == EINTR)) {
		have += n > 0 ? n : 0;
		if (room - have < 2) {
			room *= 2;
			buf = realloc(buf, room);
			if (!buf)
				abort();
		}
	}
	if (have && buf[have - 1] == '\n')
		have--;
	buf[have] = 0;
	return buf;
}

char *checkout_capture(char *const argv[])
{
	int fds[2], status = 0;
	char *text;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return NULL;
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		dup2(open("/dev/null", O_RDWR), STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(fds[1]);
	text = pid > 0 ? read_all(fds[0]) : NULL;
	close(fds[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (text && (!WIFEXITED(status) || WEXITSTATUS(status))) {
		free(text);
		text = NULL;
	}
	return text;
}

char *checkout_commit(bool *dirty)
{
	char *dir = strdup(checkout_root());
	char *head[] = { "git", "-C", dir, "rev-parse", "HEAD", NULL };
	char *status[] = { "git", "-C", dir, "status", "--porcelain", NULL };
	char *commit = checkout_capture(head), *changes = commit ? checkout_capture(status) : NULL;

	*dirty = changes && *changes;
	free(changes);
	free(dir);
	return commit ? commit : strdup(ORRERY_COMMIT);
}

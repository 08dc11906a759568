/* SPDX-License-Identifier: MIT */
/*
 * Parser of xl configurations (guest_config.h).  The text is a list of settings `KEY = VALUE`, one a
 * line or separated by semicolons; a value is a number, a quoted string or a list of values in
 * brackets, which may span lines; `#` begins a comment.  Files are named by `kernel`, `ramdisk` and
 * the targets of `disk` (xl-disk-configuration(5)); what lies in /dev is Dom0's own.  Called by
 * guests.c.
 */
#include "bench/runner/guest_config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX 32
#define DEPTH_MAX 4

struct scan {
	struct guest_config *c;
	size_t at;
	unsigned line;
	char key[KEY_MAX]; /* the setting whose value is read */
};

static bool wrong(struct scan *s, const char *why)
{
	s->c->bad_line = s->line;
	s->c->why = why;
	return false;
}

static int peek(const struct scan *s)
{
	return s->at < s->c->len ? (unsigned char)s->c->text[s->at] : -1;
}

/* Past blanks and comments; past the ends of lines too if @lines. */
static void skip(struct scan *s, bool lines)
{
	for (int ch = peek(s); ch >= 0; ch = peek(s)) {
		if (ch == '#') {
			while (peek(s) >= 0 && peek(s) != '\n')
				s->at++;
			continue;
		}
		if (ch == '\n' ? !lines : !isspace(ch))
			return;
		s->line += ch == '\n';
		s->at++;
	}
}

static void add_path(struct scan *s, size_t at, size_t len)
{
	struct guest_config *c = s->c;
	bool device = len > 5 && !memcmp(c->text + at, "/dev/", 5);

	if (!len || device)
		return;
	c->paths = realloc(c->paths, (c->nr_paths + 1) * sizeof(*c->paths));
	if (!c->paths)
		abort();
	c->paths[c->nr_paths++] = (struct guest_path){ at, len, s->line };
}

static bool starts(const char *text, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && !memcmp(text, with, n);
}

/* One word of a disk's description is its target unless it is an option or a later positional. */
static bool is_target(const char *word, size_t len, unsigned position)
{
	static const char *const flags[] = { "cdrom", "discard", "no-discard", "direct-io-safe" };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (len == strlen(flags[i]) && !memcmp(word, flags[i], len))
			return false;
	return !position && !memchr(word, '=', len);
}

static void disk_target(struct scan *s, size_t at, size_t len)
{
	static const char *const prefixes[] = { "file:", "phy:", "raw:", "tap:", "aio:" };
	const char *text = s->c->text;
	size_t end = at + len;

	for (unsigned position = 0; at < end; position++) {
		const char *comma;
		size_t word;

		while (at < end && isspace((unsigned char)text[at]))
			at++;
		comma = memchr(text + at, ',', end - at);
		word = (comma ? comma : text + end) - (text + at);
		if (starts(text + at, end - at, "target=")) {
			add_path(s, at + 7, end - at - 7);
			return;
		}
		if (is_target(text + at, word, position)) {
			for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
				if (starts(text + at, word, prefixes[i]))
					at += strlen(prefixes[i]), word -= strlen(prefixes[i]);
			add_path(s, at, word);
			return;
		}
		at += word + 1;
	}
}

static bool use_string(struct scan *s, size_t at, size_t len)
{
	struct guest_config *c = s->c;

	if (!strcmp(s->key, "bootloader"))
		return wrong(s, "there is no boot loader for guests: name a kernel instead");
	if (!strcmp(s->key, "disk")) {
		disk_target(s, at, len);
	} else if (!strcmp(s->key, "kernel") || !strcmp(s->key, "ramdisk")) {
		c->has_kernel |= s->key[0] == 'k';
		add_path(s, at, len);
	} else if (!strcmp(s->key, "name")) {
		free(c->name);
		c->name = strndup(c->text + at, len);
	}
	return true;
}

static bool string(struct scan *s)
{
	int quote = peek(s);
	size_t from = ++s->at;

	while (peek(s) != quote) {
		if (peek(s) < 0 || peek(s) == '\n')
			return wrong(s, "a string does not end on its line");
		if (peek(s) == '\\')
			return wrong(s, "a backslash in a string is not supported");
		s->at++;
	}
	s->at++;
	return use_string(s, from, s->at - 1 - from);
}

static bool value(struct scan *s, unsigned depth);

static bool list(struct scan *s, unsigned depth)
{
	s->at++;
	for (;;) {
		skip(s, true);
		if (peek(s) == ']')
			break;
		if (depth == DEPTH_MAX)
			return wrong(s, "lists are nested too deep");
		if (!value(s, depth + 1))
			return false;
		skip(s, true);
		if (peek(s) == ',')
			s->at++;
		else if (peek(s) != ']')
			return wrong(s, "a list needs a comma or ']' here");
	}
	s->at++;
	return true;
}

static bool value(struct scan *s, unsigned depth)
{
	int ch = peek(s);

	if (ch == '"' || ch == '\'')
		return string(s);
	if (ch == '[')
		return list(s, depth);
	if (ch < 0 || !isdigit(ch))
		return wrong(s, "a value is a number, a string in quotes or a list in brackets");
	while (isxdigit(peek(s)) || peek(s) == 'x')
		s->at++;
	return true;
}

static bool setting(struct scan *s)
{
	size_t n = 0;

	while (isalnum(peek(s)) || peek(s) == '_') {
		if (n == KEY_MAX - 1)
			return wrong(s, "no setting has so long a name");
		s->key[n++] = s->c->text[s->at++];
	}
	s->key[n] = 0;
	skip(s, false);
	if (peek(s) == '+')
		s->at++;
	if (!n || peek(s) != '=')
		return wrong(s, "a line has the form KEY = VALUE");
	s->at++;
	skip(s, false);
	if (!value(s, 0))
		return false;
	skip(s, false);
	if (peek(s) >= 0 && peek(s) != '\n' && peek(s) != ';')
		return wrong(s, "something follows the value");
	return true;
}

/* A name that can also be part of a file's. */
static bool name_ok(const char *name)
{
	return *name && *name != '.' && strlen(name) <= 48 &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")];
}

bool guest_config_parse(struct guest_config *c, const char *text, size_t len)
{
	struct scan s = { .c = c, .line = 1 };

	*c = (struct guest_config){ .text = text, .len = len };
	for (;;) {
		skip(&s, true);
		if (peek(&s) < 0)
			break;
		if (peek(&s) == ';')
			s.at++;
		else if (!setting(&s))
			return false;
	}
	s.line = 0;
	if (!c->name)
		return wrong(&s, "it has no name: add name = \"...\"");
	if (!name_ok(c->name))
		return wrong(&s, "its name may have letters, digits, '-', '_' and '.' only, at most 48");
	if (!c->has_kernel)
		return wrong(&s, "it has no kernel: add kernel = \"FILE\"");
	return true;
}

void guest_config_free(struct guest_config *c)
{
	free(c->name);
	free(c->paths);
	*c = (struct guest_config){ 0 };
}

/* SPDX-License-Identifier: MIT */
/*
 * Configurations of guests: which parts of the text are paths, what is refused and where.
 */
#include "bench/runner/guest_config.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static bool parse(struct guest_config *c, const char *text)
{
	return guest_config_parse(c, text, strlen(text));
}

static bool path_is(const struct guest_config *c, size_t i, const char *path, unsigned line)
{
	const struct guest_path *p = &c->paths[i];

	return i < c->nr_paths && p->len == strlen(path) && p->line == line &&
	       !memcmp(c->text + p->at, path, p->len);
}

Test(guest_config, a_stock_configuration)
{
	struct guest_config c;

	cr_assert(parse(&c, "# a guest\nname = 'web-1' ; memory = 0x80\n"
			    "kernel=\"/boot/vmlinuz\"\nramdisk = \"initrd.gz\" # here\n"
			    "vif = [ 'bridge=xenbr0',\n\t'mac=00:16:3e:00:00:01', ]\n"
			    "disk = [ 'format=raw, vdev=xvda, access=rw, target=/a,b.img',\n"
			    "  'phy:/dev/mmcblk0,xvdb,r', \"file:c.img,xvdc,w\" ]\n"));
	cr_assert_str_eq(c.name, "web-1");
	cr_assert_eq(c.nr_paths, 4);
	cr_assert(path_is(&c, 0, "/boot/vmlinuz", 3));
	cr_assert(path_is(&c, 1, "initrd.gz", 4));
	cr_assert(path_is(&c, 2, "/a,b.img", 7));
	cr_assert(path_is(&c, 3, "c.img", 8));
	guest_config_free(&c);
}

Test(guest_config, forms_of_a_disk)
{
	static const struct {
		const char *disk, *path;
	} forms[] = {
		{ "d.img", "d.img" },
		{ "d.img,raw,xvda,rw", "d.img" },
		{ "vdev=xvda,target=d.img", "d.img" },
		{ "raw:d.img,xvda,w", "d.img" },
		{ "cdrom,vdev=xvdc", NULL },
		{ "phy:/dev/sda,xvda,w", NULL },
		{ "", NULL },
	};
	char text[128];

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct guest_config c;

		snprintf(text, sizeof(text), "name='n'\nkernel='k'\ndisk=['%s']", forms[i].disk);
		cr_assert(parse(&c, text), "%s", text);
		cr_assert_eq(c.nr_paths, forms[i].path ? 2 : 1, "%s", text);
		cr_assert(!forms[i].path || path_is(&c, 1, forms[i].path, 3), "%s", text);
		guest_config_free(&c);
	}
}

Test(guest_config, refused_with_the_line)
{
	static const struct {
		const char *text;
		unsigned line;
	} wrong[] = {
		{ "", 0 },
		{ "name='n'", 0 },
		{ "kernel='k'", 0 },
		{ "name='n/../m'\nkernel='k'", 0 },
		{ "name='n'\nkernel='k", 2 },
		{ "name='n'\nkernel", 2 },
		{ "name='n'\nkernel=k", 2 },
		{ "name='n' kernel='k'", 1 },
		{ "\n\nvif=[ 'a' 'b' ]", 3 },
		{ "vif=[ 'a',\n'b'\n", 3 },
		{ "vif=[[[[[[['a']]]]]]]", 1 },
		{ "=3", 1 },
		{ "name='a\\'b'", 1 },
		{ "name='n'\nbootloader='pygrub'", 2 },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct guest_config c;

		cr_assert_not(parse(&c, wrong[i].text), "%s", wrong[i].text);
		cr_assert_eq(c.bad_line, wrong[i].line, "%s: line %u", wrong[i].text, c.bad_line);
		cr_assert(c.why && *c.why);
		guest_config_free(&c);
	}
}

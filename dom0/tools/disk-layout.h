/* SPDX-License-Identifier: MIT */
/*
 * Layout of the experiment disk: the raw image that QEMU shows to Dom0 as an SD
 * card, a virtio disk or a SATA disk.  The host side (bench/runner/disk.c) makes
 * it and reads it after the run; dom0/tools/disk-tool.c works on it in Dom0.
 * Four areas: a header sector, a pattern Dom0 verifies, a scratch area Dom0
 * writes and the host verifies, and an append-only area through which files
 * (traces, logs) leave Dom0.  Everything is little-endian; every field read from
 * a disk is untrusted and is range-checked by its reader.
 */
#ifndef ORRERY_DOM0_DISK_LAYOUT_H
#define ORRERY_DOM0_DISK_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#define DISK_SECTOR 512u
#define DISK_MAGIC "ORRDISK1"
#define DISK_ENTRY_MAGIC "ORRENTRY"
#define DISK_NAME_MAX 64

/* Sector 0.  Offsets and sizes are in bytes and multiples of DISK_SECTOR. */
struct disk_header {
	char magic[8];
	uint64_t seed; /* of the pattern; the scratch area uses ~seed */
	uint64_t pattern_at, pattern_bytes;
	uint64_t scratch_at, scratch_bytes;
	uint64_t out_at, out_bytes;
};

/*
 * One sector in front of each file in the out area; the data follows, padded to a
 * sector, and the next entry after it.  A sector without the magic ends the list.
 * @complete stays 0 while the data is being written: length and checksum count
 * only once it is 1.
 */
struct disk_entry {
	char magic[8];
	uint64_t complete;
	uint64_t length;   /* bytes of data, without padding */
	uint64_t checksum; /* disk_checksum() of the data */
	char name[DISK_NAME_MAX]; /* [A-Za-z0-9._-]+, NUL-terminated */
};

/* The word at index @n of an area filled from @seed (SplitMix64's finaliser). */
static inline uint64_t disk_pattern_word(uint64_t seed, uint64_t n)
{
	uint64_t z = seed + (n + 1) * 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

#define DISK_CHECKSUM_START 0xcbf29ce484222325ull

/* FNV-1a over @len bytes, continuing from @sum (DISK_CHECKSUM_START at first). */
static inline uint64_t disk_checksum(uint64_t sum, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len--)
		sum = (sum ^ *p++) * 0x100000001b3ull;
	return sum;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * LZMA2 chunks.  A chunk begins with a control byte:
 *   0x00        end of the stream
 *   0x01, 0x02  stored bytes, with and without a fresh dictionary
 *   0x80-0xff   LZMA: bits 6-5 say what is reset (nothing; state; state and
 *               properties; these and the dictionary), bits 4-0 are bits 20-16
 *               of the output size less one
 * then the output size less one (16 bits, high byte first), and for LZMA the
 * input size less one and, if reset, the properties byte.
 */
#include "boot/decompress/lzma2.h"

#define CONTROL_END 0x00
#define CONTROL_STORED_FRESH 0x01
#define CONTROL_STORED 0x02
#define CONTROL_LZMA 0x80
#define CONTROL_LZMA_RESET 0xa0
#define CONTROL_LZMA_PROPERTIES 0xc0
#define CONTROL_LZMA_FRESH 0xe0

#define STORED_HEADER 3
#define LZMA_HEADER 5

/* What earlier chunks leave to the next ones. */
struct chunk_state {
	const u8 *dict;
	bool need_dict, need_properties, need_reset;
};

static int decode_stored(struct dec_io *io)
{
	size_t len;

	if (dec_in_left(io) < STORED_HEADER)
		return -ENODATA;
	len = load_be(io->in + 1, 2) + 1;
	io->in += STORED_HEADER;
	if (dec_in_left(io) < len)
		return -ENODATA;
	if (dec_out_left(io) < len)
		return -ENOSPC;
	memcpy(io->out, io->in, len);
	io->in += len;
	io->out += len;
	return 0;
}

static int apply_resets(struct lzma2 *l2, struct chunk_state *cs, u8 control, u8 properties)
{
	if (control >= CONTROL_LZMA_PROPERTIES) {
		int err = lzma_set_properties(&l2->lzma, properties);

		if (err)
			return err;
		cs->need_properties = false;
	}
	if (cs->need_properties)
		return -EINVAL;
	if (control >= CONTROL_LZMA_RESET) {
		lzma_reset(&l2->lzma);
		cs->need_reset = false;
	}
	return cs->need_reset ? -EINVAL : 0;
}

static int decode_lzma(struct lzma2 *l2, struct dec_io *io, struct chunk_state *cs, u8 control)
{
	size_t header = LZMA_HEADER + (control >= CONTROL_LZMA_PROPERTIES);
	size_t in_len, out_len;
	const u8 *in;
	int err;

	if (dec_in_left(io) < header)
		return -ENODATA;
	out_len = ((control & 0x1fUL) << 16 | load_be(io->in + 1, 2)) + 1;
	in_len = load_be(io->in + 3, 2) + 1;
	err = apply_resets(l2, cs, control, io->in[header - 1]);
	if (err)
		return err;
	io->in += header;
	if (dec_in_left(io) < in_len)
		return -ENODATA;
	if (dec_out_left(io) < out_len)
		return -ENOSPC;
	in = io->in;
	if (dec_in_left(io) < in_len + LZMA_IN_SLACK) {
		memcpy(l2->tail, in, in_len);
		memset(l2->tail + in_len, 0, LZMA_IN_SLACK);
		in = l2->tail;
	}
	io->in += in_len;
	return lzma_decode(&l2->lzma, io, in, in_len, out_len, cs->dict);
}

static int decode_chunk(struct lzma2 *l2, struct dec_io *io, struct chunk_state *cs, u8 control)
{
	if (control > CONTROL_STORED && control < CONTROL_LZMA)
		return -EINVAL;
	if (control == CONTROL_STORED_FRESH || control >= CONTROL_LZMA_FRESH) {
		cs->dict = io->out;
		cs->need_dict = false;
		cs->need_properties = true;
	}
	if (cs->need_dict)
		return -EINVAL;
	if (control < CONTROL_LZMA)
		return decode_stored(io);
	return decode_lzma(l2, io, cs, control);
}

int lzma2_decode(struct lzma2 *l2, struct dec_io *io)
{
	struct chunk_state cs = {
		.dict = io->out, .need_dict = true, .need_properties = true, .need_reset = true,
	};

	lzma_init(&l2->lzma);
	while (io->in < io->in_end) {
		u8 control = *io->in;
		int err;

		if (control == CONTROL_END) {
			io->in++;
			return 0;
		}
		err = decode_chunk(l2, io, &cs, control);
		if (err)
			return err;
	}
	return -ENODATA;
}

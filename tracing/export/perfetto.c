/* SPDX-License-Identifier: MIT */
/*
 * Perfetto's native format: a protobuf of TracePackets, for ui.perfetto.dev.
 * One track a pCPU (slices: which vCPU runs) and one a vCPU (slices: its
 * runstates; instants: hypercalls and traps).  Field numbers are those of
 * Perfetto's published protos; only a handful of messages is needed, so they
 * are written by hand.
 */
#include "tracing/export/export.h"

#include <errno.h>
#include <string.h>

#include "tracing/decode/model.h"
#include "tracing/decode/names.h"

/* Trace.packet; TracePacket.timestamp, .trusted_packet_sequence_id, .track_event,
 * .sequence_flags, .track_descriptor; TrackEvent.type, .track_uuid, .name;
 * TrackDescriptor.uuid, .name, .parent_uuid. */
enum {
	TRACE_PACKET = 1,
	PACKET_TIMESTAMP = 8, PACKET_SEQUENCE = 10, PACKET_EVENT = 11, PACKET_FLAGS = 13,
	PACKET_TRACK = 60,
	EVENT_TYPE = 9, EVENT_TRACK = 11, EVENT_NAME = 23,
	TRACK_UUID = 1, TRACK_NAME = 2, TRACK_PARENT = 5,
};
enum { SLICE_BEGIN = 1, SLICE_END = 2, INSTANT = 3 };

#define PCPU_GROUP 1
#define VCPU_GROUP 2
#define PCPU_TRACK(cpu) (0x100000000ull + (cpu))
#define VCPU_TRACK(index) (0x200000000ull + (index))

struct message {
	u8 b[512];
	unsigned n;
};

static void put_varint(struct message *m, u64 v)
{
	do {
		m->b[m->n++] = (v & 0x7f) | (v > 0x7f ? 0x80 : 0);
		v >>= 7;
	} while (v);
}

static void put_number(struct message *m, unsigned field, u64 v)
{
	put_varint(m, field << 3);
	put_varint(m, v);
}

static void put_bytes(struct message *m, unsigned field, const void *data, unsigned n)
{
	put_varint(m, field << 3 | 2);
	put_varint(m, n);
	memcpy(m->b + m->n, data, n);
	m->n += n;
}

static void put_text(struct message *m, unsigned field, const char *s)
{
	put_bytes(m, field, s, MIN(strlen(s), 120));
}

struct perfetto {
	FILE *out;
	struct model *model;
	u64 hz;
	u32 tracks;  /* vCPU tracks described so far */
	bool begun;  /* the first packet says that the sequence starts */
};

static void write_packet(struct perfetto *p, struct message *packet)
{
	struct message head = { .n = 0 };

	put_number(packet, PACKET_SEQUENCE, 1);
	if (!p->begun)
		put_number(packet, PACKET_FLAGS, 1);
	p->begun = true;
	put_varint(&head, TRACE_PACKET << 3 | 2);
	put_varint(&head, packet->n);
	fwrite(head.b, head.n, 1, p->out);
	fwrite(packet->b, packet->n, 1, p->out);
}

static void describe_track(struct perfetto *p, u64 uuid, u64 parent, const char *name)
{
	struct message track = { .n = 0 }, packet = { .n = 0 };

	put_number(&track, TRACK_UUID, uuid);
	put_text(&track, TRACK_NAME, name);
	if (parent)
		put_number(&track, TRACK_PARENT, parent);
	put_bytes(&packet, PACKET_TRACK, track.b, track.n);
	write_packet(p, &packet);
}

static u64 ns_of(const struct perfetto *p, u64 tsc)
{
	u64 first = p->model->first_tsc;

	return tsc <= first ? 0 : (u64)((unsigned __int128)(tsc - first) * 1000000000 / p->hz);
}

static void put_event(struct perfetto *p, u64 tsc, unsigned type, u64 track, const char *name)
{
	struct message event = { .n = 0 }, packet = { .n = 0 };

	put_number(&event, EVENT_TYPE, type);
	put_number(&event, EVENT_TRACK, track);
	if (name)
		put_text(&event, EVENT_NAME, name);
	put_number(&packet, PACKET_TIMESTAMP, ns_of(p, tsc));
	put_bytes(&packet, PACKET_EVENT, event.b, event.n);
	write_packet(p, &packet);
}

static void know_vcpus(struct perfetto *p)
{
	char name[16];

	for (; p->tracks < p->model->vcpu_count; p->tracks++)
		describe_track(p, VCPU_TRACK(p->tracks), VCPU_GROUP,
			       model_vcpu_name(&p->model->vcpus[p->tracks], name, sizeof(name)));
}

static void interval(void *ctx, const struct model_interval *i)
{
	struct perfetto *p = ctx;
	const struct model_vcpu *v = &p->model->vcpus[i->vcpu];
	char name[16];

	if (v->domid == MODEL_IDLE_DOMID)
		return;
	know_vcpus(p);
	put_event(p, i->from, SLICE_BEGIN, VCPU_TRACK(i->vcpu), model_state_name(i->state));
	put_event(p, i->to, SLICE_END, VCPU_TRACK(i->vcpu), NULL);
	if (i->state != MODEL_RUNNING)
		return;
	put_event(p, i->from, SLICE_BEGIN, PCPU_TRACK(i->cpu),
		  model_vcpu_name(v, name, sizeof(name)));
	put_event(p, i->to, SLICE_END, PCPU_TRACK(i->cpu), NULL);
}

static void instant(struct perfetto *p, const struct trace_record *rec)
{
	s32 who = model_running(p->model, rec->cpu);
	u32 op = rec->data[0] & ~TRC_PV_HYPERCALL_V2_ARG_MASK;
	const char *name = NULL, *sub = NULL;
	char text[96];

	if (who < 0)
		return;
	if (rec->event == TRACE_EV_hypercall) {
		name = hypercall_name(op);
		sub = hypercall_sub_arg(op) == 0 && rec->words > 1
			      ? hypercall_sub_name(op, rec->data[1])
			      : NULL;
	} else if (rec->event == TRACE_EV_pv_trap) {
		name = trap_name(rec->data[2] & 0x7fff);
	} else if (rec->event >= 0 && trace_class_of(rec->id) == TRACE_CLASS_PV &&
		   rec->event != TRACE_EV_hypercall_subcall) {
		name = trace_events[rec->event].name;
	}
	if (!name)
		return;
	know_vcpus(p);
	snprintf(text, sizeof(text), "%s%s%s", name, sub ? ":" : "", sub ? sub : "");
	put_event(p, rec->tsc, INSTANT, VCPU_TRACK(who), text);
}

static void describe_pcpus(struct perfetto *p, u32 cpus, const char *policy)
{
	char name[160];

	snprintf(name, sizeof(name), "pCPUs (policy %.100s)", policy ? policy : "not told");
	describe_track(p, PCPU_GROUP, 0, name);
	describe_track(p, VCPU_GROUP, 0, "vCPUs");
	for (u32 cpu = 0; cpu < cpus; cpu++) {
		snprintf(name, sizeof(name), "p%u", cpu);
		describe_track(p, PCPU_TRACK(cpu), PCPU_GROUP, name);
	}
}

int trace_export_perfetto(struct trace_file *f, u64 tsc_hz, const char *policy, const char *out,
			  char *error)
{
	FILE *to = trace_export_open(out, error);
	struct trace_record rec;
	struct model m;
	struct perfetto p = { .out = to, .model = &m, .hz = tsc_hz };

	if (!to)
		return -EIO;
	model_init(&m, interval, &p);
	describe_pcpus(&p, f->cpus, policy);
	model_begin(&m, f);
	while (trace_file_next(f, &rec) == TRACE_RECORD) {
		instant(&p, &rec);
		model_apply(&m, &rec);
	}
	model_finish(&m);
	model_free(&m);
	return trace_export_close(to, out, error);
}

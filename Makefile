# Orrery: builds the hypervisor, the host command, the Dom0 tools and image, and runs the tests.
# `make help` explains the targets.  Everything built lands in build/, every result in out/.

B := build
V ?= 0
Q := $(if $(filter 0,$(V)),@,)
say = @printf '  %-8s %s\n' $(1) $(2)
CC ?= gcc
MAKEFLAGS += --no-builtin-rules -j$(shell nproc)

WARN := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wno-sign-compare -Wno-unused-parameter -Werror
XEN_IFACE := -D__XEN_TOOLS__ -D__XEN_INTERFACE_VERSION__=0x00041100
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

HV_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fpie -fvisibility=hidden -mno-red-zone \
	-mgeneral-regs-only -fno-stack-protector -fno-strict-aliasing -fno-asynchronous-unwind-tables \
	-fno-omit-frame-pointer -fcf-protection=none -fno-common -ffunction-sections -mcmodel=small -mpreferred-stack-boundary=3 -fno-jump-tables \
	$(WARN) $(XEN_IFACE) -Ihv -I. -I$(B)/gen -include hv/x86/visibility.h
not_tests = $(filter-out %_test.c,$(wildcard $(1)))
HV_SRC := $(call not_tests,hv/*/*.c hv/*/*/*.c sched-policies/policies/*.c sched-policies/liars/*.c)
HV_SRC := $(filter-out hv/x86/asm-offsets.c,$(HV_SRC))
HV_ASM := $(filter-out hv/x86/container.S,$(wildcard hv/*/*.S))
HV_OBJ := $(HV_SRC:%.c=$(B)/hv/%.o) $(HV_ASM:%.S=$(B)/hv/%.S.o)

CLI_SRC := $(call not_tests,bench/runner/*.c tracing/decode/*.c tracing/export/*.c analysis/*/*.c) hv/lib/sha256.c \
	$(call not_tests,hv/sched/engine/*.c sched-policies/policies/*.c sched-policies/simulator/*.c bench/workloads/*.c) \
	hv/lib/cmdline.c hv/lib/parse.c hv/lib/printf.c hv/lib/tree.c hv/time/heap.c
HOST_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g $(WARN) $(XEN_IFACE) -Ihv -I. -I$(B)/gen -DORRERY_COMMIT='"$(COMMIT)"'
# Same bytes wherever and whenever they are built: no debug paths, no commit.
DOM0_CFLAGS := $(filter-out -g -DORRERY_COMMIT=%,$(HOST_CFLAGS)) -s -Wl,--build-id=none
CLI_OBJ := $(CLI_SRC:%.c=$(B)/cli/%.o)
DOM0_TOOLS := $(patsubst dom0/tools/%.c,$(B)/dom0-tools/%,$(wildcard dom0/tools/*.c))
COLLECTOR_SRC := $(call not_tests,tracing/collector/*.c)

TEST_SRC := $(shell find hv sched-policies tracing analysis bench dom0 -name '*_test.c' | LC_ALL=C sort)
PURE_SRC := $(filter-out hv/lib/string.c,$(call not_tests,hv/lib/*.c hv/boot/decompress/*.c hv/alloc-policies/*.c \
	hv/alloc-policies/*/*.c hv/sched/engine/*.c sched-policies/policies/*.c sched-policies/simulator/*.c bench/workloads/*.c sched-policies/api/*.c \
	tracing/decode/*.c tracing/export/*.c analysis/metrics/*.c analysis/load/*.c)) \
	$(wildcard tracing/collector/drain.c hv/boot/kernel-image.c hv/boot/kernel-elf.c hv/boot/kernel-notes.c hv/boot/dom0-layout.c hv/trace/ring.c hv/time/heap.c hv/pv/decode.c hv/pv/pit.c hv/memory/frame-type.c)
PURE_SRC += $(addprefix bench/runner/,sha256.c file_text.c console_log.c logdiff.c machine.c boot_options.c disk.c complain.c guest_config.c cpio.c)
TEST_CFLAGS := $(HOST_CFLAGS) -DHOST_TEST -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -Wno-missing-prototypes
TEST_OBJ := $(TEST_SRC:%.c=$(B)/test/%.o) $(PURE_SRC:%.c=$(B)/test/%.o)

.PHONY: all help new-policy hv cli dom0-tools image dom0-image guests test test-host test-all demo bench header clean FORCE
all: hv cli

# Debian packages the build needs: installed as root or with sudo, else named in one line.
$(B)/.packages: .ci/packages.txt
	@mkdir -p $(B)
	@.ci/packages.sh && touch $@

help:
	@sed -n 's/^## //p' Makefile

## make            the hypervisor (build/orrery-hv) and the host command (build/orrery)
hv: $(B)/orrery-hv
cli: $(B)/orrery $(B)/qemu/repeatable.so $(B)/qemu/hasty-clock.so

-include $(shell find $(B) -path $(B)/dom0 -prune -o -path $(B)/cache -prune -o -type f -name '*.d' -print 2>/dev/null)

$(B)/gen/asm-offsets.h: hv/x86/asm-offsets.c | $(B)/.packages
	$(call say,GEN,$@)
	@mkdir -p $(dir $@)
	$(Q)$(CC) $(HV_CFLAGS) -MMD -MP -MT $@ -MF $@.d -S -o $(B)/gen/asm-offsets.s $<
	$(Q)sed -n 's/^.*=> *\([A-Z0-9a-z_]*\) \$$\?\(-\?[0-9]*\).*/#define \1 \2/p' $(B)/gen/asm-offsets.s > $@

$(B)/gen/version.h: FORCE
	@mkdir -p $(dir $@)
	@echo '#define ORRERY_COMMIT "$(COMMIT)"' | cmp -s - $@ || echo '#define ORRERY_COMMIT "$(COMMIT)"' > $@
FORCE:

# Headers that are made have to be there first; who includes them is in the .d files.
$(B)/hv/%.o: %.c | $(B)/gen/asm-offsets.h $(B)/gen/version.h
	$(call say,CC,$<)
	@mkdir -p $(dir $@)
	$(Q)$(CC) $(HV_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/hv/%.S.o: %.S | $(B)/gen/asm-offsets.h
	$(call say,AS,$<)
	@mkdir -p $(dir $@)
	$(Q)$(CC) $(HV_CFLAGS) -D__ASSEMBLER__ -MMD -MP -c -o $@ $<

# Linked twice: the second time with the symbol table made from the first.
LDFLAGS_HV := -nostdlib -static -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -Wl,--build-id=none -Wl,--no-warn-rwx-segments -T hv/x86/hv.lds
$(B)/hv/orrery.elf: $(HV_OBJ) hv/x86/hv.lds hv/console/symbols.awk
	$(call say,LD,$@)
	$(Q)echo '.section .symbols,"a"' > $(B)/hv/symbols0.S
	$(Q)$(CC) -c -o $(B)/hv/symbols0.o $(B)/hv/symbols0.S
	$(Q)$(CC) $(LDFLAGS_HV) -o $(B)/hv/pass1.elf $(HV_OBJ) $(B)/hv/symbols0.o
	$(Q)nm -n $(B)/hv/pass1.elf | awk -f hv/console/symbols.awk > $(B)/hv/symbols.S
	$(Q)$(CC) -c -o $(B)/hv/symbols.o $(B)/hv/symbols.S
	$(Q)$(CC) $(LDFLAGS_HV) -o $@ $(HV_OBJ) $(B)/hv/symbols.o

# QEMU's -kernel takes a 32-bit ELF only: the flat image in a 32-bit container.  Its bss is all of
# the memory image that the flat file does not hold: the loader puts its own data right behind.
$(B)/orrery-hv: $(B)/hv/orrery.elf hv/x86/container.S hv/x86/container.lds
	$(call say,CONTAIN,$@)
	$(Q)objcopy -O binary $< $(B)/hv/orrery.bin
	$(Q)$(CC) -m32 -c -DIMAGE='"$(B)/hv/orrery.bin"' -DBSS_BYTES=$$((0x$$(nm $< | awk '$$3=="__image_end"{print substr($$1,9)}') - 0x$$(nm $< | awk '$$3=="__image_start"{print substr($$1,9)}') - $$(stat -c %s $(B)/hv/orrery.bin))) \
		-o $(B)/hv/container.o hv/x86/container.S
	$(Q)ld -m elf_i386 -n --build-id=none --no-warn-rwx-segments -T hv/x86/container.lds -o $@ $(B)/hv/container.o

$(B)/cli/%.o: %.c | $(B)/.packages
	$(call say,HOSTCC,$<)
	@mkdir -p $(dir $@)
	$(Q)$(CC) $(HOST_CFLAGS) -MMD -MP -c -o $@ $<
$(B)/orrery: $(CLI_OBJ)
	$(call say,HOSTLD,$@)
	$(Q)$(CC) -o $@ $^ -ljansson -lm

# What the runner has QEMU load.
$(B)/qemu/repeatable.so: bench/qemu/stepped-clock.c bench/qemu/main-loop.c
$(B)/qemu/hasty-clock.so: bench/qemu/hasty-clock.c
$(B)/qemu/%.so: | $(B)/.packages
	$(call say,HOSTCC,$@)
	@mkdir -p $(dir $@)
	$(Q)$(CC) $(HOST_CFLAGS) -fPIC -shared -o $@ $^

$(B)/dom0-tools/%: dom0/tools/%.c | $(B)/.packages
	$(call say,DOM0CC,$<)
	@mkdir -p $(dir $@)
	$(Q)$(CC) $(DOM0_CFLAGS) -static -o $@ $<
$(B)/dom0-tools/trace-collector: $(COLLECTOR_SRC) | $(B)/.packages
	$(call say,DOM0CC,$@)
	@mkdir -p $(dir $@)
	$(Q)$(CC) $(DOM0_CFLAGS) -o $@ $^ -lxenctrl -lxenevtchn -lxenforeignmemory
dom0-tools: $(DOM0_TOOLS) $(if $(COLLECTOR_SRC),$(B)/dom0-tools/trace-collector)

## make image      the Dom0 image and the test guests (build/dom0) from Debian packages
image: dom0-image guests
	$(Q)dom0/guests/build.sh $(B)
dom0-image: dom0-tools
	$(Q)dom0/image/build.sh $(B)

$(B)/test/%.o: %.c | $(B)/.packages
	$(call say,TESTCC,$<)
	@mkdir -p $(dir $@)
	$(Q)$(CC) $(TEST_CFLAGS) -MMD -MP -c -o $@ $<
$(B)/test/host-tests: $(TEST_OBJ)
	$(call say,TESTLD,$@)
	$(Q)$(CC) -fsanitize=address,undefined -o $@ $^ -lcriterion -ljansson -lm

# The explorer: small simulations that are copied a lot, in memory of its own.
EXPLORE_SRC := $(call not_tests,hv/sched/engine/*.c sched-policies/policies/*.c sched-policies/simulator/sim.c \
	sched-policies/simulator/seam.c sched-policies/simulator/check.c sched-policies/simulator/trace-out.c \
	sched-policies/simulator/explore/*.c bench/workloads/*.c) hv/lib/cmdline.c hv/lib/parse.c hv/lib/printf.c hv/time/heap.c
EXPLORE_OBJ := $(EXPLORE_SRC:%.c=$(B)/explore/%.o)
$(B)/explore/%.o: %.c | $(B)/.packages
	$(call say,HOSTCC,$<)
	@mkdir -p $(dir $@)
	$(Q)$(CC) $(HOST_CFLAGS) -DPOLICY_MAX_PCPUS=64 -MMD -MP -c -o $@ $<
$(B)/explore/explore: $(EXPLORE_OBJ)
	$(call say,HOSTLD,$@)
	$(Q)$(CC) -Wl,--wrap=calloc,--wrap=realloc,--wrap=free -o $@ $^

# What decisions cost, counted: the engine and the policies report each basic block.
COUNTED_SRC := $(call not_tests,hv/sched/engine/*.c sched-policies/policies/*.c) hv/lib/tree.c
COST_SRC := $(COUNTED_SRC) $(addprefix sched-policies/simulator/,sim.c seam.c check.c trace-out.c cost/main.c) \
	bench/workloads/programs.c hv/lib/cmdline.c hv/lib/parse.c hv/lib/printf.c hv/time/heap.c
$(COUNTED_SRC:%.c=$(B)/cost/%.o): HOST_CFLAGS += -fsanitize-coverage=trace-pc
$(B)/cost/%.o: %.c | $(B)/.packages
	$(call say,HOSTCC,$<)
	@mkdir -p $(dir $@)
	$(Q)$(CC) $(HOST_CFLAGS) -MMD -MP -c -o $@ $<
$(B)/cost/cost: $(COST_SRC:%.c=$(B)/cost/%.o)
	$(call say,HOSTLD,$@)
	$(Q)$(CC) -o $@ $^

## make test-host  the host tests alone (Criterion, ASan and UBSan), under a minute
test-host: $(B)/test/host-tests
	$(Q)$(B)/test/host-tests -j2

## make test       all tests that fit half an hour: host, tree, boot and stack tests
## make test-all   the long ones too
test: all dom0-tools guests image $(B)/test/host-tests
	$(Q)bench/runner/test.sh
test-all: all dom0-tools guests image $(B)/test/host-tests
	$(Q)bench/runner/test.sh --all

## make new-policy NAME=x   a scheduler policy and its page from the template
new-policy:
	@sched-policies/new-policy.sh "$(NAME)"

## make demo       boots Debian under two schedulers, traced, and draws what the hypervisor did
demo: all dom0-image
	$(Q)bench/runner/demo.sh

## make bench      instructions per operation against the recorded baseline
bench: all guests
	$(Q)$(B)/orrery bench micro

# One header of hv/ on its own: used by the checks of the tree.
header: $(B)/gen/asm-offsets.h $(B)/gen/version.h
	@echo '#include "$(HEADER)"' | $(CC) $(HV_CFLAGS) -fsyntax-only -x c -

## make clean      removes what was built; keeps the Dom0 image and downloaded packages
clean:
	rm -rf $(B)/hv $(B)/cli $(B)/test $(B)/gen $(B)/guests $(B)/orrery $(B)/orrery-hv $(B)/dom0-tools $(B)/qemu

# Bench guests: freestanding, one binary a platform and suite.  What a guest boots names no directory and no
# temporary file, so it is the same bytes whoever builds it; build/guest-symbols/NAME is for the debugger.
GUEST_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-pic -mcmodel=kernel -mno-red-zone -mgeneral-regs-only \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none $(WARN) $(XEN_IFACE) -I. -include hv/x86/visibility.h
PV_GUEST_COMMON := bench/guests/lib.c bench/guests/pv/platform.c
GUESTS := $(B)/guests/micro-pv $(B)/guests/tiny-pv $(B)/guests/hostile-pv \
	$(B)/guests/events-pv $(B)/guests/grants-pv $(B)/guests/workload-pv $(B)/guests/state-pv \
	$(B)/guests/survey-pv $(B)/guests/nmi-pv $(B)/guests/fuzz-pv
$(B)/guests/micro-pv: bench/guests/pv/head.S $(PV_GUEST_COMMON) bench/guests/micro.c bench/guests/pv/ops.c bench/guests/pv/ops-grants.c
$(B)/guests/workload-pv: bench/guests/pv/head.S bench/guests/pv/smp.S $(PV_GUEST_COMMON) bench/guests/pv/smp.c $(wildcard bench/guests/pv/workload*.c) $(call not_tests,bench/workloads/*.c)
$(B)/guests/tiny-pv: bench/guests/pv/head.S $(PV_GUEST_COMMON) bench/guests/pv/tiny.c bench/guests/pv/dirty.c bench/guests/pv/tiny.h
$(B)/guests/state-pv: bench/guests/pv/head.S bench/guests/pv/smp.S $(PV_GUEST_COMMON) bench/guests/pv/smp.c bench/guests/pv/verdict.c $(wildcard bench/guests/pv/state*.c)
$(B)/guests/fuzz-pv: bench/guests/pv/head.S $(PV_GUEST_COMMON) $(wildcard bench/guests/pv/fuzz*.[cS])
$(B)/guests/hostile-pv: bench/guests/pv/head.S $(PV_GUEST_COMMON) bench/guests/pv/verdict.c $(wildcard bench/guests/pv/hostile*.c)
$(B)/guests/nmi-pv: bench/guests/pv/head.S $(PV_GUEST_COMMON) bench/guests/pv/nmi.c
$(B)/guests/survey-pv: bench/guests/pv/head.S $(PV_GUEST_COMMON) $(wildcard bench/guests/pv/survey*.c)
$(B)/guests/events-pv: bench/guests/pv/head.S bench/guests/pv/smp.S $(PV_GUEST_COMMON) bench/guests/pv/smp.c bench/guests/pv/verdict.c $(wildcard bench/guests/pv/events*.c)
$(B)/guests/grants-pv: bench/guests/pv/head.S $(PV_GUEST_COMMON) bench/guests/pv/verdict.c $(wildcard bench/guests/pv/grants*.c)
$(GUESTS): bench/guests/pv/pv.lds bench/guests/guest.h bench/workloads/programs.h $(wildcard bench/guests/pv/*.h) | $(B)/.packages
	$(call say,GUEST,$@)
	@mkdir -p $(dir $@) $(B)/guest-symbols
	$(Q)$(CC) $(GUEST_CFLAGS) -nostdlib -static -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments \
		-T bench/guests/pv/pv.lds -o $(B)/guest-symbols/$(@F) $(filter %.c %.S,$^)
	$(Q)objcopy --strip-all $(B)/guest-symbols/$(@F) $@
# A program for the Linux guests.
$(B)/guests/stress: dom0/guests/stress.c | $(B)/.packages
	$(call say,GUEST,$@)
	@mkdir -p $(dir $@)
	$(Q)$(CC) $(DOM0_CFLAGS) -static -pthread -o $@ $<
guests: $(GUESTS) $(B)/guests/stress

# SPDX-License-Identifier: MIT
# nm -n output to assembler source for section .symbols (console/symbols.c reads it):
#   u32 count; u32 addresses[count], ascending, relative to HV_IMAGE_START;
#   count zero-terminated names in the same order.
# Functions only: they lie in front of the table, so filling it does not move them.
BEGIN {
	n = 0
}
($2 == "t" || $2 == "T") && $3 !~ /^__/ && $3 !~ /^\./ {
	address[n] = $1
	name[n++] = $3
}
END {
	print ".section .symbols,\"a\""
	print ".balign 4"
	print ".long " n
	for (i = 0; i < n; i++)
		print ".long 0x" address[i] " - 0xffff818000000000"
	for (i = 0; i < n; i++)
		print ".asciz \"" name[i] "\""
	print ".section .note.GNU-stack,\"\",@progbits"
}

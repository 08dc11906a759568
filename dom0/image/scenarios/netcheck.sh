# SPDX-License-Identifier: MIT
# The network card (orrery.net=) reaches QEMU's gateway with small and with full-size packets.
net_setup || exit 1
ping_gateway 3 56 || exit 1
ping_gateway 3 1472 || exit 1

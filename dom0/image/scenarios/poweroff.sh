# SPDX-License-Identifier: MIT
# Boot and power off: nothing in between.
:

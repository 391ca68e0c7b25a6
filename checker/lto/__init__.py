# SPDX-License-Identifier: GPL-2.0-or-later
"""Link-time optimization as data: the compiler flags that request it, and its sections and symbols in objects."""

# SPDX-License-Identifier: GPL-2.0-or-later
"""Real packages: what is said of them, and whether it is true."""

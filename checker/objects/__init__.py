# SPDX-License-Identifier: GPL-2.0-or-later
"""From bytes to facts; needs nothing but the standard library."""

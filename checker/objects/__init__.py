# SPDX-License-Identifier: GPL-2.0-or-later
"""Readers of object files and archives, from bytes to facts, by the standard library alone."""

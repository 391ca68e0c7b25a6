# SPDX-License-Identifier: GPL-2.0-or-later
"""Files, folders and build roots: where objects lie on disk."""

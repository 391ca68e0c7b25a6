# SPDX-License-Identifier: GPL-2.0-or-later
"""Package repositories: their metadata, and the way to their packages."""

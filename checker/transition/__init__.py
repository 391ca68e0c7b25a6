# SPDX-License-Identifier: GPL-2.0-or-later
"""What audits and specs add up to for each source package."""

# SPDX-License-Identifier: GPL-2.0-or-later
"""Many packages: what is known of each is stored, so that it can be judged again without being read again."""

# SPDX-License-Identifier: GPL-2.0-or-later
"""The linker as judge: archives made at random, and what a linker without plugin still finds in them."""

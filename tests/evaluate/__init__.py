# SPDX-License-Identifier: GPL-2.0-or-later
"""How often the program is right: labelled files against what it says of them."""

# SPDX-License-Identifier: GPL-2.0-or-later
"""What link-time optimization is made of: the compiler flags that ask for it and the marks that it leaves."""

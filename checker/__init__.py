# SPDX-License-Identifier: GPL-2.0-or-later
"""ltocheck keeps broken static libraries and object files out of RPM packages."""

__version__ = "0.1.0"

# SPDX-License-Identifier: GPL-2.0-or-later
"""RPM packages: header, payload and the objects in them."""

# SPDX-License-Identifier: GPL-2.0-or-later
"""From judged targets to text, one module a format.

Every format is a sink that writes while targets are judged, so that memory does not grow with the number of objects.
"""

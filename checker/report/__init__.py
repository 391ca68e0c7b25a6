# SPDX-License-Identifier: GPL-2.0-or-later
"""From judged targets to text, one module a format.

Every renderer gets the targets as they are judged and writes as it goes, so that a report of 300,000 objects costs
neither memory nor minutes.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
"""Where facts meet the policy and become findings."""

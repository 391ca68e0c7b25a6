# SPDX-License-Identifier: GPL-2.0-or-later
"""What the audits of a store add up to: each package that they met is judged once, by the policy of today."""

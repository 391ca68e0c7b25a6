# SPDX-License-Identifier: GPL-2.0-or-later
"""`make bench`: ltocheck side by side with its peers, as ratios measured in one run."""

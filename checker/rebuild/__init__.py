# SPDX-License-Identifier: GPL-2.0-or-later
"""Trial rebuilds: source packages built in several arms, and facts from their logs, build trees and packages."""

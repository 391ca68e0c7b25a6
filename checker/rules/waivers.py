# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules on waivers, which are checked after everything is judged."""

from collections.abc import Iterator

from checker.model import Claim, WaiverFacts
from checker.model.statements import Message, Remedy, say
from checker.rules.rule import Case


def unused_waiver(waiver: WaiverFacts, case: Case) -> Iterator[Claim]:
    """A waiver whose file was looked at, and no finding was there to waive.

    A package's own waiver (`%__brp_ltocheck_exclude_from`) is also unused when it matches no file.

    What to do: remove it.
    """
    if not waiver.is_used and (waiver.is_package_own or waiver.is_met):
        yield Claim(say(Message.UNUSED_WAIVER, reason=waiver.reason), say(Remedy.REMOVE_WAIVER))


def expired_waiver(waiver: WaiverFacts, case: Case) -> Iterator[Claim]:
    """A waiver past its date: what it waived counts again.

    The date in `expires` is the last day on which it waives.

    What to do: repair the file, or set a new date with a reason.
    """
    if waiver.is_expired and waiver.is_used:
        message = say(Message.EXPIRED_WAIVER, rule=waiver.rule, date=str(waiver.expires), reason=waiver.reason)
        yield Claim(message, say(Remedy.RENEW_WAIVER))

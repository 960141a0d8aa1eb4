"""What the processes behind the fence run. It imports little: each of them loads it when it starts."""

from __future__ import annotations

import time

from clawback.mail.extract import extract
from models.limits import Limits
from models.mails import MailFacts, MessageHead, OrganisationProfile

Raw = bytes | MessageHead


def timed_extract(raw: Raw, profile: OrganisationProfile, limits: Limits) -> MailFacts:
    """`extract` with the clock that its limit of time needs."""
    return extract(raw, profile, limits, clock=time.monotonic)

"""What the processes behind the fence run. It imports little: each of them loads it when it starts."""

from __future__ import annotations

import time
from typing import Protocol

from clawback.mail.extract import extract
from clawback.services.packing import packed
from models.limits import Limits
from models.mails import MailFacts, MessageHead, OrganisationProfile

Raw = bytes | MessageHead


class Reader(Protocol):
    """What reads one message within limits, as `timed_extract` does."""

    def __call__(self, raw: Raw, profile: OrganisationProfile, limits: Limits) -> MailFacts:
        """The message's facts."""
        ...


def timed_extract(raw: Raw, profile: OrganisationProfile, limits: Limits) -> MailFacts:
    """`extract` with the clock that its limit of time needs."""
    return extract(raw, profile, limits, clock=time.monotonic)


def read_packed(raw: Raw, *, reader: Reader, profile: OrganisationProfile, limits: Limits) -> bytes:
    """What the reader answers with, packed for the way to another process."""
    return packed(reader(raw, profile, limits))

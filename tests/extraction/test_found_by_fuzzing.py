"""What the fuzzer found in the extractor (`python -m tests.fuzzing`), each made anew and kept."""

from __future__ import annotations

import time

import pytest
from made_mail import message, part

from clawback.mail.extract import extract
from models.mails import OrganisationProfile

RELAYED = OrganisationProfile(trusted_relays=frozenset({"mx.example.org"}))
MOST_SECONDS = 2.0  # of processor time, where it took half a minute and more

SLOW = {
    "a word of 100,000 letters among addresses": message(
        part("x"), head=f"From: Billing <billing@sender.example>{'http:' * 20_000}\r\n"
    ),
    "an address of 100,000 colons": message(
        part("x"), head=f"Received: from a [{':' * 100_000} by mx.example.org\r\n"
    ),
}


@pytest.mark.parametrize("name", SLOW)
def test_what_was_slow_for_its_size_is_read_at_once(name: str) -> None:
    started = time.process_time()
    extract(SLOW[name], RELAYED)
    assert time.process_time() - started < MOST_SECONDS

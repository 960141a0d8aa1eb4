"""Every refusal that is documented has its meaning, and only those that pass are asked again."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from clawback.mailboxes.graph.errors import (
    DROPPED,
    Meaning,
    fault_of,
    may_be_applied,
    meaning_of,
)
from clawback.mailboxes.graph.retrying import backoff, retry_after
from models.copies import SourceFault

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

ROWS = [
    (404, "ErrorItemNotFound", Meaning.NO_ITEM, SourceFault.GONE),
    (404, "", Meaning.BUG, SourceFault.CORRUPT),
    (404, "UnknownError", Meaning.BUG, SourceFault.CORRUPT),
    (404, "MailboxNotEnabledForRESTAPI", Meaning.NOT_HOSTED, SourceFault.NOT_HOSTED),
    (404, "MailboxNotSupportedForRESTAPI", Meaning.NOT_HOSTED, SourceFault.NOT_HOSTED),
    (404, "ErrorInvalidUser", Meaning.NO_MAILBOX, SourceFault.GONE),
    (404, "Request_ResourceNotFound", Meaning.NO_MAILBOX, SourceFault.GONE),
    (403, "ErrorGroupIsUsedInNonGroupURI", Meaning.GROUP, SourceFault.NOT_HOSTED),
    (405, "ErrorGroupsAreUsedInNonGroupURI", Meaning.GROUP, SourceFault.NOT_HOSTED),
    (403, "ErrorAccessDenied", Meaning.DENIED, SourceFault.DENIED),
    (403, "Authorization_RequestDenied", Meaning.DENIED, SourceFault.DENIED),
    (413, "ErrorQuotaExceeded", Meaning.QUOTA, SourceFault.QUOTA),
    (507, "ErrorQuotaExceeded", Meaning.QUOTA, SourceFault.QUOTA),
    (429, "ApplicationThrottled", Meaning.THROTTLED, SourceFault.UNAVAILABLE),
    (429, "ErrorTooManyObjectsOpened", Meaning.THROTTLED, SourceFault.UNAVAILABLE),
    (500, "ErrorMoveCopyFailed", Meaning.TRANSIENT, SourceFault.UNAVAILABLE),
    (502, "", Meaning.TRANSIENT, SourceFault.UNAVAILABLE),
    (503, "serviceNotAvailable", Meaning.TRANSIENT, SourceFault.UNAVAILABLE),
    (504, "UnknownError", Meaning.TRANSIENT, SourceFault.UNAVAILABLE),
    (DROPPED, "", Meaning.TRANSIENT, SourceFault.UNAVAILABLE),
    (400, "InefficientFilter", Meaning.BUG, SourceFault.CORRUPT),
    (400, "ErrorInvalidIdMalformed", Meaning.NO_ITEM, SourceFault.GONE),
    (424, "", Meaning.TRANSIENT, SourceFault.UNAVAILABLE),
    (401, "InvalidAuthenticationToken", Meaning.TOKEN, SourceFault.UNAVAILABLE),
    (410, "syncStateNotFound", Meaning.RESYNC, SourceFault.CORRUPT),
    (201, "", Meaning.DONE, None),
]


@pytest.mark.parametrize(("status", "code", "meaning", "fault"), ROWS)
def test_each_documented_answer_has_its_meaning(
    status: int, code: str, meaning: Meaning, fault: SourceFault | None
) -> None:
    assert meaning_of(status, code) is meaning
    assert fault_of(meaning) is fault


def test_a_code_that_ends_things_is_not_believed_under_a_status_that_says_later() -> None:
    for status in (429, 503, 504):
        assert may_be_applied(meaning_of(status, "ErrorItemNotFound"))


def test_what_no_table_knows_passes_or_not_by_its_status() -> None:
    assert meaning_of(599, "Whatever") is Meaning.TRANSIENT
    assert meaning_of(418, "Whatever") is Meaning.BUG


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Mon, 05 Jan 2026 09:00:30 GMT", 30.0),
        ("Mon, 05 Jan 2026 08:00:00 GMT", 0.0),
        ("99999999999", 3600.0),
        ("soon", None),
        ("Mon, 05 Jan 99999999999999999999 09:00:00 GMT", None),
        ("-5", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


def test_each_wait_is_longer_than_the_one_before_and_bounded() -> None:
    waits = [backoff(tries, random.Random(1)) for tries in range(1, 30)]
    assert waits[0] < waits[2] < waits[4]
    assert max(waits) <= 16.0

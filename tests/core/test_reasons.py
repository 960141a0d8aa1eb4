"""Reasons: what they say, and that nothing of a message acts in them."""

from __future__ import annotations

import re

import pytest

from clawback.core import reasons
from clawback.core.reasons import match_words, with_reasons
from clawback.core.showing import show_url
from models.clusters import Match, Member
from tests.core.hostile_texts import HOSTILE, dangers
from tests.core.ledger_rows import ref

LINK = Match("1.2", "Body", "https://evil.example/a", "", 1)
FILE = Match("1.2!3", "", "invoice.pdf", "", 1, 48_213, "pdf")


def test_a_link_says_its_place_its_part_and_its_raw_form_defanged() -> None:
    assert match_words(LINK) == "link in Body, part 1.2, written hxxps://evil[.]example/a"


def test_a_file_says_type_size_part_member_and_name() -> None:
    words = "pdf file of 48,213 bytes, part 1.2, member 3 of the archive, named invoice.pdf"
    assert match_words(FILE) == words
    bare = FILE._replace(raw="", file_type="", part="1.2")
    assert match_words(bare) == "file of 48,213 bytes, part 1.2, without a name"


@pytest.mark.parametrize(
    ("opened_from", "words"),
    [
        ("https://wrapper.test/?u=1", "opened from hxxps://wrapper[.]test/?…"),
        ("archive:password", "inside an archive with a password"),
        ("script:atob", "decoded from base64 in a script"),
        ("image:qr", "read from a QR code"),
        ("disk:vhd", "read from disk (vhd)"),
    ],
)
def test_the_wrapper_or_the_way_in_is_named(opened_from: str, words: str) -> None:
    assert match_words(LINK._replace(opened_from=opened_from)).endswith(f", {words}")


def test_further_places_in_the_message_are_counted() -> None:
    assert match_words(LINK._replace(places=3)).endswith("2 more of it in this message")


@pytest.mark.parametrize(
    "raw",
    [
        "https://evil.example/a?to=someone@example.com",
        "HTTPS://evil.example/a?to=someone@example.com",
        "https://evil.example/a#someone@example.com",
        "https:/evil.example?someone@example.com",
        "https://someone@evil.example/a",
    ],
)
def test_no_address_of_a_recipient_is_in_a_reason(raw: str) -> None:
    assert "someone" not in match_words(LINK._replace(raw=raw))


def test_an_unusual_raw_form_is_still_recognised_and_defanged() -> None:
    words = match_words(LINK._replace(raw="hTTps://EVIL.Example/a"))
    assert words.endswith("written hxxps://EVIL[.]Example/a")


def _is_sound(words: str) -> bool:
    """Beside defanged schemes and dots in brackets nothing may be active."""
    plain = re.sub(r"\b(?:hxxps?|fxp)://|\[(?=\.\])|(?<=\[\.)\]", "", words)
    return dangers(plain) == [] and len(words) < 400


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_message_wrote_acts_in_a_reason(text: str) -> None:
    link = LINK._replace(raw=text, opened_from=text, part=text, location=text or "Body")
    assert _is_sound(match_words(link))
    assert _is_sound(match_words(FILE._replace(raw=text, file_type=text, part=text)))


def test_reasons_that_are_shown_as_they_were_written_are_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reasons, "inert", lambda text, limit=0: text)
    match_words.cache_clear()
    assert not all(_is_sound(match_words(FILE._replace(raw=text))) for text in HOSTILE)
    match_words.cache_clear()
    assert _is_sound(show_url("https://evil.example/a"))


def test_only_a_later_copy_of_a_mail_says_that_it_is_one_and_old_words_stay() -> None:
    members = [Member(ref(1), 7, "old"), Member(ref(2), 7, "old"), Member(ref(3), 8, "old")]
    explained = with_reasons(members, {7: LINK})
    words = match_words(LINK)
    assert [m.why for m in explained] == [words, f"{words}; {reasons.SAME_MAIL}", "old"]
    assert [m.ref for m in explained] == [m.ref for m in members]

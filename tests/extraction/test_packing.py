"""Facts come out of their packing as they went in, whatever a message says."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest

from clawback.mail.extract import extract
from clawback.services.packing import packed, unpacked
from models.mails import (
    AttachmentFact,
    Direction,
    LinkPlace,
    LinkRole,
    MailFacts,
    Problem,
    UrlFact,
)

_LINK = UrlFact("https://a.example/", "a.example", "hTTps://a.example", LinkPlace.BODY,
                LinkRole.RESOURCE, None, "1")  # fmt: skip
_FULL = replace(
    extract(b"Subject: =?utf-8?q?=C3=A9?=\n\nhttps://b.example/"),
    sent_at=datetime(2026, 11, 2, 9, 0, 1, 5, tzinfo=UTC),
    to=("a@b.example", "c@d.example"),
    direction=Direction.INTRA_ORG,
    subject="\udce9 é \U0001f600",
    attachments=(AttachmentFact("ab" * 32, "x.pdf", 7, "application/pdf", "2", "pdf"),),
    urls=(_LINK, _LINK._replace(location=LinkPlace.QR_CODE, opened_from="image:qr")),
    header_urls=(_LINK._replace(location=LinkPlace.HEADER, role=LinkRole.LINK),),
    problems=(Problem("too-deep", "1.2"),),
)


@pytest.mark.parametrize("facts", [_FULL, extract(b""), extract(b"\xff\0 <a href=www.a.example>")])
def test_facts_come_out_as_they_went_in(facts: MailFacts) -> None:
    again = unpacked(packed(facts))
    assert again == facts
    assert repr(again) == repr(facts)  # types of places, roles and times included


@pytest.mark.parametrize("name", [field.name for field in fields(MailFacts)])
def test_no_field_is_left_out(name: str) -> None:
    others = {"direction": Direction.UNKNOWN, "sent_at": None, "cc": ("é",)}
    by_type = {str: "é", int: 77, tuple: ()}
    value = others.get(name, by_type.get(type(getattr(_FULL, name))))
    other = replace(_FULL, **{name: value})  # type: ignore[arg-type]
    assert other != _FULL
    assert unpacked(packed(other)) == other

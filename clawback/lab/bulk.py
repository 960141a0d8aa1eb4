"""Mail that machines and lists send: newsletters, invitations, notifications, posts, announcements."""

from __future__ import annotations

import html
from functools import lru_cache
from random import Random

from clawback.lab.addresses import Party, brand, partner
from clawback.lab.disguises import Disguise, disguise
from clawback.lab.documents import invitation as calendar_request
from clawback.lab.documents import png
from clawback.lab.envelopes import Envelope, delivered
from clawback.lab.messages import Draft
from clawback.lab.mime import Encoding, file_entity, multipart, text_entity
from clawback.lab.phrases import ENGLISH
from clawback.lab.slots import Slot

_LISTS = ("alder", "riverside")
_LOGO_ID = "logo@lab"


@lru_cache(maxsize=8)
def logo_png(seed: int) -> bytes:
    """The organisation's logo: one picture in many harmless messages of many senders."""
    rng = Random(f"{seed}/logo")
    return png(rng.randrange(120), rng.randrange(120), rng.randrange(120), side=32)


def _paragraphs(sentences: list[str]) -> str:
    return "".join(f"<p>{html.escape(sentence)}</p>\n" for sentence in sentences)


def newsletter(slot: Slot) -> Draft:
    """HTML with tracking links, a counting pixel and List-Unsubscribe."""
    sender, token = brand(slot.mailbox_index + slot.number), f"{slot.rng.getrandbits(64):016x}"
    host = sender.address.rpartition("@")[2]
    campaign = f"utm_source=newsletter&utm_medium=email&utm_campaign=issue{slot.lap + 1}"
    articles = [f"https://click.{host}/c/{token}/{at}?{campaign}" for at in range(1, 4)]
    anchors = "".join(
        f'<li><a href="{html.escape(url)}">Article {at}</a></li>\n'
        for at, url in enumerate(articles, 1)
    )
    leave = f"https://{host}/unsubscribe?reader={token}"
    page = (
        f"<!DOCTYPE html>\n<html><head><title>News</title></head>\n<body>\n"
        f"<h1>{sender.name}: issue {slot.lap + 1}</h1>\n<ul>\n{anchors}</ul>\n"
        f"{_paragraphs(slot.rng.sample(ENGLISH.sentences, k=2))}"
        f'<p><a href="{leave}">Unsubscribe</a></p>\n'
        f'<img src="https://click.{host}/o/{token}.gif" width="1" height="1" alt="">\n'
        "</body></html>\n"
    )
    envelope = Envelope(
        sender=sender,
        to=slot.owner.header,
        subject=f"{sender.name}: issue {slot.lap + 1}",
        sent_at=slot.sent_at,
        message_id=f"news.{slot.options.seed}.{slot.serial}@{host}",
        extra=(
            ("List-Unsubscribe", f"<{leave}>, <mailto:leave@{host}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("Precedence", "bulk"),
        ),
    )
    plain = "\n".join(("This issue:", *articles, f"Unsubscribe: {leave}")) + "\n"
    parts = (text_entity(plain), text_entity(page, "html"))
    entity = multipart("alternative", f"=_news_{slot.serial}", parts)
    raw = delivered(envelope, entity, slot.owner.address, hop=slot.number)
    return slot.filed(raw, slot.sent_at, bulk=True)


def invitation(slot: Slot) -> Draft:
    """A meeting request: calendar part in the alternative and the same as a file."""
    organiser, summary = partner(slot.rng.randrange(40)), slot.rng.choice(ENGLISH.subjects)
    uid = f"{slot.options.seed}-{slot.serial}@{organiser.address.rpartition('@')[2]}"
    request = calendar_request(
        uid, summary, organiser.address, slot.owner.address, slot.sent_at.replace(minute=0)
    )
    alternative = multipart(
        "alternative",
        f"=_invite_{slot.serial}",
        (
            text_entity(f"You are invited: {summary}\nRoom 2\n"),
            text_entity(
                request, "calendar", encoding=Encoding.BASE64, parameters="; method=REQUEST"
            ),
        ),
    )
    attached = file_entity(request.encode(), "invite.ics", "application/ics")
    envelope = Envelope(
        sender=organiser,
        to=slot.owner.header,
        subject=f"Invitation: {summary}",
        sent_at=slot.sent_at,
        message_id=f"invite.{uid}",
    )
    entity = multipart("mixed", f"=_meeting_{slot.serial}", (alternative, attached))
    raw = delivered(envelope, entity, slot.owner.address, hop=slot.number)
    return slot.filed(raw, slot.sent_at)


def notification(slot: Slot) -> Draft:
    """A ticket system's message: HTML in base64, one link that a mail gateway wrapped."""
    ticket = 10_000 + slot.rng.randrange(90_000)
    link = f"https://tickets.example.net/show?id={ticket}"
    wrapped = disguise(link, Disguise.SAFE_LINKS, f"t{slot.serial}")
    sender = Party("Ticket System", "tickets@example.net")
    page = (
        f"<html><body><p>Ticket {ticket} changed its state.</p>\n"
        f'<p><a href="{html.escape(wrapped)}">Show the ticket</a></p></body></html>\n'
    )
    envelope = Envelope(
        sender=sender,
        to=slot.owner.header,
        subject=f"[Ticket {ticket}] changed",
        sent_at=slot.sent_at,
        message_id=f"ticket.{slot.options.seed}.{slot.serial}@example.net",
        extra=(("Auto-Submitted", "auto-generated"),),
    )
    entity = text_entity(page, "html", encoding=Encoding.BASE64)
    raw = delivered(envelope, entity, slot.owner.address, hop=slot.number)
    return slot.filed(raw, slot.sent_at, bulk=True)


def list_post(slot: Slot) -> Draft:
    """A post to a mailing list: the same mail in every mailbox, with the list's footer."""
    name = _LISTS[slot.number % len(_LISTS)]
    rng = Random(f"{slot.options.seed}/post/{slot.number}")
    author, home = partner(rng.randrange(40)), "lists.example.org"
    text = "\n\n".join((ENGLISH.greeting, *rng.sample(ENGLISH.sentences, k=4)))
    footer = f"\n\n-- \nProject {name}\nhttps://{home}/archive/{name}/{slot.number:06}\n"
    envelope = Envelope(
        sender=author,
        to=f"<{name}@{home}>",
        subject=f"[{name}] {rng.choice(ENGLISH.subjects)}",
        sent_at=slot.shared_time(),
        message_id=f"post.{slot.options.seed}.{slot.number}@{home}",
        extra=(
            ("List-Id", f"Project {name} <{name}.{home}>"),
            ("List-Post", f"<mailto:{name}@{home}>"),
            ("List-Unsubscribe", f"<https://{home}/leave/{name}>"),
        ),
    )
    entity = text_entity(text + footer, charset="us-ascii", encoding=Encoding.SEVEN_BIT)
    raw = delivered(envelope, entity, slot.owner.address, hop=slot.number)
    return slot.filed(raw, envelope.sent_at, bulk=True)


def announcement(slot: Slot) -> Draft:
    """An announcement with the logo: the same mail in every mailbox."""
    domain, rng = slot.options.domain, Random(f"{slot.options.seed}/announcement/{slot.number}")
    office = ("communications", "facilities-desk", "works-council")[slot.lap % 3]
    sender = Party(office.replace("-", " ").title(), f"{office}@{domain}")
    page = (
        f'<html><body><img src="cid:{_LOGO_ID}" alt="Logo">\n'
        f"{_paragraphs(rng.sample(ENGLISH.sentences, k=3))}"
        f'<p><a href="https://intranet.{domain}/news/{slot.lap + 1}">Read more</a></p>\n'
        "</body></html>\n"
    )
    envelope = Envelope(
        sender=sender,
        to=f"<all-staff@{domain}>",
        subject=f"News of the house, number {slot.lap + 1}",
        sent_at=slot.shared_time(),
        message_id=f"news.{slot.options.seed}.{slot.number}@{domain}",
    )
    logo = file_entity(logo_png(slot.options.seed), "logo.png", "image/png", content_id=_LOGO_ID)
    parts = (text_entity(page, "html"), logo)
    entity = multipart("related", f"=_house_{slot.number}", parts)
    raw = delivered(envelope, entity, slot.owner.address, hop=slot.number)
    return slot.filed(raw, envelope.sent_at)

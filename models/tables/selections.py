"""Selections: what a person asked for about messages that they picked."""

from __future__ import annotations

from sqlmodel import Index

from models.tables.columns import Row, flag, key, link, number, text


class SelectionRow(Row, table=True):
    """One selection, of one investigation; its messages are the members of that one's cluster."""

    __tablename__ = "selections"
    __table_args__ = (Index(None, "investigation_id", unique=True),)

    id: int = key()
    investigation_id: int = link("investigations.id")
    action: str = text("an ActionType")
    source: str = text("an ActionSource")
    actor: str = text("who asked for it")
    via: str = text()
    verified: bool = flag("the actor's identity was verified")
    reason: str = text()
    is_proposed: bool = flag("another person is to approve it")
    takes_senders_copy: bool = flag("the copy in the sender's Sent Items is in")
    missing: int = number("messages that the index did not hold")

"""Mails: the content of messages, with the files, links and recipients in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Index, PrimaryKeyConstraint
from sqlmodel import text as sql

from models.tables.columns import (
    Row,
    digest,
    document,
    flag,
    key,
    link,
    moment,
    number,
    opaque,
    text,
)


class MailRow(Row, table=True):
    """One mail, whatever the number of its copies; `mail_key` is its identity."""

    __tablename__ = "mails"
    __table_args__ = (
        Index(None, "mail_key", unique=True),
        Index(None, "network_message_id"),
        Index(
            "ix_mails_problems",
            "id",
            sqlite_where=sql("problem_count > 0"),
            postgresql_where=sql("problem_count > 0"),
        ),
        Index(None, "extractor_version", "id"),
    )

    id: int = key()
    mail_key: str = digest("SHA-256 over Message-ID, Date, From and the decoded leaves")
    extractor_version: int = number("the facts are those that this version reads")
    network_message_id: str = text("UUIDv5 of the mail key: a header could be forged")
    internet_message_id: str = text("as the message claims")
    subject: str = text("hostile")
    sent_at: datetime | None = moment("as the message claims", nullable=True)
    from_address: str = text("lower case, as the message claims")
    from_domain: str = text()
    from_name: str = text("hostile")
    sender_address: str = text()
    return_path: str = text()
    client_ip: str = text("from the trusted Received line only")
    authentication_results: str = text("of a configured authserv-id only")
    direction: str = text("EmailEvents.EmailDirection")
    language: str = text()
    size_bytes: int = number()
    problem_count: int = number()
    problems: Any = document("[[code, part], …] of what could not be read")


class MailFileRow(Row, table=True):
    """One file in a mail, hashed as decoded."""

    __tablename__ = "mail_files"
    __table_args__ = (
        PrimaryKeyConstraint("mail_id", "position"),
        Index("ix_mail_files_sha256", "sha256", "mail_id", "position", "size_bytes", "part"),
        {"sqlite_with_rowid": False},
    )

    mail_id: int = link("mails.id")
    position: int = number()
    sha256: str = digest("of the decoded bytes")
    size_bytes: int = number()
    filename: str = text("hostile")
    content_type: str = text("hostile")
    part: str = opaque("path of MIME parts, such as 1.2")
    file_type: str = text("by its first bytes; empty where they do not say")


class UrlRow(Row, table=True):
    """One canonical URL; the keys find it, the text decides."""

    __tablename__ = "urls"
    __table_args__ = (
        Index(None, "exact_key", unique=True),
        Index(None, "path_key"),
    )

    id: int = key()
    exact_key: str = digest("first 16 bytes of the SHA-256 of K1")
    path_key: str = digest("first 16 bytes of the SHA-256 of K2: host, port and path")
    url: str = text("K1")
    host: str = text()


class MailUrlRow(Row, table=True):
    """One link in a mail."""

    __tablename__ = "mail_urls"
    __table_args__ = (
        PrimaryKeyConstraint("mail_id", "position"),
        Index("ix_mail_urls_url_id", "url_id", "mail_id", "position", "location", "is_opened"),
        {"sqlite_with_rowid": False},
    )

    mail_id: int = link("mails.id")
    position: int = number()
    url_id: int = link("urls.id")
    location: str = text("EmailUrlInfo.UrlLocation")
    role: str = text("link or resource")
    is_opened: bool = flag("found by opening a wrapper")
    opened_from: str | None = text("the wrapper's canonical URL", nullable=True)
    raw: str | None = text("as it stood there, hostile; NULL where it is K1 itself", nullable=True)
    part: str = opaque("path of MIME parts, or the header's name")


class MailRecipientRow(Row, table=True):
    """One address in To or Cc."""

    __tablename__ = "mail_recipients"
    __table_args__ = (
        PrimaryKeyConstraint("mail_id", "position"),
        {"sqlite_with_rowid": False},
    )

    mail_id: int = link("mails.id")
    position: int = number()
    field: str = text("to or cc")
    address: str = text("lower case")
    domain: str = text()

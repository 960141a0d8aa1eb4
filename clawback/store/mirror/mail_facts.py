"""What the hunting tables say of a mail, whatever the copy: read once for all its copies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from clawback.core.authentication import authentication_details
from clawback.core.link_chains import Chained, chained
from clawback.store.database import Database
from clawback.store.keys import domain_of
from clawback.store.mirror.threats import NO_THREAT, Exclusions, Threats, threat_columns
from models.tables.catalog import mail_files, mail_recipients, mail_urls, mails, urls

_INT_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Judged:
    """By what verdicts and settings a mail is looked at."""

    threats: Threats
    exclusions: Exclusions


class FileFact(NamedTuple):
    """One file: the columns of EmailAttachmentInfo that are its own."""

    name: str
    type: str
    extension: str
    sha256: str
    size_bytes: int
    threat_types: str
    detection_methods: str


@dataclass(frozen=True, slots=True)
class MailRow:
    """One mail, in the values of the hunting tables.

    `sender` are the columns of EmailEvents from NetworkMessageId to SenderIPv6, `threats` ThreatTypes,
    DetectionMethods and ConfidenceLevel, `measures` those from AuthenticationDetails to EmailSize.
    """

    network_message_id: str
    internet_message_id: str
    from_address: str
    from_name: str
    sender: tuple[str, ...]
    subject: str
    direction: str
    threats: tuple[str, str, str]
    measures: tuple[str, int, int, str, int]
    is_simulation: bool
    to: list[str]
    cc: list[str]
    files: tuple[FileFact, ...]
    links: tuple[Chained, ...]


_COLUMNS = (
    mails.c.id,
    mails.c.network_message_id,
    mails.c.internet_message_id,
    mails.c.return_path,
    mails.c.from_address,
    mails.c.from_name,
    mails.c.from_domain,
    mails.c.client_ip,
    mails.c.subject,
    mails.c.direction,
    mails.c.authentication_results,
    mails.c.language,
    mails.c.size_bytes,
)


def read_mails(
    database: Database, connection: Connection, mail_ids: Collection[int], judged: Judged
) -> dict[int, MailRow]:
    """Those of these mails that there are, by number."""
    if not mail_ids:
        return {}
    files = _grouped(database, connection, mail_ids, _FILES, mail_files.c)
    links = _grouped(database, connection, mail_ids, _LINKS, mail_urls.c)
    people = _grouped(database, connection, mail_ids, _PEOPLE, mail_recipients.c)
    statement = select(*_COLUMNS).where(database.among(mails.c.id, mail_ids))
    return {
        row[0]: _mail(row, files[row[0]], links[row[0]], people[row[0]], judged)
        for row in connection.execute(statement).all()
    }


_FILES = select(
    mail_files.c.mail_id,
    mail_files.c.filename,
    mail_files.c.file_type,
    mail_files.c.content_type,
    mail_files.c.sha256,
    mail_files.c.size_bytes,
    mail_files.c.part,
)
_LINKS = select(
    mail_urls.c.mail_id, urls.c.url, urls.c.host, mail_urls.c.location, mail_urls.c.opened_from
).join(urls, urls.c.id == mail_urls.c.url_id)
_PEOPLE = select(mail_recipients.c.mail_id, mail_recipients.c.field, mail_recipients.c.address)


def _grouped(
    database: Database, connection: Connection, mail_ids: Collection[int], source: Any, columns: Any
) -> defaultdict[int, list[Any]]:
    """The rows of each mail without its number, by position."""
    statement = source.where(database.among(columns.mail_id, mail_ids))
    found: defaultdict[int, list[Any]] = defaultdict(list)
    rows = connection.execute(statement.order_by(columns.mail_id, columns.position)).all()
    for row in rows:
        found[row[0]].append(row[1:])
    return found


def _mail(
    row: Any, files: list[Any], links: list[Any], people: list[Any], judged: Judged
) -> MailRow:
    _, network_id, internet_id, mail_from, from_address, from_name, from_domain, ip, *rest = row
    subject, direction, authentication, language, size_bytes = rest
    found = chained(network_id, links)
    facts = tuple(_file(file, judged.threats) for file in files)
    return MailRow(
        network_message_id=network_id,
        internet_message_id=internet_id,
        from_address=from_address,
        from_name=from_name,
        sender=(
            network_id,
            internet_id,
            mail_from,
            from_address,
            from_name,
            domain_of(mail_from),
            from_domain,
            "" if ":" in ip else ip,
            ip if ":" in ip else "",
        ),
        subject=subject,
        direction=direction,
        threats=_threats(files, found, judged.threats),
        measures=(
            authentication_details(authentication),
            sum(_is_attached(file[5]) for file in files),
            len({link.url for link in found}),
            language,
            min(size_bytes, _INT_MAX),
        ),
        is_simulation=judged.exclusions.has_link(link.url for link in found),
        to=[address for field, address in people if field == "to"],
        cc=[address for field, address in people if field == "cc"],
        files=facts,
        links=tuple(found),
    )


def _threats(files: list[Any], links: list[Chained], threats: Threats) -> tuple[str, str, str]:
    if threats.is_empty:
        return NO_THREAT
    return threat_columns(
        (threats.of_file(file[3], file[4]) for file in files),
        (threats.of_link(link.url, link.location) for link in links),
    )


def _file(file: Any, threats: Threats) -> FileFact:
    name, file_type, content_type, sha256, size_bytes, _ = file
    how = threats.of_file(sha256, size_bytes)
    types, methods, _ = threat_columns((how,), ()) if how else NO_THREAT
    return FileFact(
        name, file_type or content_type, _extension(name), sha256, size_bytes, types, methods
    )


def _extension(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    return extension.lower() if dot and stem else ""


def _is_attached(part: str) -> bool:
    """Whether a file is attached to the message itself: "!" stands before what is inside a file, "/"
    before what is inside an attached message."""
    return "!" not in part and "/" not in part

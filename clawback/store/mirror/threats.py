"""What is known to be malicious, and what the organisation leaves alone: for ThreatTypes and OrgLevel*.

A file or link counts as it does in a cluster: files of a few bytes and links of headers do not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from clawback.core.clustering import excluded_mailboxes
from clawback.core.indicators import BadIndicator, parse_url_indicator
from clawback.core.judging import OPERATOR
from clawback.store.database import Database
from clawback.store.index.finding import SEARCHED, TRIVIAL_BYTES
from clawback.store.index.matches import url_ids
from clawback.store.keys import path_text
from models.indicators import Indicator, IndicatorKind, UrlMatch, Verdict
from models.settings import Settings
from models.tables.catalog import mail_files, mail_urls, verdicts
from models.tables.columns import storable

MALWARE, PHISH = "Malware", "Phish"
_BY_OPERATOR, _BY_LIST = "Operator", "Indicator list"
_PLACES = frozenset(place.value for place in SEARCHED)


@dataclass(frozen=True, slots=True)
class Threats:
    """The malicious files, links and paths of links, each with how that is known."""

    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known to be malicious."""
        return not (self.files or self.links or self.paths)

    def of_file(self, sha256: str, size_bytes: int) -> str:
        """How it is known that this file is malicious; empty where it is not."""
        return self.files.get(sha256, "") if size_bytes > TRIVIAL_BYTES else ""

    def of_link(self, url: str, location: str) -> str:
        """How it is known that this link is malicious; empty where it is not."""
        if location not in _PLACES:
            return ""
        found = self.links.get(url, "")
        return found or (self.paths.get(path_text(url), "") if self.paths else "")


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Mailboxes and links that the settings exclude."""

    mailboxes: frozenset[str]
    links: frozenset[str]
    paths: frozenset[str]

    def has_link(self, links: Iterable[str]) -> bool:
        """Whether one of these links is of a phishing simulation."""
        if not self.links and not self.paths:
            return False
        return any(url in self.links or path_text(url) in self.paths for url in links)


def how_known(source: str) -> str:
    """How DetectionMethods says who found a threat."""
    return _BY_OPERATOR if source == OPERATOR else _BY_LIST


def read_threats(connection: Connection) -> Threats:
    """What the newest verdicts that know something say is malicious."""
    found = verdicts.c
    newest = (
        select(func.max(found.id).label("id"))
        .where(found.verdict != Verdict.UNKNOWN.value)
        .group_by(found.kind, found.value, found.match)
        .subquery()
    )
    statement = (
        select(found.kind, found.value, found.match, found.source)
        .join(newest, newest.c.id == found.id)
        .where(
            found.verdict == Verdict.MALICIOUS.value,
            # What a person says of messages says nothing of a file or link in them.
            found.kind != IndicatorKind.SELECTION.value,
        )
    )
    threats = Threats()
    for kind, value, extent, source in connection.execute(statement):
        how = how_known(source)
        match IndicatorKind(kind), UrlMatch(extent):
            case IndicatorKind.FILE, _:
                threats.files[value] = how
            case IndicatorKind.URL, UrlMatch.EXACT:
                threats.links[storable(value)] = how
            case IndicatorKind.URL, UrlMatch.PATH:
                threats.paths[storable(path_text(value))] = how
            case IndicatorKind.SELECTION, _:
                pass  # what a person picked says nothing of files and links
    return threats


def exclusions_of(settings: Settings) -> Exclusions:
    """What the settings exclude; a text that is no URL excludes nothing here."""
    links: set[str] = set()
    paths: set[str] = set()
    for indicator in simulations_of(settings):
        if indicator.match is UrlMatch.EXACT:
            links.add(storable(indicator.value))
        else:
            paths.add(storable(path_text(indicator.value)))
    return Exclusions(excluded_mailboxes(settings), frozenset(links), frozenset(paths))


def simulations_of(settings: Settings) -> list[Indicator]:
    """The links of phishing simulations, each as it stands and as a path."""
    found: list[Indicator] = []
    for text in settings.simulation_urls:
        try:
            found += [parse_url_indicator(text, match=match) for match in UrlMatch]
        except BadIndicator:
            continue
    return found


NO_THREAT = ("", "", "")
"""ThreatTypes, DetectionMethods and ConfidenceLevel of what nobody knows of."""


def threat_columns(malware: Iterable[str], phish: Iterable[str]) -> tuple[str, str, str]:
    """ThreatTypes, DetectionMethods and ConfidenceLevel by how each kind of threat is known."""
    found = {MALWARE: sorted({*malware} - {""}), PHISH: sorted({*phish} - {""})}
    methods = {threat: how for threat, how in found.items() if how}
    if not methods:
        return NO_THREAT
    return ", ".join(methods), _json(methods), _json(dict.fromkeys(methods, "High"))


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def mails_with(
    database: Database, connection: Connection, indicators: Sequence[Indicator]
) -> set[int]:
    """The mails that carry one of the indicators anywhere."""
    shas = [each.value for each in indicators if each.kind is IndicatorKind.FILE]
    found: set[int] = set()
    for start in range(0, len(shas), 400):
        is_one = mail_files.c.sha256.in_(shas[start : start + 400])
        found.update(connection.execute(select(mail_files.c.mail_id).where(is_one)).scalars())
    links: set[int] = set()
    for each in indicators:
        if each.kind is IndicatorKind.URL:
            links.update(url_ids(connection, each))
    if links:
        has_one = database.among(mail_urls.c.url_id, links)
        found.update(connection.execute(select(mail_urls.c.mail_id).where(has_one)).scalars())
    return found

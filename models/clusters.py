"""Clusters: all messages that share one indicator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from models.copies import CopyRef
from models.indicators import GuardFinding, Indicator
from models.volume import Volume


class ClusterKind(StrEnum):
    """The original's cluster types that an investigation builds, and what a person selected."""

    SIMILAR_FILES = "Similar files"
    SIMILAR_URLS = "Similar URLs"
    SELECTED = "Selected messages"


class Member(NamedTuple):
    """One copy of a cluster and why it is in: words that are safe to show."""

    ref: CopyRef
    mail_id: int
    why: str


class Match(NamedTuple):
    """Where a mail carries an indicator: the first place, and how many places there are.

    `part` is the path of MIME parts, with "!" and a number for each member of an archive.
    `location` is a `LinkPlace` for links and empty for files. `raw` is hostile: the characters of
    the link, or the file's name. `opened_from` is the wrapper's canonical URL, or a mark such as
    "archive:password"; empty where it stood there by itself. `size_bytes` and `file_type` (by its
    first bytes) are of files.
    """

    part: str
    location: str
    raw: str
    opened_from: str
    places: int
    size_bytes: int = 0
    file_type: str = ""


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """What an analyst needs to judge a cluster at a glance. Names are hostile text.

    `file_names` and `file_types` map to how many mails carry them (top ten, most frequent first). A
    type is that of the first bytes, such as "png"; where they do not say, what the message claims.
    `organisation_share` is `mailboxes` of the `known_mailboxes`. `volume` is as of the cluster's query
    time, and of all copies with the indicator; None in clusters from before it was counted.
    """

    mails: int
    senders: int
    subjects: int
    mailboxes: int
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    file_names: Mapping[str, int] = field(default_factory=dict)
    file_types: Mapping[str, int] = field(default_factory=dict)
    organisation_share: float = 0.0
    known_mailboxes: int = 0
    volume: Volume | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """One indicator's messages at `query_at`, exclusions already taken out.

    `members` never holds a copy of an excluded mailbox; `excluded` counts those that were left
    out, by reason. `external_recipients` counts recipients in the organisation's domains whose
    mailbox no source holds, once per mail and address. `name` is safe to show to people.
    """

    kind: ClusterKind
    indicator: Indicator
    name: str
    members: tuple[Member, ...]
    facts: ClusterFacts
    guards: tuple[GuardFinding, ...]
    external_recipients: int
    excluded: Mapping[str, int]
    query_at: datetime

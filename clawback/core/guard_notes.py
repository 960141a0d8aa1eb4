"""The guards by name: what each doubts or refuses, in words for people."""

from __future__ import annotations

from dataclasses import dataclass

from models.indicators import GuardLevel


@dataclass(frozen=True, slots=True)
class GuardNote:
    """One guard: the code of its findings, what it asks for, why, and the settings that it reads."""

    code: str
    title: str
    level: GuardLevel
    why: str
    settings: tuple[str, ...] = ()


_REFUSE, _APPROVE = GuardLevel.REFUSE, GuardLevel.APPROVE

GUARDS: tuple[GuardNote, ...] = (
    GuardNote(
        "trivial-file",
        "Trivial file",
        _REFUSE,
        "A file that is empty, blank or has a few bytes is in much harmless mail.",
    ),
    GuardNote(
        "simulation",
        "Phishing simulation",
        _REFUSE,
        "The URL is one of an awareness training.",
        ("simulation_urls",),
    ),
    GuardNote("no-host", "No host", _REFUSE, "What was given as a URL leads to no host."),
    GuardNote(
        "shared-host",
        "Shared host",
        _REFUSE,
        "The host is shared by many, and was given without a path. Matched by host and path it is "
        "refused; as an exact URL it waits for approval.",
        ("shared_hosts", "unshared_hosts"),
    ),
    GuardNote(
        "shared-path",
        "Shared path",
        _APPROVE,
        "One path of this host serves many, and the URL is matched by host and path.",
        ("shared_hosts", "unshared_hosts"),
    ),
    GuardNote(
        "brand-host",
        "Company's own host",
        _APPROVE,
        "Harmless mail links to this company as well.",
        ("unshared_hosts",),
    ),
    GuardNote(
        "path-match",
        "Match by host and path",
        _APPROVE,
        "The URL is matched by host and path alone, so that links with any query are in.",
    ),
    GuardNote(
        "many-senders",
        "Many senders",
        _APPROVE,
        "So many unrelated sender domains sent the file or URL that it may be a logo or a form.",
        ("many_senders",),
    ),
    GuardNote(
        "allowed",
        "Allowed indicator",
        _APPROVE,
        "The indicator is on the list of allowed indicators.",
        ("allowed_indicators",),
    ),
    GuardNote("image", "Image", _APPROVE, "The file is an image, such as a logo in signatures."),
    GuardNote(
        "program-data",
        "Data of a mail program",
        _APPROVE,
        "Outlook and Word attach such data to harmless mail as well.",
    ),
)
"""All guards, those that refuse first."""

BY_SETTINGS = frozenset(note.code for note in GUARDS if note.settings)
"""Codes of the guards that other settings would make say something else."""

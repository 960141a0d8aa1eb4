"""Bench `imap`: soft delete, revert and sync on a real Dovecot, by the services themselves.

The peer is `doveadm move`, Dovecot's own tool on the same server: one process that opens every
mailbox by itself, without a session, a look before or after, or a record.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from bench.campaigns import Campaign
from bench.cases import alerted
from bench.dovecot import MASTER, SECRET, SECRET_VARIABLE, Dovecot, serving, why_not
from bench.grounds import SOURCE, environment, make_lab, opened_source, temporary
from bench.mail_trees import deliver_more
from bench.measuring import Pair, Spread, expect, seconds_of
from bench.offering import choice
from bench.results import Figure, Ratio, Result
from clawback.lab.options import LabOptions
from clawback.services.context import Context
from clawback.services.sync import sync
from clawback.source_config import ImapConfig

AGAINST = "doveadm move on the same server, which finds the messages by a header"
LEAST_SHARE = 0.6
"""The target: doveadm's time over ours."""

FSYNC = ("never", "optimized")
"""`mail_fsync`: what makes a server durable, and what does not (doc.dovecot.org)."""

FOLDER = "Recoverable Items"
_DIRECTORIES = (f".{FOLDER}/cur", f".{FOLDER}/new")


@dataclass(frozen=True, slots=True)
class ImapOptions:
    """How many copies, in how many mailboxes, and how often."""

    copies: int = choice(10_000, "copies of the first shape to take out and put back")
    mailboxes: int = choice(200, "mailboxes of the first shape")
    wide: int = choice(
        2_000, "mailboxes of the second shape, with one copy each; 0 leaves it out", least=0
    )
    repeats: int = choice(3, "repeats of each pair")
    connections: int = choice(4, "connections that Clawback opens")
    sessions: int = choice(
        256, "sessions that a process of the server serves: docs/connectors.md; 1 is its default"
    )


@dataclass(frozen=True, slots=True)
class _Shape:
    mailboxes: int
    copies: int
    fsync: str

    @property
    def label(self) -> str:
        return f"{self.mailboxes}x{self.copies // self.mailboxes}_fsync_{self.fsync}"


def run(options: ImapOptions) -> Result:
    """Both shapes in both modes of `mail_fsync`; nothing, with the reason, without Dovecot."""
    if why := why_not():
        return Result("imap", asdict(options), (), (), {"skipped": why})
    ratios: list[Ratio] = []
    figures: list[Figure] = []
    for fsync in FSYNC:
        shapes = [_Shape(options.mailboxes, options.copies, fsync)]
        if options.wide:
            shapes.append(_Shape(options.wide, options.wide, fsync))
        for shape in shapes:
            more, numbers = _measured(shape, options)
            ratios += more
            figures += numbers
    return Result("imap", asdict(options), ratios, figures)


def _measured(shape: _Shape, options: ImapOptions) -> tuple[list[Ratio], list[Figure]]:
    lab = LabOptions(
        mailboxes=shape.mailboxes,
        messages_per_mailbox=0,
        file_copies=shape.copies,
        url_copies=0,
        scatter=False,
    )
    with temporary() as home:
        root = home / "mail"
        manifest = make_lab(root, lab)
        users = sorted(os.listdir(root))
        with (
            serving(root, fsync=shape.fsync, sessions=options.sessions) as server,
            environment({SECRET_VARIABLE: SECRET}),
        ):
            source = _source(server, users, options.connections)
            with opened_source(home / "home", source) as ctx:
                figures = list(_syncs(ctx, root, shape))
                campaign = Campaign(ctx, alerted(ctx, manifest.malicious_sha256), shape.copies)
                bench = _Pairs(ctx, campaign, _Doveadm(server, root, shape.copies), shape)
                ratios = bench.ratios(options.repeats)
    return ratios, [*figures, *_shares(ratios)]


def _source(server: Dovecot, users: Sequence[str], connections: int) -> ImapConfig:
    return ImapConfig(
        kind="imap",
        name=SOURCE,
        host="127.0.0.1",
        port=server.port,
        security="none",
        master_user=MASTER,
        secret_env=SECRET_VARIABLE,
        users=tuple(users),
        connections=connections,
    )


def _syncs(ctx: Context, root: Path, shape: _Shape) -> Iterator[Figure]:
    """The first sync, one that finds a message more in each mailbox, and one that finds nothing."""
    for name, new in (("first", shape.copies), ("more", shape.mailboxes), ("unchanged", 0)):
        if name == "more":
            deliver_more(root)
        seconds = seconds_of(partial(_sync, ctx, new))
        if new:
            yield Figure(f"sync_{name}_{shape.label}", new / seconds, "messages/s")
        else:
            yield Figure(f"sync_{name}_{shape.label}", shape.mailboxes / seconds, "mailboxes/s")


def _sync(ctx: Context, new: int) -> None:
    report = asyncio.run(sync(ctx))
    expect(report.failed_mailboxes == 0, "a mailbox could not be read")
    expect(report.new == new, f"{report.new} of {new} messages were indexed")


class _Doveadm:
    """The peer: out and back, by the header that all copies share."""

    def __init__(self, server: Dovecot, root: Path, copies: int) -> None:
        self._server = server
        self._root = root
        self._copies = copies
        self._file = server.base / "users.txt"
        self._file.write_text("".join(f"{user}\n" for user in sorted(os.listdir(root))))
        self._file.chmod(0o644)

    def out_and_back(self) -> tuple[float, float]:
        """Seconds of both ways."""
        out = seconds_of(lambda: self._move("INBOX", FOLDER))
        gone = soft_deleted(self._root)
        expect(gone == self._copies, f"doveadm took {gone} of {self._copies} copies out")
        back = seconds_of(lambda: self._move(FOLDER, "INBOX"))
        left = soft_deleted(self._root)
        expect(left == 0, f"doveadm left {left} of {self._copies} copies behind")
        return out, back

    def _move(self, folder: str, destination: str) -> None:
        query = ("mailbox", folder, "header", "Message-ID", "file.1.")
        self._server.doveadm("move", "-F", str(self._file), destination, *query)


def soft_deleted(root: Path) -> int:
    """How many files are in Recoverable Items, by a listing of the directories."""
    places = (root / mailbox / part for mailbox in os.listdir(root) for part in _DIRECTORIES)
    return sum(len(os.listdir(place)) for place in places if place.is_dir())


class _Pairs:
    """Ours and doveadm's in turn. Doveadm gives every message another UID: the index follows."""

    def __init__(self, ctx: Context, campaign: Campaign, peer: _Doveadm, shape: _Shape) -> None:
        self._ctx = ctx
        self._campaign = campaign
        self._peer = peer
        self._shape = shape

    def ratios(self, repeats: int) -> list[Ratio]:
        """Both ways, after one that makes Recoverable Items everywhere."""
        self._campaign.take_out()
        self._campaign.put_back()
        pairs = [
            self._campaign.pair(self._theirs, other_first=bool(number % 2))
            for number in range(repeats)
        ]
        return [
            Ratio(f"{name}_{self._shape.label}", AGAINST, [pair[way] for pair in pairs])
            for way, name in enumerate(("soft_delete", "revert"))
        ]

    def _theirs(self) -> tuple[float, float]:
        seconds = self._peer.out_and_back()
        report = asyncio.run(sync(self._ctx))
        moved = report.moved
        expect(moved == self._shape.copies, f"doveadm moved {moved} of {self._shape.copies} copies")
        return seconds


def _shares(ratios: Sequence[Ratio]) -> Iterator[Figure]:
    """Doveadm's time over ours, which the target is in."""
    for ratio in ratios:
        share = Spread.of([_share(pair) for pair in ratio.pairs]).median
        yield Figure(f"{ratio.name}_of_doveadm", share, "×", at_least=LEAST_SHARE)


def _share(pair: Pair) -> float:
    return pair.against / pair.ours

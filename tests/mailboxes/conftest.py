"""Servers that the tests of sources share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.mailboxes.dovecot import Dovecot, program_or_skip, serving
from tests.mailboxes.imap_stage import ImapStage
from tests.mailboxes.stages import ANN, BEN

# What a server offered in 1998, and what nothing can be moved safely without.
# With a quota, since a server that copies needs the room twice.
BARE = """\
imap_capability = IMAP4rev1 SASL-IR UIDPLUS
mail_plugins = $mail_plugins quota
plugin {
  quota = maildir:User quota
  quota_rule = *:bytes=10M
  quota_grace = 0
}
"""


class Served(NamedTuple):
    """A running Dovecot: its port, its Maildir tree and its own directory."""

    port: int
    root: Path
    base: Path


def _serve(setup: Dovecot) -> Iterator[Served]:
    program = program_or_skip()
    # A socket's path must be short, and nobody has to reach it.
    base = Path(tempfile.mkdtemp(prefix="cb-", dir="/tmp"))
    base.chmod(0o755)
    try:
        with serving(program, base / "d", base / "mail", setup=setup) as port:
            yield Served(port, base / "mail", base / "d")
    finally:
        shutil.rmtree(base)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Served]:
    """Dovecot as Debian ships it, with two users and a master."""
    yield from _serve(Dovecot(users=(ANN, BEN)))


@pytest.fixture(scope="session")
def bare_dovecot() -> Iterator[Served]:
    """The same, hiding all that is newer than UIDPLUS."""
    yield from _serve(Dovecot(users=(ANN, BEN), extra=BARE))


@pytest.fixture
def stage(dovecot: Served) -> Iterator[ImapStage]:
    """Mailboxes on Dovecot as it is; the contract, which other sources keep too, has a stage of its own."""
    made = ImapStage(dovecot.port, dovecot.root)
    yield made
    made.close()

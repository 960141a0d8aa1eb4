"""TLS, and the Dovecot settings that docs/connectors.md shows, on a real Dovecot and a scripted server."""

from __future__ import annotations

import asyncio
import datetime
import re
import shutil
import ssl
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from clawback.mailboxes.imap.source import open_imap
from clawback.source_config import ImapConfig
from models.copies import FolderRole, SourceFault
from models.outcomes import MoveIntent
from tests.mailboxes.certificates import certificate
from tests.mailboxes.conftest import Served
from tests.mailboxes.dovecot import MASTER, Dovecot, free_port, program_or_skip, serving
from tests.mailboxes.imap_fake import CAPABILITY, Fake
from tests.mailboxes.imap_stage import ENV, ImapStage, configured
from tests.mailboxes.stages import ANN, BEN, GONE_FOLDER, intent, locate, move, ref

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "connectors.md"
MAIL = b"Subject: a\r\n\r\nbody\r\n"
QUOTED = f'"{GONE_FOLDER}"'

# A folder that is closed to the master user.
_CLOSED = f'"Closed" -user={MASTER} wstipekxa\n'


def shown(name: str) -> str:
    """The block that the documentation shows under a name."""
    match = re.search(rf"<!-- {name} -->\n```\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert match is not None
    return match[1]


class Guarded(NamedTuple):
    stage: ImapStage
    tls_port: int
    certificate: Path


@pytest.fixture(scope="module")
def guarded_server() -> Iterator[tuple[int, Path, int, Path]]:
    program = program_or_skip()
    base = Path(tempfile.mkdtemp(prefix="cb-", dir="/tmp"))
    base.chmod(0o755)
    acls = base / "d" / "clawback-acls"
    acls.parent.mkdir()
    acls.write_text(shown("clawback-acls").replace("remediator", MASTER) + _CLOSED)
    settings = shown("dovecot.conf").replace("/etc/dovecot/clawback-acls", str(acls))
    paths = certificate(base / "d")
    setup = Dovecot(
        users=(ANN, BEN),
        certificate=paths[0],
        key=paths[1],
        tls_port=free_port(),
        extra=settings,
    )
    try:
        with serving(program, base / "d", base / "mail", setup=setup) as port:
            yield port, base / "mail", setup.tls_port, paths[0]
    finally:
        shutil.rmtree(base)


@pytest.fixture
def guarded(guarded_server: tuple[int, Path, int, Path]) -> Iterator[Guarded]:
    port, root, tls_port, path = guarded_server
    stage = ImapStage(port, root)
    yield Guarded(stage, tls_port, path)
    stage.close()


@pytest.mark.dovecot
def test_the_documented_settings_keep_users_hands_off_and_let_us_move(guarded: Guarded) -> None:
    stage = guarded.stage
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)
    reply = asyncio.run(move(stage.source, intent(copy)))[1]
    assert reply.fault is None
    session = stage.user(ANN)
    session.select(QUOTED)
    status, said = session.uid("MOVE", "1:*", "INBOX")
    assert status == "NO"
    assert b"NOPERM" in said[0]
    session.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)")
    session.expunge()
    assert stage.everything(ANN) == [(GONE_FOLDER, MAIL, frozenset())]
    order = MoveIntent(1, ANN, reply.place, copy.content_sha256, "INBOX")  # type: ignore[arg-type]
    assert asyncio.run(move(stage.source, order))[1].fault is None
    assert stage.everything(ANN) == [("INBOX", MAIL, frozenset())]


@pytest.mark.dovecot
def test_what_a_user_expunges_is_kept_and_found_again(guarded: Guarded) -> None:
    stage = guarded.stage
    place = stage.deliver(ANN, MAIL)
    stage.user_delete(ANN, place)
    live = asyncio.run(locate(stage.source, ref(stage, ANN, place, MAIL)))[1]
    assert live.role is FolderRole.RECOVERABLE


@pytest.mark.dovecot
def test_an_interrupted_restore_leaves_no_second_copy_where_expunged_mail_is_kept(
    guarded: Guarded,
) -> None:
    stage = guarded.stage
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)
    hidden = copy._replace(place=asyncio.run(move(stage.source, intent(copy)))[1].place)  # type: ignore[arg-type]
    stage.user_copy(ANN, hidden.place, "INBOX")
    source = stage.new_source()
    assert asyncio.run(locate(source, hidden))[1].place == hidden.place
    order = MoveIntent(1, ANN, hidden.place, copy.content_sha256, "INBOX", repeated=True)
    assert asyncio.run(move(source, order))[1].fault is None
    assert stage.everything(ANN) == [("INBOX", MAIL, frozenset())]


@pytest.mark.dovecot
def test_a_mailbox_that_is_full_says_so_and_loses_nothing(bare_dovecot: Served) -> None:
    stage = ImapStage(bare_dovecot.port, bare_dovecot.root, has_identity=False)
    try:
        raw = MAIL + b"0123456789abcdef\r\n" * 340_000
        copy = ref(stage, ANN, stage.deliver(ANN, raw), raw)
        assert asyncio.run(move(stage.source, intent(copy)))[1].fault is SourceFault.QUOTA
        live = asyncio.run(locate(stage.source, copy))[1]
        assert (live.place, live.fault) == (copy.place, None)
        assert stage.everything(ANN) == [("INBOX", raw, frozenset())]
    finally:
        stage.close()


@pytest.mark.dovecot
def test_a_folder_that_is_closed_to_us_is_protected_and_denied(guarded: Guarded) -> None:
    stage = guarded.stage
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL, "Closed"), MAIL)
    live = asyncio.run(locate(stage.source, copy))[1]
    assert (live.place, live.protected) == (copy.place, True)
    assert asyncio.run(move(stage.source, intent(copy)))[1].fault is SourceFault.DENIED
    assert stage.everything(ANN) == [("Closed", MAIL, frozenset())]


@pytest.mark.dovecot
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_mailbox_is_moved_over_tls(guarded: Guarded, security: str) -> None:
    stage, tls_port, path = guarded
    place = stage.deliver(ANN, MAIL)
    port = tls_port if security == "tls" else stage.port
    source = stage.new_source(security=security, port=port, ca_file=str(path))
    assert asyncio.run(source.check()) == ()
    assert asyncio.run(move(source, intent(ref(stage, ANN, place, MAIL))))[1].fault is None
    (line,) = asyncio.run(stage.new_source(security=security, port=port).check())
    assert "not trusted" in line


@pytest.mark.parametrize(
    ("days", "host", "trusts", "said"),
    [
        (30, "127.0.0.1", True, None),
        (-1, "127.0.0.1", True, "out of date"),
        (30, "localhost", True, "for another name"),
        (30, "127.0.0.1", False, "not trusted"),
    ],
)
def test_a_certificate_that_proves_nothing_is_refused_in_one_line(
    tmp_path: Path, days: int, host: str, trusts: bool, said: str | None
) -> None:
    path, key = certificate(tmp_path, until=datetime.timedelta(days=days))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key)
    fake = Fake()

    async def run() -> tuple[str, ...]:
        async with fake.running(context) as port:
            changed = {"security": "tls", "host": host, "ca_file": str(path) if trusts else None}
            return await open_imap(configured(port, **changed), ENV, read_at_most=9).check()

    lines = asyncio.run(run())
    assert len(lines) == (said is not None)
    assert said is None or said in lines[0]
    assert bool(fake.commands) == (said is None), "no secret is sent to it"


def test_the_server_names_the_mailboxes_of_its_other_users() -> None:
    names = b'* NAMESPACE (("" "/")) (("shared/" "/")) NIL\r\n{tag} OK -\r\n'
    users = b'* LIST () "/" "shared/%s"\r\n* LIST (\\HasChildren) "/" "shared/%s"\r\n{tag} OK -\r\n'
    listed = users % (b"Inbox-B@example.org", ANN.encode())
    fake = Fake({b"NAMESPACE": names, b'LIST "" "shared/%"': listed}, capability=CAPABILITY)

    async def run() -> tuple[str, ...]:
        async with fake.running() as port:
            source = open_imap(configured(port, users=()), ENV, read_at_most=9)
            return await source.mailboxes()

    assert asyncio.run(run()) == (ANN, BEN)


def test_the_documented_configuration_is_one() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    sources = [source for block in blocks for source in tomllib.loads(block)["sources"]]
    imap = [ImapConfig.model_validate(one) for one in sources if one["kind"] == "imap"]
    assert len(imap) == 2
    table = DOCUMENT.read_text()
    missing = [key for key in ImapConfig.model_fields if f"`{key}`" not in table]
    assert not [key for key in missing if key not in ("kind", "name")]

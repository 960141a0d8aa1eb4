"""Other readers agree with the lab: Clawback's own extractor, and a real Dovecot."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_walk import Found
from requiring import require

from clawback.lab.manifest import LabManifest
from clawback.lab.options import LabOptions
from clawback.lab.organisation import iter_messages
from clawback.mail.extract import extract
from models.mails import Direction, OrganisationProfile

_CONFIG = """
base_dir = {home}/run
log_path = {home}/log
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 0
ssl = no
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


def test_the_extractor_finds_what_the_manifest_says(lab: tuple[Path, LabManifest]) -> None:
    options, manifest = LabOptions(), lab[1]
    profile = OrganisationProfile(frozenset({options.domain}), frozenset({"mx.example.com"}))
    roles: dict[str, Counter[str]] = {"file": Counter(), "url": Counter()}
    mails: dict[str, set[str]] = {"file": set(), "url": set()}
    directions: Counter[Direction] = Counter()
    for message in iter_messages(options):
        facts = extract(message.raw, profile)
        assert facts.problems == ()
        directions[facts.direction] += 1
        if message.mailbox == manifest.secops_mailbox:
            continue
        carried = {
            "file": manifest.malicious_sha256 in {file.sha256 for file in facts.attachments},
            "url": manifest.malicious_url in {url.url for url in facts.urls},
        }
        for kind in (kind for kind, carries in carried.items() if carries):
            roles[kind][message.role.value] += 1
            mails[kind].add(facts.mail_key)
    assert roles == {"file": manifest.file.by_role, "url": manifest.url.by_role}
    assert [len(mails["file"]), len(mails["url"])] == [manifest.file.mails, manifest.url.mails]
    assert directions.keys() == {Direction.INBOUND, Direction.INTRA_ORG, Direction.OUTBOUND}


@pytest.fixture
def open_home() -> Iterator[Path]:
    """A directory that an unprivileged reader reaches, unlike pytest's own below root's."""
    with tempfile.TemporaryDirectory(prefix="lab-dovecot-") as directory:
        yield Path(directory)


def reader_ids() -> tuple[int, int]:
    """Dovecot refuses to read mail as root, so under root it runs as nobody."""
    if os.getuid():
        return os.getuid(), os.getgid()
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def served_folders(doveadm: str, home: Path, mail: Path) -> dict[str, tuple[int, int]]:
    """(messages, unseen) of each folder, as Dovecot tells them."""
    uid, gid = reader_ids()
    config = home / "dovecot.conf"
    config.write_text(_CONFIG.format(home=home, uid=uid, gid=gid))
    for path in (home, *home.rglob("*")):
        os.chown(path, uid, gid)
    command = [doveadm, "-c", str(config), "-o", f"mail_location=maildir:{mail}"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "USER": "reader"}
    dropped = {} if os.getuid() else {"user": uid, "group": gid, "extra_groups": []}
    answer = subprocess.run(
        [*command, "mailbox", "status", "messages unseen", "*"],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        **dropped,
    )
    assert answer.returncode == 0, answer.stderr
    status = re.compile(r"(.*) messages=(\d+) unseen=(\d+)")
    matches = [status.fullmatch(line) for line in answer.stdout.splitlines()]
    return {match[1]: (int(match[2]), int(match[3])) for match in matches if match}


@pytest.mark.dovecot
def test_dovecot_serves_every_folder_and_message(
    lab: tuple[Path, LabManifest], found: list[Found], open_home: Path
) -> None:
    doveadm = require(program="doveadm")
    address = "sales.elder@example.com"
    mail = open_home / "mail"
    shutil.copytree(lab[0] / address, mail)  # Dovecot writes its index files into the tree
    served = served_folders(doveadm, open_home, mail)
    mine = [one for one in found if one.mailbox == address]
    unread = [one for one in mine if "S" not in one.path.name.partition(":2,")[2]]
    assert sum(messages for messages, _ in served.values()) == len(mine) > 40
    assert sum(unseen for _, unseen in served.values()) == len(unread) > 0
    assert {"INBOX", "Rechnungen & Übergaben", "Sent", "Trash", "Junk"} <= served.keys()

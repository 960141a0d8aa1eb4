"""A Dovecot server of one's own over a Maildir tree: no root, no system service, loopback only."""

from __future__ import annotations

import contextlib
import imaplib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

MASTER, PASSWORD = "remediator", "a-password-for-tests"
_NOBODY = 65534

# Settings that let Dovecot 2.3 run without root; 2.4 has another language (doc.dovecot.org,
# "Upgrading Dovecot CE from 2.3 to 2.4").
_CONFIGURATION = """\
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = {uid}
mail_uid = {uid}
mail_gid = {gid}
mail_location = maildir:{root}/%u
mail_fsync = never
namespace inbox {{
  inbox = yes
  separator = /
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/home/%u allow_all_users=yes
}}
"""


@contextlib.contextmanager
def serving(program: str, base: Path, root: Path) -> Iterator[int]:
    """The port of a Dovecot that serves `root`; under root it runs as nobody, who gets the tree."""
    uid, gid = (_NOBODY, _NOBODY) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    for part in ("run", "state", "home"):
        (base / part).mkdir(parents=True, exist_ok=True)
    port = _free_port()
    configuration = base / "dovecot.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            base=base,
            root=root,
            port=port,
            uid=uid,
            gid=gid,
            user=_name("passwd", uid),
            group=_name("group", gid),
            password=PASSWORD,
        )
    )
    if os.geteuid() == 0:
        hand_over(base, uid, gid)
        hand_over(root, uid, gid)
    command = [program, "-F", "-c", str(configuration)]
    if os.geteuid() == 0:
        command = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", *command]
    server = subprocess.Popen(command, start_new_session=True)
    try:
        _wait_for_greeting(server, port, base / "dovecot.log")
        yield port
    finally:
        _stop(server)


def hand_over(tree: Path, uid: int, gid: int) -> None:
    """Give a tree to a user, and let that user reach it."""
    for path in (tree, *tree.rglob("*")):
        os.chown(path, uid, gid)
    for parent in tree.parents:
        if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)


def login(port: int, mailbox: str) -> imaplib.IMAP4:
    """A session of that mailbox's owner."""
    session = imaplib.IMAP4("127.0.0.1", port, timeout=20)
    session.login(mailbox, PASSWORD)
    return session


def _name(database: str, number: int) -> str:
    if database == "passwd":
        import pwd

        return pwd.getpwuid(number).pw_name
    import grp

    return grp.getgrgid(number).gr_name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for_greeting(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and server.poll() is None:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), timeout=2) as connection,
        ):
            if connection.recv(100).startswith(b"* OK"):
                return
        time.sleep(0.02)
    raise RuntimeError(log.read_text() if log.exists() else "dovecot did not start")


def _stop(server: subprocess.Popen[bytes]) -> None:
    """The whole session: the master alone takes a second and may leave children behind."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=3)

"""A Dovecot of one's own over a Maildir tree, for benches: no root, no system service, loopback only.

Its port is free to use by whoever has the master user's secret. `doveadm`, its own tool, is a peer.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.measuring import expect

MASTER, SECRET = "remediator", "a-secret-for-benches"
SECRET_VARIABLE = "CLAWBACK_BENCH_SECRET"
_NOBODY = 65534
_SYSTEM_PATHS = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # not on an ordinary user's PATH

# What lets Dovecot 2.3 run without root; 2.4 has another language (doc.dovecot.org, "Upgrading
# Dovecot CE from 2.3 to 2.4").
_CONFIGURATION = """\
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
auth_master_user_separator = *
mail_max_userip_connections = 200
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = {uid}
mail_uid = {uid}
mail_gid = {gid}
mail_location = maildir:{root}/%u
mail_fsync = {fsync}
mail_plugins = {plugins}
plugin {{
  mail_log_events = expunge
  mail_log_fields = uid box msgid
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox "Recoverable Items" {{
    auto = create
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap {{
  process_limit = 512
  service_count = {sessions}
}}
service imap-login {{
  chroot =
  service_count = 0
  client_limit = 1000
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {base}/masters
  master = yes
  result_success = continue
}}
passdb {{
  driver = static
  args = password={secret}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/home/%u allow_all_users=yes
}}
"""


def why_not() -> str:
    """Why nothing can be measured with Dovecot here; empty where it can."""
    program = _program("dovecot")
    if program is None or _program("doveadm") is None:
        return "dovecot is not installed (Debian: apt-get install dovecot-imapd)"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    version = said.stdout.split(maxsplit=1)[0] if said.stdout else "unknown"
    return "" if version.startswith("2.3.") else f"the bench knows Dovecot 2.3, this is {version}"


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A server that runs."""

    port: int
    base: Path
    process_id: int

    @property
    def log(self) -> Path:
        """Its log; with `logs_moves` a line for each message that left a folder."""
        return self.base / "dovecot.log"

    def sessions(self) -> list[psutil.Process]:
        """The processes that serve IMAP sessions now."""
        found = []
        for child in psutil.Process(self.process_id).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if child.name() == "imap":
                    found.append(child)
        return found

    def doveadm(self, *arguments: str) -> None:
        """Run Dovecot's own tool. Raises `NotMeasured` where it fails."""
        command = [_program("doveadm") or "doveadm", "-c", str(self.base / "dovecot.conf")]
        done = subprocess.run(
            [*unprivileged(), *command, *arguments], capture_output=True, text=True, check=False
        )
        expect(done.returncode == 0, f"doveadm ended with {done.returncode}")


@contextlib.contextmanager
def serving(
    root: Path, *, fsync: str = "never", sessions: int = 1, logs_moves: bool = False
) -> Iterator[Dovecot]:
    """A Dovecot that serves the tree; under root it runs as nobody, who gets the tree.

    A process of it serves so many `sessions`, one after the other: 1 is Dovecot's own default.
    """
    base = Path(tempfile.mkdtemp(prefix="cb-", dir="/tmp"))  # a socket's path must be short
    server: subprocess.Popen[bytes] | None = None
    try:
        base.chmod(0o755)
        plugins = "notify mail_log" if logs_moves else ""
        port = _configure(base, root, fsync=fsync, sessions=sessions, plugins=plugins)
        if os.geteuid() == 0:
            hand_over(base, _NOBODY, _NOBODY)
            hand_over(root, _NOBODY, _NOBODY)
        command = [_program("dovecot") or "dovecot", "-F", "-c", str(base / "dovecot.conf")]
        server = subprocess.Popen([*unprivileged(), *command], start_new_session=True)
        expect(greets(server, port), "dovecot did not start")
        yield Dovecot(port, base, server.pid)
    finally:
        if server is not None:
            stop(server)
        shutil.rmtree(base, ignore_errors=True)


def _configure(base: Path, root: Path, *, fsync: str, sessions: int, plugins: str) -> int:
    uid, gid = (_NOBODY, _NOBODY) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    for part in ("run", "state", "home"):
        (base / part).mkdir()
    port = free_port()
    (base / "masters").write_text(f"{MASTER}:{{PLAIN}}{SECRET}\n")
    (base / "dovecot.conf").write_text(
        _CONFIGURATION.format(
            base=base,
            root=root,
            port=port,
            uid=uid,
            gid=gid,
            user=pwd.getpwuid(uid).pw_name,
            group=grp.getgrgid(gid).gr_name,
            fsync=fsync,
            sessions=sessions,
            plugins=plugins,
            secret=SECRET,
        )
    )
    return port


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _program(name: str) -> str | None:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM_PATHS])
    return shutil.which(name, path=path)


def unprivileged() -> Sequence[str]:
    """What a command begins with, so that under root it runs as nobody."""
    if os.geteuid() != 0:
        return ()
    return ("setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups")


def hand_over(tree: Path, uid: int, gid: int) -> None:
    """Give a tree to a user, and let that user reach it."""
    for path in (tree, *tree.rglob("*")):
        os.chown(path, uid, gid)
    for parent in tree.parents:
        if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)


def greets(server: subprocess.Popen[bytes], port: int) -> bool:
    """Whether it greets within 20 seconds; waits no longer than the server lives."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and server.poll() is None:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), timeout=2) as connection,
        ):
            if connection.recv(100).startswith(b"* OK"):
                return True
        time.sleep(0.02)
    return False


def stop(server: subprocess.Popen[bytes]) -> None:
    """The whole session: the master alone takes a second and may leave children behind."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=3)

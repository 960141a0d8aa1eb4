"""A Dovecot server of one's own over a Maildir tree: no root, no system service, loopback only."""

from __future__ import annotations

import contextlib
import imaplib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from requiring import require

from bench.dovecot import free_port, greets, stop, unprivileged
from bench.dovecot import hand_over as hand_over

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
{ssl}
disable_plaintext_auth = no
auth_mechanisms = plain xoauth2
auth_master_user_separator = *
auth_failure_delay = 0 secs
mail_max_userip_connections = 200
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = {uid}
mail_uid = {uid}
mail_gid = {gid}
mail_location = {location}
mail_fsync = {fsync}
namespace inbox {{
  inbox = yes
  separator = /
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  service_count = 0
  client_limit = 1000
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service imap {{
  process_limit = 512
  service_count = 256
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {base}/masters
  master = yes
  result_success = continue
}}
{users}
{extra}
"""

# Whoever logs in is a user.
_ANYBODY = """\
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/home/%u allow_all_users=yes
}}
"""

# Only those in the file are users, and `doveadm -A` can name them.
_LISTED = """\
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {base}/users
}}
userdb {{
  driver = passwd-file
  args = {base}/users
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """How a server is set up. `users` are the only ones there are; none: whoever logs in is one.

    `certificate` and `key` put TLS on `tls_port` and STARTTLS on the other. `extra` is added to the
    configuration; {base}, {root} and {uid} in it and in `location` are filled in.
    """

    users: Sequence[str] = ()
    fsync: str = "never"
    location: str = "maildir:{root}/%u"
    certificate: Path | None = None
    key: Path | None = None
    tls_port: int = 0
    extra: str = ""


_PLAIN = Dovecot()


@contextlib.contextmanager
def serving(program: str, base: Path, root: Path, *, setup: Dovecot = _PLAIN) -> Iterator[int]:
    """The port of a Dovecot that serves `root`; under root it runs as nobody, who gets the tree."""
    uid, gid = (_NOBODY, _NOBODY) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    for part in ("run", "state", "home"):
        (base / part).mkdir(parents=True, exist_ok=True)
    root.mkdir(parents=True, exist_ok=True)
    port = free_port()
    values = {"base": base, "root": root, "uid": uid, "gid": gid, "password": PASSWORD}
    (base / "masters").write_text(f"{MASTER}:{{PLAIN}}{PASSWORD}\n")
    lines = (f"{user}:{{PLAIN}}{PASSWORD}:{uid}:{gid}::{base}/home/{user}" for user in setup.users)
    (base / "users").write_text("".join(f"{line}\n" for line in lines))
    configuration = base / "dovecot.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            **values,
            port=port,
            tls_port=setup.tls_port,
            ssl=_tls(setup),
            fsync=setup.fsync,
            location=_filled(setup.location, values),
            users=(_LISTED if setup.users else _ANYBODY).format(**values),
            extra=_filled(setup.extra, values),
            user=_name("passwd", uid),
            group=_name("group", gid),
        )
    )
    if os.geteuid() == 0:
        hand_over(base, uid, gid)
        hand_over(root, uid, gid)
    command = [*unprivileged(), program, "-F", "-c", str(configuration)]
    server = subprocess.Popen(command, start_new_session=True)
    try:
        if not greets(server, port):
            log = base / "dovecot.log"
            raise RuntimeError(log.read_text() if log.exists() else "dovecot did not start")
        yield port
    finally:
        stop(server)


def _tls(setup: Dovecot) -> str:
    if setup.certificate is None:
        return "ssl = no"
    return f"ssl = yes\nssl_cert = <{setup.certificate}\nssl_key = <{setup.key}"


def _filled(text: str, values: Mapping[str, object]) -> str:
    """Only the names in `values` in braces are filled in: the configuration has braces of its own."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


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


def program_or_skip() -> str:
    """The program; the test is skipped without it, and with a Dovecot that speaks another language."""
    program = require(program="dovecot")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    if not version.stdout.startswith("2.3."):
        pytest.skip(f"the fixture knows Dovecot 2.3, this is {version.stdout.split()[0]}")
    return program


def doveadm(program: str, base: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Dovecot's own tool on a running server: a client that we did not write."""
    tool = Path(program).with_name("doveadm")
    found = str(tool) if tool.exists() else shutil.which("doveadm") or str(tool)
    command = [*unprivileged(), found, "-c", str(base / "dovecot.conf"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)

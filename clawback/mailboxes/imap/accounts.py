"""Whose mailboxes, and with which name and secret each is opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar, cast

from clawback.mailboxes.imap.problems import MailboxFault, ServerFault
from clawback.source_config import ImapConfig
from models.copies import SourceFault

Parsed = TypeVar("Parsed")


class Login(NamedTuple):
    """A name to log in with and its secret."""

    user: str
    secret: str

    def __repr__(self) -> str:
        """Without the secret, so that no traceback shows it."""
        return f"Login({self.user!r})"


class Accounts:
    """The mailboxes and secrets that the configuration names; files are read again when they change.

    `listed` answers the mailboxes of `users`, `users_file` or `credentials_file`; None where the
    server has to name them.
    """

    def __init__(self, config: ImapConfig, env: Mapping[str, str]) -> None:
        self._config = config
        self._env = env
        self._users = {user.lower(): user for user in config.users}
        self._read: dict[Path, tuple[tuple[int, ...], object]] = {}

    def listed(self) -> Mapping[str, object] | None:
        """The configured addresses in lower case, as keys. Raises `ServerFault`."""
        config = self._config
        if config.users:
            return self._users
        if config.users_file is not None:
            return self._parsed(config.users_file, "users_file", _addresses)
        if config.credentials_file is not None:
            return self._credentials()
        return None

    def login(self, mailbox: str) -> Login:
        """What opens this mailbox. Raises `ServerFault`, and `MailboxFault` for one without secret."""
        if self._config.credentials_file is not None:
            found = self._credentials().get(mailbox)
            if found is None:
                raise MailboxFault(SourceFault.DENIED)
            return Login(self._with_master(found.user), found.secret)
        written = (self.listed() or {}).get(mailbox)
        user = written if isinstance(written, str) else mailbox
        return Login(self._with_master(user), self._secret())

    def own_login(self) -> Login:
        """What opens the master user's own mailbox. Raises `ServerFault`."""
        return Login(self._config.master_user, self._secret())

    def _with_master(self, user: str) -> str:
        config = self._config
        return (
            f"{user}{config.master_separator}{config.master_user}" if config.master_user else user
        )

    def _secret(self) -> str:
        config = self._config
        if config.secret_env is not None:
            secret = self._env.get(config.secret_env, "")
            if not secret:
                line = f"the environment variable {config.secret_env} is not set: put the secret into it"
                raise ServerFault("no-secret", line)
            return secret
        assert config.secret_file is not None
        return self._parsed(config.secret_file, "secret_file", _only_line, is_secret=True)

    def _credentials(self) -> Mapping[str, Login]:
        path = self._config.credentials_file
        assert path is not None
        return self._parsed(path, "credentials_file", _logins, is_secret=True)

    def _parsed(
        self,
        path: Path,
        key: str,
        parse: Callable[[Path, list[str]], Parsed],
        *,
        is_secret: bool = False,
    ) -> Parsed:
        """What `parse` makes of the lines of a file that say something; kept until it changes."""
        try:
            status = os.stat(path)
            if is_secret and status.st_mode & (stat.S_IROTH | stat.S_IWOTH):
                line = f"{path} can be read or written by everybody: chmod 600 it"
                raise ServerFault("secret-not-private", line)
            stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
            kept = self._read.get(path)
            if kept is not None and kept[0] == stamp:
                return cast(Parsed, kept[1])
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            line = f"{path} cannot be read ({reason}): set {key} to the right file"
            raise ServerFault("file-unreadable", line) from None
        lines = (each.strip() for each in text.split("\n"))
        parsed = parse(path, [each for each in lines if each])
        self._read[path] = stamp, parsed
        return parsed


def _entries(lines: list[str]) -> list[str]:
    """Without comments."""
    return [line for line in lines if not line.startswith("#")]


def _addresses(path: Path, lines: list[str]) -> Mapping[str, str]:
    found = {line.lower(): line for line in _entries(lines)}
    if not found:
        raise ServerFault("no-users", f"{path} names no mailbox: write an address a line")
    for number, address in enumerate(found.values(), 1):
        if not address.isprintable() or " " in address:
            line = f"{path}, entry {number}: write an address a line, and nothing else"
            raise ServerFault("no-users", line)
    return found


def _only_line(path: Path, lines: list[str]) -> str:
    if len(lines) != 1:
        line = f"{path} must hold the secret in one line, and nothing else"
        raise ServerFault("no-secret", line)
    return lines[0]


def _logins(path: Path, lines: list[str]) -> Mapping[str, Login]:
    found: dict[str, Login] = {}
    for number, text in enumerate(_entries(lines), 1):
        user, _, secret = text.partition(" ")
        if not secret.strip():
            line = f"{path}, entry {number}: write an address, a space and its secret"
            raise ServerFault("no-secret", line)
        found[user.lower()] = Login(user, secret.strip())
    if not found:
        raise ServerFault("no-users", f"{path} is empty: write an address, a space and its secret")
    return found

"""Whose mailboxes, and with which name and secret each is opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from clawback.mailboxes.imap.problems import MailboxFault, ServerFault
from clawback.source_config import ImapConfig
from models.copies import SourceFault


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
        self._read: dict[Path, tuple[tuple[int, ...], tuple[str, ...]]] = {}

    def listed(self) -> Mapping[str, str] | None:
        """The configured addresses, as written, by themselves in lower case. Raises `ServerFault`."""
        config = self._config
        if config.users:
            return {user.lower(): user for user in config.users}
        if config.users_file is not None:
            return {user.lower(): user for user in self._lines(config.users_file, "users_file")}
        if config.credentials_file is not None:
            return {user.lower(): user for user, _ in self._credentials()}
        return None

    def login(self, mailbox: str) -> Login:
        """What opens this mailbox. Raises `ServerFault`, and `MailboxFault` for one without secret."""
        config = self._config
        if config.credentials_file is not None:
            for user, secret in self._credentials():
                if user.lower() == mailbox:
                    return Login(self._with_master(user), secret)
            raise MailboxFault(SourceFault.DENIED)
        listed = self.listed()
        user = mailbox if listed is None else listed.get(mailbox, mailbox)
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
        lines = self._lines(config.secret_file, "secret_file", is_secret=True)
        if len(lines) != 1:
            line = f"{config.secret_file} must hold the secret in one line, and nothing else"
            raise ServerFault("no-secret", line)
        return lines[0]

    def _credentials(self) -> list[tuple[str, str]]:
        path = self._config.credentials_file
        assert path is not None
        pairs: list[tuple[str, str]] = []
        for number, text in enumerate(self._lines(path, "credentials_file", is_secret=True), 1):
            user, _, secret = text.partition(" ")
            if not secret.strip():
                line = f"{path}, entry {number}: write an address, a space and its secret"
                raise ServerFault("no-secret", line)
            pairs.append((user, secret.strip()))
        return pairs

    def _lines(self, path: Path, key: str, *, is_secret: bool = False) -> tuple[str, ...]:
        """The lines of a file that say something; cached until the file changes."""
        try:
            status = os.stat(path)
            if is_secret and status.st_mode & (stat.S_IROTH | stat.S_IWOTH):
                line = f"{path} can be read or written by everybody: chmod 600 it"
                raise ServerFault("secret-not-private", line)
            stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
            cached = self._read.get(path)
            if cached is not None and cached[0] == stamp:
                return cached[1]
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            line = f"{path} cannot be read ({reason}): set {key} to the right file"
            raise ServerFault("file-unreadable", line) from None
        stripped = (each.strip() for each in text.splitlines())
        lines = tuple(each for each in stripped if each and not each.startswith("#"))
        self._read[path] = stamp, lines
        return lines

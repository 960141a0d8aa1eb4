"""Passwords by Argon2id, as argon2-cffi recommends: RFC 9106's profile for little memory, 64 MiB."""

from __future__ import annotations

import secrets
import threading
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argon2

AT_ONCE = 4
"""Hashes that are computed side by side: each takes 64 MiB, and everybody may ask for one."""


class Argon2Hasher:
    """Implements `clawback.people_ports.PasswordHasher`; safe to share among threads.

    The library is loaded with the first password: most commands never see one.
    """

    def __init__(self) -> None:
        self._turn = threading.BoundedSemaphore(AT_ONCE)

    @cached_property
    def _hasher(self) -> argon2.PasswordHasher:
        from argon2 import PasswordHasher

        return PasswordHasher()

    @cached_property
    def _decoy(self) -> str:
        """The hash of a password that nobody has."""
        return self._hasher.hash(secrets.token_urlsafe(32))

    def hash(self, password: str) -> str:
        """A salted hash with its parameters."""
        with self._turn:
            return self._hasher.hash(password)

    def verify(self, kept: str, password: str) -> bool:
        """Whether the password is the one that was hashed; takes as long for an empty `kept`.

        The first call of a process takes twice as long, whatever it is asked.
        """
        from argon2.exceptions import InvalidHashError, VerificationError

        with self._turn:
            decoy = self._decoy
            try:
                return self._hasher.verify(kept or decoy, password) and bool(kept)
            except (VerificationError, InvalidHashError):
                return False

    def outdated(self, kept: str) -> bool:
        """Whether the hash was made with other parameters than new ones are."""
        return self._hasher.check_needs_rehash(kept)

"""Accounts for use cases: a hasher that can be read, and what a refusal says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from scene import ANALYST

from clawback.errors import Denial, Unauthenticated
from clawback.services import people
from clawback.services.context import Context
from models.people import Role

PASSWORD = "correct horse battery"


class Plain:
    """A hasher whose hashes can be read, and that counts how often it was asked."""

    def __init__(self, version: int = 1) -> None:
        self.version, self.verified = version, 0

    def hash(self, password: str) -> str:
        return f"{self.version}:{password}"

    def verify(self, kept: str, password: str) -> bool:
        self.verified += 1
        return kept.partition(":")[2] == password and kept != ""

    def outdated(self, kept: str) -> bool:
        return not kept.startswith(f"{self.version}:")


def admin(ctx: Context, name: str = "root", *roles: Role) -> None:
    people.add_user(ctx, name, roles or [Role.ADMIN], PASSWORD, actor=ANALYST)


def refusal(call: Callable[[], object]) -> Denial:
    with pytest.raises(Unauthenticated) as told:
        call()
    return told.value.reason

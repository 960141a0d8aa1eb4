"""Logging in: what is told, what is not, and what a wrong password costs."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest
from people_stage import PASSWORD, Plain, admin, refusal
from scene import ANALYST, Scene

from clawback.errors import (
    Denial,
    Unauthenticated,
)
from clawback.services import logins, people
from clawback.services.context import Context
from models.actions import DecidedVia
from models.history import Event
from models.people import Principal, Role


def test_a_password_opens_however_a_keyboard_spells_it(ctx: Context) -> None:
    people.add_user(ctx, "a", [Role.READER], "schöne Wörter viel", actor=ANALYST)
    assert logins.login(ctx, "A ", "scho\u0308ne\u00a0Wo\u0308rter viel", "::1").name == "a"
    assert refusal(lambda: logins.login(ctx, "a", "Schöne Wörter viel", "::1")) is Denial.UNKNOWN


def test_a_login_is_told_and_so_is_a_failed_one_without_what_was_typed(
    ctx: Context, scene: Scene
) -> None:
    admin(ctx)
    who = logins.login(ctx, "root", PASSWORD, "192.0.2.7")
    assert who == Principal("root", frozenset({Role.ADMIN}), DecidedVia.LOGIN)
    assert ctx.store.people.user("root").last_login_at == scene.clock.now()
    for name in ("root", "my secret password"):
        with pytest.raises(Unauthenticated):
            logins.login(ctx, name, "my secret password", "192.0.2.7")
    told = [e for e in scene.store.cases.history() if e.via == "login"]
    assert [(e.event, e.actor) for e in told] == [
        (Event.LOGIN_SUCCEEDED, "root"),
        (Event.LOGIN_FAILED, "root"),
        (Event.LOGIN_FAILED, ""),
    ]
    assert all(e.details == {"origin": "192.0.2.7"} for e in told)


def test_nobody_learns_from_a_login_whether_an_account_exists(ctx: Context) -> None:
    admin(ctx)
    admin(ctx, "gone", Role.READER)
    people.add_user(ctx, "program", [Role.READER], None, actor=ANALYST)
    people.disable_user(ctx, "gone", actor=ANALYST)
    hasher = ctx.passwords
    assert isinstance(hasher, Plain)
    said = set()
    for name, password in [
        ("root", "x" * 12),
        ("nobody", PASSWORD),
        ("gone", PASSWORD),
        ("program", ""),
    ]:
        before = hasher.verified
        with pytest.raises(Unauthenticated) as told:
            logins.login(ctx, name, password, "::1")
        assert hasher.verified == before + 1
        said.add((str(told.value), told.value.reason, told.value.retry_after_s))
    assert len(said) == 1


def test_each_wrong_password_after_the_third_doubles_the_wait(ctx: Context, scene: Scene) -> None:
    admin(ctx)
    hasher = ctx.passwords
    assert isinstance(hasher, Plain)

    def wrong(origin: str = "192.0.2.7") -> int:
        with pytest.raises(Unauthenticated) as told:
            logins.login(ctx, "root", "wrong", origin)
        return told.value.retry_after_s

    waits = []
    for _ in range(16):
        while seconds := wrong():
            waits.append(seconds)
            scene.clock.forward(seconds=seconds)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    looked = hasher.verified
    assert looked == 16
    with pytest.raises(Unauthenticated, match="try again in 900 s"):
        logins.login(ctx, "root", PASSWORD, "192.0.2.7")
    assert hasher.verified == looked
    assert logins.login(ctx, "root", PASSWORD, "192.0.2.8").name == "root"
    scene.clock.forward(days=1, minutes=15)
    assert [wrong() for _ in range(4)] == [0, 0, 0, 0]


def test_a_right_password_forgives_the_wrong_ones_of_its_account_and_origin(ctx: Context) -> None:
    admin(ctx)
    for _ in range(5):
        for _ in range(2):
            assert refusal(lambda: logins.login(ctx, "root", "wrong", "::1")) is Denial.UNKNOWN
        logins.login(ctx, "root", PASSWORD, "::1")


def test_one_origin_that_tries_many_names_is_slowed_down(ctx: Context) -> None:
    admin(ctx)
    reasons = [refusal(lambda n=n: logins.login(ctx, f"name{n}", "x", "::1")) for n in range(30)]
    assert reasons == [Denial.UNKNOWN] * 21 + [Denial.THROTTLED] * 9
    assert refusal(lambda: logins.login(ctx, "root", PASSWORD, "::1")) is Denial.THROTTLED
    assert logins.login(ctx, "root", PASSWORD, "::2").name == "root"


def test_many_tries_at_once_are_as_many_failures(ctx: Context) -> None:
    admin(ctx)
    hasher = ctx.passwords
    assert isinstance(hasher, Plain)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: refusal(lambda: logins.login(ctx, "root", "x", "::1")), range(24)))
    assert hasher.verified == 4  # three that cost nothing, and the one after which to wait


def test_a_hash_with_older_parameters_is_renewed_by_a_login(ctx: Context) -> None:
    admin(ctx)
    changed = ctx.store.people.user("root").password_changed_at
    newer = dataclasses.replace(ctx, passwords=Plain(version=2))
    logins.login(newer, "root", PASSWORD, "::1")
    assert ctx.store.people.password_hash("root") == f"2:{PASSWORD}"
    assert ctx.store.people.user("root").password_changed_at == changed
    assert logins.login(newer, "root", PASSWORD, "::1").name == "root"


def test_a_session_ends_when_its_account_or_password_does(ctx: Context, scene: Scene) -> None:
    admin(ctx)
    admin(ctx, "b", Role.READER)
    since = scene.clock.now()
    scene.clock.forward(seconds=1)
    assert logins.still(ctx, "b", since).roles == {Role.READER}
    people.change_roles(ctx, "b", [Role.OPERATOR], actor=ANALYST)
    assert logins.still(ctx, "b", since).roles == {Role.OPERATOR}
    people.set_password(ctx, "b", "another password", actor=ANALYST)
    assert refusal(lambda: logins.still(ctx, "b", since)) is Denial.EXPIRED
    people.disable_user(ctx, "b", actor=ANALYST)
    assert refusal(lambda: logins.still(ctx, "b", scene.clock.now())) is Denial.DISABLED
    assert refusal(lambda: logins.still(ctx, "no one", since)) is Denial.DISABLED

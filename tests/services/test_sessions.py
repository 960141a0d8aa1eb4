"""Sessions of the console: how long they hold, and what ends them; and the first account."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from people_stage import PASSWORD, admin, refusal
from scene import ANALYST, Scene

from clawback.errors import BadInput, Conflict, Denial, Unauthenticated
from clawback.services import first_account, people, sessions
from clawback.services.context import Context
from models.history import Event
from models.people import Role


def signed_in(ctx: Context, name: str = "root") -> str:
    """The digest of a new session's secret."""
    return sessions.digest_of(sessions.sign_in(ctx, name, PASSWORD, "::1")[1])


def denied(ctx: Context, digest: str) -> Denial:
    """Why the session does not hold."""
    return refusal(lambda: sessions.who_is(ctx, digest))


def test_a_session_is_over_after_twelve_hours_without_use_and_a_week_in_any_case(
    ctx: Context, scene: Scene
) -> None:
    admin(ctx)
    unused, used = signed_in(ctx), signed_in(ctx)
    scene.clock.forward(hours=11, minutes=59)
    assert sessions.who_is(ctx, unused)[1].name == "root"  # to be looked at is no use
    sessions.use(ctx, sessions.who_is(ctx, used)[0])
    scene.clock.forward(minutes=2)
    assert denied(ctx, unused) is Denial.EXPIRED
    for _ in range(14):
        sessions.use(ctx, sessions.who_is(ctx, used)[0])
        scene.clock.forward(hours=11)
    scene.clock.forward(minutes=1)
    assert scene.clock.now() - sessions.LIFETIME < sessions.who_is(ctx, used)[0].created_at
    sessions.use(ctx, sessions.who_is(ctx, used)[0])
    scene.clock.forward(hours=2)
    assert denied(ctx, used) is Denial.EXPIRED


def test_a_use_is_written_down_once_a_minute_at_most(ctx: Context, scene: Scene) -> None:
    admin(ctx)
    digest = signed_in(ctx)
    seen = []
    for _ in range(5):
        scene.clock.forward(seconds=25)
        sessions.use(ctx, sessions.who_is(ctx, digest)[0])
        seen.append(sessions.who_is(ctx, digest)[0].seen_at)
    assert len(set(seen)) == 2
    assert max(seen) - min(seen) == timedelta(seconds=75)


def test_whoever_has_no_secret_of_ours_is_nobody(ctx: Context) -> None:
    admin(ctx)
    sessions.sign_in(ctx, "root", PASSWORD, "::1")
    for secret in ("", "x", "x" * 43, "\ud800", "x" * 10_000):
        assert denied(ctx, sessions.digest_of(secret)) is Denial.MISSING
    with pytest.raises(Unauthenticated):
        sessions.sign_in(ctx, "root", "wrong", "::1")


def test_one_session_is_ended_alone_and_all_of_an_account_together(
    ctx: Context, scene: Scene
) -> None:
    admin(ctx)
    admin(ctx, "other", Role.READER)
    first, second, third = signed_in(ctx), signed_in(ctx), signed_in(ctx, "other")
    sessions.sign_out(ctx, sessions.who_is(ctx, first)[0])
    assert denied(ctx, first) is Denial.REVOKED
    assert sessions.who_is(ctx, second)[1].name == "root"
    assert sessions.sign_out_everywhere(ctx, "root", actor=ANALYST) == 1
    assert sessions.sign_out_everywhere(ctx, "root", actor=ANALYST) == 0
    assert denied(ctx, second) is Denial.REVOKED
    assert sessions.who_is(ctx, third)[1].name == "other"
    told = [e for e in scene.store.cases.history() if e.event == Event.SESSION_ENDED]
    assert [(e.actor, e.details) for e in told] == [
        ("root", {"user": "root", "sessions": 1}),
        (ANALYST.name, {"user": "root", "sessions": 1}),
    ]


def test_another_password_and_a_disabled_account_end_its_sessions_for_good(ctx: Context) -> None:
    admin(ctx)
    admin(ctx, "b", Role.READER)
    before = signed_in(ctx, "b")
    people.change_roles(ctx, "b", [Role.OPERATOR], actor=ANALYST)
    assert sessions.who_is(ctx, before)[1].roles == {Role.OPERATOR}
    people.set_password(ctx, "b", PASSWORD, actor=ANALYST)
    assert denied(ctx, before) is Denial.REVOKED
    after = signed_in(ctx, "b")
    people.disable_user(ctx, "b", actor=ANALYST)
    people.enable_user(ctx, "b", actor=ANALYST)
    assert denied(ctx, after) is Denial.REVOKED


def test_a_password_that_is_changed_while_somebody_signs_in_ends_what_they_get(
    ctx: Context, scene: Scene
) -> None:
    admin(ctx)
    hasher = ctx.passwords
    assert hasher is not None
    verify = hasher.verify

    def slowly(kept: str, password: str) -> bool:
        found = verify(kept, password)
        scene.clock.forward(seconds=1)
        people.set_password(ctx, "root", "another password", actor=ANALYST)
        return found

    hasher.verify = slowly  # type: ignore[method-assign]
    digest = signed_in(ctx)
    assert denied(ctx, digest) is Denial.EXPIRED


def test_the_first_account_is_made_once_by_the_last_link_within_a_day(
    ctx: Context, scene: Scene
) -> None:
    old, key = (first_account.make_key(ctx, actor=ANALYST) for _ in range(2))
    assert refused(lambda: first_account.make_account(ctx, old, "a", PASSWORD))
    with pytest.raises(BadInput):
        first_account.make_account(ctx, key, "a", "short")
    scene.clock.forward(hours=24)
    assert refused(lambda: first_account.make_account(ctx, key, "a", PASSWORD))
    key = first_account.make_key(ctx, actor=ANALYST)
    user = first_account.make_account(ctx, key, "A", PASSWORD)
    assert (user.name, user.roles) == ("a", first_account.ROLES)
    assert sessions.sign_in(ctx, "a", PASSWORD, "::1")[0].user == "a"
    assert refused(lambda: first_account.make_account(ctx, key, "b", PASSWORD))
    assert first_account.make_key(ctx, actor=ANALYST) == ""
    told = [(e.event, e.actor) for e in scene.store.cases.history()]
    assert told.count((Event.FIRST_LINK_MADE, ANALYST.name)) == 3
    assert (Event.USER_ADDED, "a") in told


def test_a_link_is_void_once_an_account_was_made_in_another_way(ctx: Context) -> None:
    key = first_account.make_key(ctx, actor=ANALYST)
    admin(ctx)
    assert refused(lambda: first_account.check_key(ctx, key))
    assert refused(lambda: first_account.make_account(ctx, key, "b", PASSWORD))
    assert [user.name for user in ctx.store.people.users()] == ["root"]


def test_of_many_who_use_the_link_at_once_one_gets_the_account(ctx: Context) -> None:
    key = first_account.make_key(ctx, actor=ANALYST)
    with ThreadPoolExecutor(6) as pool:
        lost = list(
            pool.map(
                lambda n: refused(lambda: first_account.make_account(ctx, key, f"n{n}", PASSWORD)),
                range(6),
            )
        )
    assert sorted(lost) == [False, *[True] * 5]
    assert len(ctx.store.people.users()) == 1


def refused(call: object) -> bool:
    """Whether it is a conflict."""
    try:
        call()  # type: ignore[operator]
    except Conflict:
        return True
    return False

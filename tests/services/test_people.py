"""Accounts, tokens and logins: what they let in, and what they no longer do at the next request."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import timedelta

import pytest
from people_stage import PASSWORD, admin, refusal
from scene import ANALYST, Scene

from clawback.errors import (
    BadInput,
    Conflict,
    Denial,
    Forbidden,
    NotFound,
    Refused,
    Unauthenticated,
    Unavailable,
)
from clawback.services import people
from clawback.services.context import Context
from models.actions import DecidedVia
from models.history import Event
from models.people import Permission, Principal, Role


def test_a_token_lets_its_holder_in_and_is_kept_as_a_digest_alone(
    ctx: Context, scene: Scene
) -> None:
    admin(ctx, "soar", Role.OPERATOR)
    token, secret = people.issue_token(ctx, "soar", " a  playbook ", by=ANALYST)
    assert secret.startswith("clawback_")
    assert len(secret) == len("clawback_") + 43  # 256 bits
    assert (token.label, token.created_by) == ("a playbook", "analyst")
    assert token.expires_at == scene.clock.now() + timedelta(days=90)
    who = people.authenticate_token(ctx, secret)
    assert who == Principal("soar", frozenset({Role.OPERATOR}), DecidedVia.TOKEN, token.id)
    assert who.actor.verified
    with scene.store.database.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT digest FROM tokens").scalar_one()
        everything = connection.connection.driver_connection
        assert everything is not None
        dump = "\n".join(everything.iterdump())
    assert kept == hashlib.sha256(secret.encode()).digest()
    assert secret not in dump
    assert secret.removeprefix("clawback_") not in dump


def test_what_is_no_secret_of_ours_is_unknown(ctx: Context) -> None:
    admin(ctx)
    _, secret = people.issue_token(ctx, "root", "x", by=ANALYST)
    for wrong in ("", "clawback_", secret[:-1], secret + "A", secret[9:], "\ud800", "a" * 10**6):
        assert refusal(lambda text=wrong: people.authenticate_token(ctx, text)) is Denial.UNKNOWN


def ends_at_once(ctx: Context, scene: Scene) -> None:
    """Hold that a token lets nobody in once it is revoked or expired, or its account disabled."""
    admin(ctx)
    admin(ctx, "soar", Role.READER)
    first, one = people.issue_token(ctx, "soar", "one", by=ANALYST)
    _, two = people.issue_token(ctx, "soar", "two", days=1, by=ANALYST)
    _, three = people.issue_token(ctx, "soar", "three", by=ANALYST)
    for secret in (one, two, three):
        people.authenticate_token(ctx, secret)
    people.revoke_token(ctx, first.id, by=ANALYST)
    people.revoke_token(ctx, first.id, by=ANALYST)
    assert refusal(lambda: people.authenticate_token(ctx, one)) is Denial.REVOKED
    scene.clock.forward(days=1, seconds=-1)
    people.authenticate_token(ctx, two)
    scene.clock.forward(seconds=1)
    assert refusal(lambda: people.authenticate_token(ctx, two)) is Denial.EXPIRED
    people.disable_user(ctx, "soar", actor=ANALYST)
    assert refusal(lambda: people.authenticate_token(ctx, three)) is Denial.DISABLED
    people.enable_user(ctx, "soar", actor=ANALYST)
    assert people.authenticate_token(ctx, three).name == "soar"
    told = [entry.event for entry in scene.store.cases.history()]
    assert told.count(Event.TOKEN_REVOKED) == 1


def test_a_token_ends_at_once_when_it_is_revoked_expires_or_its_account_is_disabled(
    ctx: Context, scene: Scene
) -> None:
    ends_at_once(ctx, scene)


def test_a_store_that_remembers_tokens_is_caught(
    ctx: Context, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, known = type(ctx.store.people), dict[str, object]()
    asked = kind.token

    def remembered(self: object, digest: str) -> object:
        return known.setdefault(digest, asked(ctx.store.people, digest))  # type: ignore[arg-type]

    monkeypatch.setattr(kind, "token", remembered)
    with pytest.raises(pytest.fail.Exception):
        ends_at_once(ctx, scene)


def allows_no_more_than_its_account(ctx: Context) -> None:
    """Hold that a token loses what its account loses, and never gains."""
    admin(ctx)
    admin(ctx, "soar", Role.OPERATOR, Role.PREVIEW)
    _, secret = people.issue_token(ctx, "soar", "x", by=ANALYST)
    people.change_roles(ctx, "soar", [Role.PREVIEW, Role.ADMIN], actor=ANALYST)
    assert people.authenticate_token(ctx, secret).roles == {Role.PREVIEW}
    people.change_roles(ctx, "soar", [Role.READER], actor=ANALYST)
    nobody = people.authenticate_token(ctx, secret)
    assert nobody.roles == frozenset()
    with pytest.raises(Forbidden, match=r"this needs the role reader or operator.*has no role"):
        people.require(nobody, Permission.READ)


def test_a_token_allows_never_more_than_its_account_does_now(ctx: Context) -> None:
    allows_no_more_than_its_account(ctx)


def test_a_token_that_keeps_the_roles_it_was_issued_with_is_caught(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = type(ctx.store.people)
    asked = kind.token

    def generous(self: object, digest: str) -> object:
        token, user = asked(ctx.store.people, digest)  # type: ignore[arg-type,misc]
        return token, dataclasses.replace(user, roles=frozenset(Role))

    monkeypatch.setattr(kind, "token", generous)
    with pytest.raises(AssertionError):
        allows_no_more_than_its_account(ctx)


def test_nobody_gets_a_token_with_roles_that_the_account_or_the_asker_has_not(ctx: Context) -> None:
    admin(ctx)
    admin(ctx, "reader", Role.READER)
    admin(ctx, "both", Role.READER, Role.OPERATOR)
    with pytest.raises(BadInput, match="has not the role admin"):
        people.issue_token(ctx, "reader", "x", [Role.ADMIN], by=ANALYST)
    weak, secret = people.issue_token(ctx, "both", "weak", [Role.READER], by=ANALYST)
    by_token = people.authenticate_token(ctx, secret)
    with pytest.raises(Forbidden, match="operator"):
        people.issue_token(ctx, "both", "stronger", by=by_token)
    with pytest.raises(Forbidden, match="admin"):
        people.issue_token(ctx, "reader", "of others", by=by_token)
    with pytest.raises(Forbidden, match="admin"):
        people.revoke_token(
            ctx, people.issue_token(ctx, "reader", "y", by=ANALYST)[0].id, by=by_token
        )
    own, _ = people.issue_token(ctx, "both", "as weak", [Role.READER], by=by_token)
    assert people.revoke_token(ctx, own.id, by=by_token).revoked_at is not None
    root = Principal("root", frozenset({Role.ADMIN}), DecidedVia.LOGIN)
    assert people.issue_token(ctx, "reader", "by an admin", by=root)[0].created_by == "root"
    assert people.revoke_token(ctx, weak.id, by=root).revoked_at is not None


def ends_with_its_maker(ctx: Context) -> None:
    """Hold that a token which a token makes for its own account does not outlive it."""
    admin(ctx)
    maker, secret = people.issue_token(ctx, "root", "found in a log", days=1, by=ANALYST)
    holder = people.authenticate_token(ctx, secret)
    heir, child = people.issue_token(ctx, "root", "to stay", days=366, by=holder)
    assert heir.expires_at == maker.expires_at
    grandchild, _ = people.issue_token(
        ctx, "root", "to stay", by=people.authenticate_token(ctx, child)
    )
    assert grandchild.expires_at == maker.expires_at


def test_a_token_does_not_outlive_the_one_that_made_it(ctx: Context) -> None:
    ends_with_its_maker(ctx)


def test_tokens_that_renew_themselves_are_caught(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_ends", lambda *given: [])
    with pytest.raises(AssertionError):
        ends_with_its_maker(ctx)


def test_who_logged_in_issues_tokens_that_last(ctx: Context) -> None:
    admin(ctx)
    root = Principal("root", frozenset({Role.ADMIN}), DecidedVia.LOGIN)
    made, _ = people.issue_token(ctx, "root", "x", days=366, by=root)
    assert made.expires_at == ctx.clock.now() + timedelta(days=366)


@pytest.mark.parametrize(
    ("days", "label"), [(0, "x"), (367, "x"), (1, " "), (1, "x" * 101), (1, "\x07")]
)
def test_a_token_says_what_it_is_for_and_when_it_ends(ctx: Context, days: int, label: str) -> None:
    admin(ctx)
    with pytest.raises(BadInput):
        people.issue_token(ctx, "root", label, days=days, by=ANALYST)
    assert ctx.store.people.tokens() == ()


def test_the_last_use_of_a_token_is_written_once_a_minute(
    ctx: Context, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin(ctx)
    _, secret = people.issue_token(ctx, "root", "x", by=ANALYST)

    def last_used(**later: float) -> object:
        scene.clock.forward(**later)
        people.authenticate_token(ctx, secret)
        return ctx.store.people.tokens()[0].last_used_at

    first = last_used()
    assert first == scene.clock.now()
    assert last_used(seconds=59) == first
    assert last_used(seconds=1) == scene.clock.now()

    def busy(*_: object) -> None:
        raise Unavailable("the database is locked")

    monkeypatch.setattr(type(ctx.store.people), "touch_token", busy)
    assert people.authenticate_token(ctx, secret).name == "root"


def test_each_role_allows_what_is_its_own_and_no_more() -> None:
    allowed = {
        Role.READER: {Permission.READ},
        Role.OPERATOR: {Permission.READ, Permission.OPERATE},
        Role.PREVIEW: {Permission.READ, Permission.PREVIEW},
        Role.ADMIN: {Permission.READ, Permission.ADMINISTER},
    }
    for role, permissions in allowed.items():
        who = Principal("p", frozenset({role}), DecidedVia.LOGIN)
        for permission in Permission:
            if permission in permissions:
                people.require(who, permission)
            else:
                with pytest.raises(Forbidden, match=f"this account has {role.value}"):
                    people.require(who, permission)


def test_somebody_can_always_administer(ctx: Context) -> None:
    admin(ctx)
    for end in (
        lambda: people.disable_user(ctx, "root", actor=ANALYST),
        lambda: people.change_roles(ctx, "root", [Role.READER], actor=ANALYST),
    ):
        with pytest.raises(Conflict, match="last enabled account with the role admin"):
            end()
    admin(ctx, "second")
    people.disable_user(ctx, "second", actor=ANALYST)
    with pytest.raises(Conflict):
        people.disable_user(ctx, "root", actor=ANALYST)
    people.enable_user(ctx, "second", actor=ANALYST)
    people.disable_user(ctx, "root", actor=ANALYST)
    assert [user.disabled_at is None for user in ctx.store.people.users()] == [False, True]


@pytest.mark.parametrize(
    "name", ["", "-a", "a b", "ä", "a" * 65, "automation", "Automation", "a\n", "a/b"]
)
def test_a_name_that_cannot_be_is_refused(ctx: Context, name: str) -> None:
    if name == "a\n":  # white space at the ends is a slip of the hand
        assert people.add_user(ctx, name, [Role.READER], PASSWORD, actor=ANALYST).name == "a"
        return
    with pytest.raises(BadInput):
        people.add_user(ctx, name, [Role.READER], PASSWORD, actor=ANALYST)


def test_a_name_is_taken_once_in_any_case(ctx: Context) -> None:
    admin(ctx, "Alice")
    with pytest.raises(Conflict, match="alice"):
        admin(ctx, "ALICE")
    with pytest.raises(NotFound, match="clawback user list"):
        people.disable_user(ctx, "nobody", actor=ANALYST)


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("short word", "12 characters"),
        ("x" * 1001, "1,000"),
        ("Long.Name.Of.One", "account's name"),
        ("with a\tab in it", "control"),
        ("a\u0300" * 11, "12 characters"),  # twenty-two code points, eleven characters
    ],
)
def test_a_password_that_cannot_be_is_refused(ctx: Context, password: str, word: str) -> None:
    with pytest.raises(BadInput, match=word) as told:
        people.add_user(ctx, "long.name.of.one", [Role.READER], password, actor=ANALYST)
    assert password not in str(told.value)
    assert ctx.store.people.users() == ()


def test_what_is_changed_is_told_with_who_did_it_and_what_is_not_changed_is_not(
    ctx: Context, scene: Scene
) -> None:
    admin(ctx)
    admin(ctx, "b", Role.READER)
    people.change_roles(ctx, "b", [Role.READER], actor=ANALYST)
    people.enable_user(ctx, "b", actor=ANALYST)
    people.change_roles(ctx, "b", [Role.OPERATOR], actor=ANALYST)
    people.set_password(ctx, "b", "another password", actor=ANALYST)
    people.disable_user(ctx, "b", actor=ANALYST)
    told = scene.store.cases.history()
    assert {(e.actor, e.via) for e in told} == {("analyst", "cli-os-user")}
    assert [(e.event.value, dict(e.details or {})) for e in told[1:]] == [
        ("user:added", {"user": "b", "roles": "reader"}),
        ("user:changed", {"user": "b", "was": "reader", "roles": "operator"}),
        ("user:changed", {"user": "b", "password": True}),
        ("user:disabled", {"user": "b"}),
    ]


def test_every_refusal_is_one_that_an_edge_can_tell_from_others() -> None:
    assert issubclass(Unauthenticated, Refused)
    assert issubclass(Forbidden, Refused)
    assert {reason.value for reason in Denial} == {
        "missing", "unknown", "expired", "revoked", "disabled", "throttled"
    }  # fmt: skip

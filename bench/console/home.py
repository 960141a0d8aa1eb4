"""A home with an organisation, made once: `--home` keeps it, since a million messages take minutes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bench.console.ground import act, fill
from bench.console.multiplying import multiply
from bench.grounds import opened
from clawback.errors import BadInput
from clawback.services import people
from clawback.services.context import Context
from clawback.services.explore import explorer
from models.actions import ActionStatus, Actor, DecidedVia
from models.explore import ExploreFilter
from models.people import Role

NAME = "bench"
PASSWORD = "measured from end to end"
BY_SERVICES = 500
"""Actions that the services make; the others are copies of these."""

_NOTE = "bench-console.json"
_PERSON = Actor("root", DecidedVia.CLI, verified=True)
_CONFIGURATION = """\
[organisation]
domains = ["example.com"]

[[sources]]
kind = "maildir"
name = "lab"
root = "mail"

[api]
requests_per_minute = 1000000
hunts_per_minute = 1000000
"""


@dataclass(frozen=True, slots=True)
class Home:
    """What there is to look at: numbers and ids for addresses, and a token for the API."""

    messages: int
    actions: int
    pending: int
    completed: int
    investigation: int
    email: str
    token: str


def made(home: Path, messages: int, actions: int) -> Home:
    """The home of an earlier run, or one made now. Raises `BadInput` for a home of another size."""
    note = home / _NOTE
    if note.exists():
        found = Home(**json.loads(note.read_text(encoding="utf-8")))
        if (found.messages, found.actions) != (messages, actions):
            raise BadInput(
                f"{home} holds {found.messages} messages and {found.actions} actions: "
                "give an empty directory, or the same numbers"
            )
        return found
    (home / "mail").mkdir(parents=True, exist_ok=True)
    (home / "clawback.toml").write_text(_CONFIGURATION, encoding="utf-8")
    with opened(home, home / "mail") as ctx:
        fill(ctx, messages)
        act(ctx, messages, min(actions, BY_SERVICES))
    return _finished(home, messages, actions)


def _finished(home: Path, messages: int, actions: int) -> Home:
    """The home with all its actions and its mirror, which a note describes from now on."""
    multiply(home / "clawback.db", actions)
    with opened(home, home / "mail") as ctx:
        found = _looked_at(ctx, messages, actions)
        assert ctx.hunting is not None
        ctx.hunting.close()
    (home / _NOTE).write_text(json.dumps({name: getattr(found, name) for name in Home.__slots__}))
    return found


def _looked_at(ctx: Context, messages: int, actions: int) -> Home:
    """The accounts, the mirror filled, and the ids of what pages show."""
    people.add_user(ctx, NAME, list(Role), PASSWORD, actor=_PERSON)
    _, token = people.issue_token(ctx, NAME, "bench", by=_PERSON)
    assert ctx.hunting is not None
    ctx.hunting.refresh()
    newest = explorer(ctx).emails(ExploreFilter(), limit=1).emails[0]
    ended = ctx.store.cases.actions(statuses=[ActionStatus.COMPLETED], limit=100_000)
    largest = max(ended, key=lambda action: action.copies)
    waiting = ctx.store.cases.actions(statuses=[ActionStatus.PENDING], limit=100_000)
    return Home(
        messages=messages,
        actions=actions,
        pending=max(waiting, key=lambda action: action.copies).id,
        completed=largest.id,
        investigation=largest.investigation_id,
        email=newest.id,
        token=token,
    )

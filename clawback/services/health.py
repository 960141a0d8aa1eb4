"""Is everything sound, for machines that ask often: each part answers or says why not."""

from __future__ import annotations

from collections.abc import Mapping

from clawback.errors import ClawbackError, UserError
from clawback.services.automation import pause_view
from clawback.services.context import Context
from clawback.services.report import View, iso


def is_up(ctx: Context) -> bool:
    """Whether the database answers, without which nothing works."""
    try:
        ctx.store.settings.current()
    except ClawbackError:
        return False
    return True


def health_view(ctx: Context) -> View:
    """The parts, each with `ok` and what is so; `ok` for all says that nothing needs a person."""
    parts = {"index": _index(ctx), "runs": _runs(ctx), "hunting": _hunting(ctx)}
    return {
        "ok": all(part["ok"] for part in parts.values()),
        "checked_at": iso(ctx.clock.now()),
        "pause": pause_view(ctx.store.settings.pause()),
        "mode": ctx.store.settings.current()[0].mode.value,
        **parts,
    }


def _index(ctx: Context) -> Mapping[str, object]:
    found, now = ctx.store.index.status(), ctx.clock.now()
    heard = {name: iso(found.answered_at.get(name)) for name in ctx.sources}
    return {
        "ok": found.as_of is not None and all(heard.values()),
        "as_of": iso(found.as_of),
        "lag_s": None if found.as_of is None else max(0.0, (now - found.as_of).total_seconds()),
        "mailboxes": found.mailboxes,
        "mails": found.mails,
        "copies": found.copies,
        "problem_mails": found.problem_mails,
        "sources": heard,
    }


def _runs(ctx: Context) -> Mapping[str, object]:
    if ctx.runs is None:
        return {"ok": False, "message": "no server of runs is configured"}
    try:
        ctx.runs.ensure_up()
    except UserError as error:
        return {"ok": False, "message": str(error)}
    return {"ok": True, "message": "the server of runs answers"}


def _hunting(ctx: Context) -> Mapping[str, object]:
    if ctx.hunting is None:
        return {"ok": True, "mirror_lag_s": None, "message": "Advanced hunting is not installed"}
    try:
        lag = ctx.hunting.lag().total_seconds()
    except UserError as error:
        return {"ok": False, "mirror_lag_s": None, "message": str(error)}
    return {"ok": True, "mirror_lag_s": lag, "message": "the mirror answers"}

"""Is everything sound, for machines that ask often: each part answers or says why not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from clawback.errors import ClawbackError, UserError
from clawback.services.automation import pause_view
from clawback.services.condition import read_backlog, read_sources
from clawback.services.context import Context
from clawback.services.report import View, iso
from models.condition import Backlog, SourceCondition


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
    backlog = read_backlog(ctx)
    return {
        "ok": all(part["ok"] for part in parts.values()),
        "checked_at": iso(ctx.clock.now()),
        "pause": pause_view(ctx.store.settings.pause()),
        "mode": ctx.store.settings.current()[0].mode.value,
        **parts,
        "sources": [source_view(one, ctx.clock.now()) for one in read_sources(ctx, {})],
        "backlog": backlog_view(backlog),
    }


def source_view(found: SourceCondition, now: datetime) -> View:
    """One mail system by what the index knows of it, and whether it slows us down."""
    slowed = found.throttling
    return {
        "name": found.name,
        "configured": found.is_configured,
        "mailboxes": found.mailboxes,
        "never_read": found.never_read,
        "copies": found.copies,
        "as_of": iso(found.oldest_at),
        "lag_s": None
        if found.oldest_at is None
        else max(0.0, (now - found.oldest_at).total_seconds()),
        "answered_at": iso(found.answered_at),
        "failed_at": iso(found.failed_at),
        "failure": found.failure,
        "throttled_last_hour": slowed.last_hour if slowed else 0,
        "throttled_at": iso(slowed.last_at) if slowed else None,
        "throttled_until": iso(slowed.until) if slowed else None,
        "at_once": slowed.at_once if slowed else None,
    }


def backlog_view(found: Backlog) -> View:
    """Work that is not done."""
    pending = found.pending
    return {
        "pending_actions": pending.actions,
        "oldest_pending_at": iso(pending.oldest_at),
        "next_expiry_at": iso(pending.next_expiry_at),
        "expire_within_a_day": pending.expire_within_a_day,
        "running_actions": found.running_actions,
        "running": [
            {
                "id": one.action_id,
                "done": one.done,
                "messages": one.total,
                "progress_at": iso(one.progress_at),
            }
            for one in found.running
        ],
        "starting_investigations": found.starting,
        "starting_since": iso(found.starting_since),
        "unsettled_cancellations": found.unsettled,
        "outdated_mails": found.outdated_mails,
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

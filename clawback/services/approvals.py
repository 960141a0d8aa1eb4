"""A person's say: what a pending action asks, and the one decision that counts."""

from __future__ import annotations

from clawback.core.explain import approval_markdown
from clawback.errors import AlreadyDecided, BadInput, Refused
from clawback.services.context import Context
from clawback.services.investigate import conclude
from clawback.services.matching import unmatched
from models.actions import ActionStatus, Actor, Choice, RemediationAction
from models.locations import LocationCounts

REASON_MIN = 3
"""The least number of characters of a reason."""

REASON_MAX = 1000
"""More than this belongs into a ticket."""


def action(ctx: Context, action_id: int) -> RemediationAction:
    """The action as it is now. Raises `NotFound`."""
    return ctx.store.cases.action(action_id)


def describe(ctx: Context, action_id: int) -> str:
    """What an analyst needs to decide, as Markdown without any active content."""
    found = ctx.store.cases.action(action_id)
    cluster = ctx.store.cases.cluster(found.cluster_id)
    counts = ctx.store.cases.latest_counts(found.cluster_id)
    decision = ctx.store.cases.latest_decision(found.cluster_id)
    investigation = ctx.store.cases.investigation(found.investigation_id)
    link = ctx.runs.link(investigation.run_id) if ctx.runs and investigation.run_id else ""
    return approval_markdown(
        found,
        cluster,
        counts or LocationCounts(checked_at=cluster.query_at),
        decision,
        investigation_link=link,
        selection=ctx.store.cases.selection(found.investigation_id),
        retentions={name: source.retention for name, source in ctx.sources.items()},
        unmatched=unmatched(ctx, cluster),
    )


def decide(
    ctx: Context, action_id: int, choice: Choice, *, actor: Actor, reason: str
) -> RemediationAction:
    """The action after this decision; the first writer wins.

    Raises `BadInput` for a reason that says nothing, `AlreadyDecided` for a second writer and for an
    action that expired or was cancelled, `Refused` where only verified decisions count.
    """
    words = checked_reason(reason)
    found = check_open(ctx, action_id)
    if choice is Choice.APPROVE:
        _check_two_persons(ctx, found, actor)
    settings, _ = ctx.store.settings.current()
    if settings.verified_approvals_only and not actor.verified:
        raise Refused(
            "only verified decisions count here (setting verified_approvals_only): "
            "decide with `clawback approve` or `clawback reject`"
        )
    decided = ctx.store.cases.decide_action(action_id, choice, actor, words, ctx.clock.now())
    if decided.status is ActionStatus.REJECTED:
        conclude(ctx, decided.investigation_id)
    return decided


def _check_two_persons(ctx: Context, found: RemediationAction, actor: Actor) -> None:
    """Return unless a proposal would be approved by who proposed it, or by nobody who is known.

    What merely waits, such as a selection over the cap, may be approved by who asked for it: that is
    a second look, and there may be one operator alone.
    """
    selection = ctx.store.cases.selection(found.investigation_id)
    if selection is None or not selection.is_proposed:
        return
    if not actor.verified:
        raise Refused(
            f"action {found.id} was proposed for another person's approval, and this way records "
            "no identity: decide with `clawback approve` or `clawback reject`"
        )
    if actor.name.casefold() == selection.actor.name.casefold():
        raise Refused(
            f"action {found.id} was proposed by you: another person has to approve it "
            "(you may reject it)"
        )


def checked_reason(reason: str) -> str:
    """The reason without space at its ends. Raises `BadInput` for one that says nothing."""
    words = reason.strip()
    if not REASON_MIN <= len(words) <= REASON_MAX:
        raise BadInput(f"give a reason of {REASON_MIN} to {REASON_MAX} characters")
    return words


def check_open(ctx: Context, action_id: int) -> RemediationAction:
    """The action, if it can still be decided. Raises `NotFound` or `AlreadyDecided`."""
    found = ctx.store.cases.action(action_id)
    if found.status is not ActionStatus.PENDING:
        who = f", decided by {found.decided_by}" if found.decided_by else ""
        raise AlreadyDecided(
            f"action {action_id} is {found.status.value} already{who}: nothing changed"
        )
    if found.expires_at is not None and found.expires_at <= ctx.clock.now():
        # Refresh, which says so in the status, may come minutes or days later.
        raise AlreadyDecided(f"action {action_id} expired: nothing changed")
    return found


def bind_run(ctx: Context, action_id: int, run_id: str, attempt: int) -> None:
    """Record the run that waits for a person on this action."""
    ctx.store.cases.bind_action_run(action_id, approval_run_id=run_id, attempt=attempt)

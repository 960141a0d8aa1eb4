"""Named lists: proposed by anybody who may read, used by queries once an administrator approved them.

They stand in for `externaldata` and watchlists: nothing is ever fetched for a query.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clawback.core.named_lists import checked_content, checked_name
from clawback.core.showing import inert
from clawback.errors import Forbidden, NotFound
from clawback.services.context import Context
from models.actions import Actor
from models.hunting import ListContent, ListInfo


def propose(
    ctx: Context, name: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, by: Actor
) -> ListInfo:
    """The proposal, in place of an earlier one of the same person.

    An approved list of that name stays in use until the new one is approved. Raises `BadInput` for a
    name, columns or rows that cannot be used, `Conflict` while somebody else's proposal waits.
    """
    content = checked_content(columns, rows)
    return ctx.store.hunting.propose_list(checked_name(name), content, by, ctx.clock.now())


def approve(ctx: Context, name: str, digest: str, *, by: Actor) -> ListInfo:
    """The list, approved by an administrator who looked at what has this digest.

    Whoever calls has made sure that `by` may administer. Raises `NotFound`; `Conflict` where it was
    proposed anew meanwhile.
    """
    return ctx.store.hunting.approve_list(name, digest, by, ctx.clock.now())


def content(ctx: Context, name: str, *, proposed: bool = False) -> tuple[ListInfo, ListContent]:
    """A list with its rows: the approved one, or the proposal. Raises `NotFound`."""
    return info(ctx, name, proposed=proposed), ctx.store.hunting.list_content(
        name, approved=not proposed
    )


def info(ctx: Context, name: str, *, proposed: bool = False) -> ListInfo:
    """The approved list of that name, or the proposal. Raises `NotFound`."""
    for found in ctx.store.hunting.lists():
        if found.name == name and (found.approved_at is None) is proposed:
            return found
    kind = "proposed" if proposed else "approved"
    raise NotFound(f"there is no {kind} list of that name: look at the lists")


def delete(
    ctx: Context, name: str, *, proposed: bool, by: Actor, administers: bool = False
) -> ListInfo:
    """The list that was deleted: one's own proposal, and for an administrator any.

    Raises `NotFound` and `Forbidden`.
    """
    found = info(ctx, name, proposed=proposed)
    if not administers and not (proposed and found.proposed_by == by.name):
        whose = "an approved list" if not proposed else f"the list of {inert(found.proposed_by)}"
        raise Forbidden(f"only an administrator deletes {whose}")
    ctx.store.hunting.delete_list(name, approved=not proposed, actor=by, now=ctx.clock.now())
    return found

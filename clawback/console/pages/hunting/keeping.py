"""Saved queries: one's own and those of others, to open and to delete; and Save."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from clawback.console.pages.hunting.saving import ask_name
from clawback.console.parts.layout import when
from clawback.console.parts.tags import button, tag
from clawback.console.visiting import Visit, say
from clawback.core.showing import plain
from clawback.errors import NotFound
from clawback.services import hunt
from clawback.services.context import Context
from models.hunting import SavedQuery
from models.people import Permission

NAME = 60

Refresh = Callable[[], Awaitable[None]]


async def show_queries(visit: Visit, refresh: Refresh) -> None:
    """All that this person is shown, their own first."""
    found = await visit.read(_queries, visit.person.name)
    own = [one for one in found if one.owner == visit.person.name]
    shared = [one for one in found if one.owner != visit.person.name]
    tag("h2", "My queries")
    _listed(visit, own, "None yet: write a query, then Save.", refresh)
    tag("h2", "Shared by others")
    _listed(visit, shared, "Nobody shares a query.", refresh)


async def opened_query(visit: Visit) -> SavedQuery | None:
    """The saved query that the address names; what is wrong with that is said."""
    number = visit.here.number("saved", 0)
    if not number:
        return None
    try:
        return await visit.read(hunt.saved_query, number, reader=visit.person.name)
    except NotFound as error:
        say(str(error), good=False)
        return None


async def save(visit: Visit, text: str, refresh: Refresh) -> None:
    """Ask for a name and keep the text; the name of one's own open query is offered."""
    found = await opened_query(visit)
    if found is not None and found.owner != visit.person.name:
        found = None
    chosen = await ask_name(
        "" if found is None else found.name, shared=found is not None and found.shared
    )
    if chosen is None:
        return
    kept = await visit.read(
        hunt.save_query, chosen.name, text, shared=chosen.shared, by=visit.person.actor
    )
    say(f"Saved {plain(kept.name, NAME)}.")
    await visit.here.go(saved=kept.id, side="queries", ran=None)
    await refresh()


def _listed(visit: Visit, queries: Sequence[SavedQuery], empty: str, refresh: Refresh) -> None:
    if not queries:
        tag("p", empty, cls="quiet")
        return
    with tag("ul", cls="queries"):
        for one in queries:
            with tag("li"):
                _opens(visit, one)
                with tag("div", cls="row quiet spread"):
                    tag("span", _about(one, is_mine=one.owner == visit.person.name))
                    if one.owner == visit.person.name or visit.may(Permission.ADMINISTER):
                        _deletes(visit, one, refresh)


def _about(one: SavedQuery, *, is_mine: bool) -> str:
    whose = ("shared" if one.shared else "") if is_mine else f"by {plain(one.owner, 40)}"
    return " · ".join(filter(None, (whose, when(one.updated_at))))


def _opens(visit: Visit, one: SavedQuery) -> None:
    async def opens() -> None:
        await visit.here.go(saved=one.id, query=None, ran=None)

    is_open = visit.here.number("saved", 0) == one.id
    button(plain(one.name, NAME), visit.doing(opens), cls="small quiet-button name",
           aria_current="true" if is_open else None)  # fmt: skip


def _deletes(visit: Visit, one: SavedQuery, refresh: Refresh) -> None:
    name = plain(one.name, NAME)

    async def delete() -> None:
        await visit.read(_delete, one.id, visit)
        say(f"Deleted {name}.")
        if visit.here.number("saved", 0) == one.id:
            await visit.here.go(saved=None)
        await refresh()

    button("Delete", visit.doing(delete), cls="small", aria_label=f"Delete {name}")


def _queries(ctx: Context, reader: str) -> tuple[SavedQuery, ...]:
    return ctx.store.hunting.queries(reader)


def _delete(ctx: Context, query_id: int, visit: Visit) -> SavedQuery:
    administers = visit.may(Permission.ADMINISTER)
    return hunt.delete_saved(ctx, query_id, by=visit.person.actor, administers=administers)

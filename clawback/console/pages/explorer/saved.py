"""Saved queries of the Explorer: an address with a name, one's own or shared with everybody."""

from __future__ import annotations

from functools import partial

from nicegui.events import GenericEventArguments

from clawback.console.asked_mail import NAMES
from clawback.console.here import Here, Part, search
from clawback.console.parts.tags import badge, button, link, tag
from clawback.console.visiting import Visit, say
from clawback.core.showing import plain
from clawback.services import hunt
from clawback.services.context import Context
from models.hunting import QueryKind, SavedQuery
from models.people import Permission

_KEPT = NAMES | {"pivot", "sort", "column", "size"}
"""What a saved query keeps of an address; not the page that was shown, nor the open message."""

_KIND = QueryKind.EXPLORER


def kept(here: Here) -> str:
    """The part of an address that is saved, or that a saved one leads to: names of ours alone."""
    return search({name: here.values(name) for name in _KEPT if here.values(name)})


class SavedQueries:
    """A list that opens, with a form to save what is shown now."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._list: Part | None = None

    async def build(self) -> None:
        """The list and the form."""
        with tag("details", cls="saved"):
            tag("summary", "Saved queries", cls="button small")
            with tag("div", cls="panel"):
                self._list = await self._visit.here.part((), self._show)
                self._form()

    def _form(self) -> None:
        with tag("form", cls="row", aria_label="Save this query") as form:
            with tag("label", cls="field"):
                tag("span", "Name")
                tag("input", name="name", autocomplete="off", required=True, maxlength="100")
            with tag("label", cls="check"):
                tag("input", type="checkbox", name="shared", value="1")
                tag("span", "Shared with everybody")
            tag("button", "Save query", cls="button", type="submit")
        form.on(
            "submit",
            self._submitted,
            js_handler="(event) => { event.preventDefault(); emit([...new FormData(event.target)]); }",
        )

    async def _submitted(self, event: GenericEventArguments) -> None:
        sent = event.args if isinstance(event.args, list) else []
        pairs = [one for one in sent if isinstance(one, list) and len(one) == 2]
        given = {str(name): str(value) for name, value in pairs}
        await self._visit.doing(partial(self._save, given.get("name", ""), "shared" in given))()

    async def _save(self, name: str, shared: bool) -> None:
        visit = self._visit
        text = kept(visit.here)
        saved = await visit.read(_save, visit, name, text, shared=shared)
        await self._rebuild()
        say(f"Saved as {plain(saved.name)}.")

    async def _rebuild(self) -> None:
        if self._list is not None:
            await self._list.build()

    async def _show(self) -> None:
        found = await self._visit.read(_queries, self._visit)
        if not found:
            tag("p", "Nothing is saved yet: set a filter, give it a name and save it.", cls="quiet")
            return
        with tag("ul", cls="saved-list", aria_label="Saved queries"):
            for query in found:
                self._row(query)

    def _row(self, query: SavedQuery) -> None:
        visit, name = self._visit, plain(query.name)
        is_own = query.owner == visit.person.name
        with tag("li", cls="row"):
            link(name, kept(Here(query.text)))
            if not is_own:
                tag("span", f"by {plain(query.owner)}", cls="quiet")
            if query.shared:
                badge("Shared")
            if is_own or visit.may(Permission.ADMINISTER):
                delete = partial(self._delete, query)
                button("Delete", visit.doing(delete), cls="small", aria_label=f"Delete {name}")

    async def _delete(self, query: SavedQuery) -> None:
        await self._visit.read(_delete, self._visit, query)
        await self._rebuild()
        say(f"Deleted {plain(query.name)}.")


def _queries(ctx: Context, visit: Visit) -> tuple[SavedQuery, ...]:
    return ctx.store.hunting.queries(visit.person.name, _KIND)


def _save(ctx: Context, visit: Visit, name: str, text: str, *, shared: bool) -> SavedQuery:
    by = visit.person.actor
    return hunt.save_query(ctx, name, text, shared=shared, by=by, kind=_KIND)


def _delete(ctx: Context, visit: Visit, query: SavedQuery) -> None:
    """Somebody's own; an administrator also what others share."""
    administers = Permission.ADMINISTER in visit.person.permissions
    hunt.delete_query(ctx, query.name, by=visit.person.actor, administers=administers, kind=_KIND)

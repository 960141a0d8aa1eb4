"""Beside the editor: the schema, saved queries, and what one ran before."""

from __future__ import annotations

from collections.abc import Sequence

from clawback.console.here import Part
from clawback.console.pages.hunting.desk import Desk
from clawback.console.pages.hunting.saving import ask_name
from clawback.console.parts.layout import tabs, when
from clawback.console.parts.tags import button, link, tag
from clawback.console.visiting import Visit, say
from clawback.core.hunt_examples import EXAMPLES
from clawback.core.showing import plain
from clawback.errors import ClawbackError
from clawback.services import hunt
from clawback.services.context import Context
from models.hunting import HuntTable, SavedQuery
from models.people import Permission

NAME = 60
_TABS = (("schema", "Schema"), ("queries", "Queries"))


class Side:
    """What stands there, and how it reaches the editor of the desk."""

    def __init__(self, visit: Visit, tables: Sequence[HuntTable]) -> None:
        self._visit = visit
        self._tables = tables
        self._desk: Desk | None = None
        self._part: Part | None = None

    def attach(self, desk: Desk, part: Part) -> None:
        """Work with this editor from now on."""
        self._desk, self._part = desk, part
        desk.saves = self.save

    async def refresh(self) -> None:
        """Show what is there now."""
        if self._part is not None:
            await self._part.build()

    async def text(self) -> str:
        """The query that the address names: itself, or one that is saved."""
        here = self._visit.here
        if here.value("query"):
            return here.value("query")
        saved = await self._saved()
        return "" if saved is None else saved.text

    async def open_text(self) -> None:
        """Put the query of the address into the editor, where it names one."""
        text = await self.text()
        if text and self._desk is not None:
            self._desk.editor.show(text)

    async def show(self) -> None:
        """The tab that the address names."""
        here = self._visit.here
        chosen = here.value("side") if here.value("side") in dict(_TABS) else "schema"
        addresses = {name: here.link(side=None if name == "schema" else name) for name, _ in _TABS}
        tabs(
            "Beside the editor",
            [(text, addresses[name]) for name, text in _TABS],
            addresses[chosen],
        )
        match chosen:
            case "queries":
                await self._queries()
            case _:
                self._schema()

    def _schema(self) -> None:
        here = self._visit.here
        opened = here.value("table")
        with tag("ul", cls="schema"):
            for table in self._tables:
                is_open = table.name == opened
                with tag("li"):
                    with tag("div", cls="row"):
                        address = here.link(table=None if is_open else table.name)
                        link(
                            f"{'▾' if is_open else '▸'} {table.name}",
                            address,
                            aria_expanded=str(is_open).lower(),
                        )
                        self._inserts(table.name, "insert", "+")
                    if is_open:
                        self._columns(table)

    def _columns(self, table: HuntTable) -> None:
        tag("p", plain(table.about, 300), cls="quiet")
        with tag("ul", cls="columns"):
            for column in table.columns:
                with tag("li", cls="empty" if column.is_empty else ""):
                    with tag("div", cls="row"):
                        self._inserts(column.name, "name", plain(column.name, NAME))
                        tag("span", column.type.value, cls="type")
                    if column.about:
                        tag("p", plain(column.about, 300), cls="quiet")

    def _inserts(self, name: str, cls: str, text: str) -> None:
        def insert() -> None:
            if self._desk is not None:
                self._desk.editor.insert(name)

        tag(
            "button",
            text,
            cls=cls,
            type="button",
            on_click=insert,
            aria_label=f"Insert {plain(name, NAME)}",
        )

    async def _queries(self) -> None:
        found = await self._visit.read(_queries, self._visit.person.name)
        own = [one for one in found if one.owner == self._visit.person.name]
        shared = [one for one in found if one.owner != self._visit.person.name]
        tag("h2", "My queries")
        self._listed(own, "None yet: write a query, then Save.")
        tag("h2", "Shared by others")
        self._listed(shared, "Nobody shares a query.")

    def _listed(self, queries: Sequence[SavedQuery], empty: str) -> None:
        if not queries:
            tag("p", empty, cls="quiet")
            return
        here, me = self._visit.here, self._visit.person
        with tag("ul", cls="queries"):
            for one in queries:
                opens = here.link(saved=one.id, query=None, ran=None)
                is_mine = one.owner == me.name
                with tag("li"):
                    link(
                        plain(one.name, NAME),
                        opens,
                        aria_current="true" if here.number("saved", 0) == one.id else None,
                    )
                    said = (
                        "shared"
                        if is_mine and one.shared
                        else ""
                        if is_mine
                        else f"by {plain(one.owner, 40)}"
                    )
                    with tag("div", cls="row quiet"):
                        tag("span", " · ".join(filter(None, (said, when(one.updated_at)))))
                        if is_mine or self._visit.may(Permission.ADMINISTER):
                            self._deletes(one)

    def _deletes(self, one: SavedQuery) -> None:
        name = plain(one.name, NAME)

        async def delete() -> None:
            await self._visit.read(_delete, one.id, self._visit)
            say(f"Deleted {name}.")
            if self._visit.here.number("saved", 0) == one.id:
                await self._visit.here.go(saved=None)
            await self.refresh()

        button("Delete", self._visit.doing(delete), cls="small", aria_label=f"Delete {name}")

    async def save(self) -> None:
        """Ask for a name and keep what is in the editor; one's own open query is offered first."""
        if self._desk is None:
            return
        text = (await self._desk.editor.written()).text
        saved = await self._saved()
        me = self._visit.person
        is_mine = saved is not None and saved.owner == me.name
        chosen = await ask_name(
            saved.name if saved is not None and is_mine else "",
            shared=bool(saved and is_mine and saved.shared),
        )
        if chosen is None:
            return
        kept = await self._visit.read(
            hunt.save_query, chosen.name, text, shared=chosen.shared, by=me.actor
        )
        say(f"Saved {plain(kept.name, NAME)}.")
        await self._visit.here.go(saved=kept.id, side="queries")
        await self.refresh()

    async def _saved(self) -> SavedQuery | None:
        number = self._visit.here.number("saved", 0)
        if not number:
            return None
        try:
            return await self._visit.read(hunt.saved_query, number, reader=self._visit.person.name)
        except ClawbackError as error:
            say(str(error), good=False)
            return None


def show_examples(visit: Visit) -> None:
    """Queries to begin with; a click puts one into the editor and runs nothing."""
    here = visit.here
    if here.value("query") or here.value("saved"):
        tag("p", "Nothing ran yet: look at the query, then Run.", cls="quiet")
    tag("h2", "Examples")
    with tag("div", cls="panels examples"):
        for one in EXAMPLES:
            with tag("section", cls="panel"):
                tag("h3", one.title)
                tag("p", one.about, cls="quiet")
                tag("pre", one.text)
                link(
                    "Open",
                    here.link(query=one.text, saved=None, ran=None),
                    cls="button small",
                    aria_label=f"Open {one.title}",
                )


def _queries(ctx: Context, reader: str) -> tuple[SavedQuery, ...]:
    return ctx.store.hunting.queries(reader)


def _delete(ctx: Context, query_id: int, visit: Visit) -> SavedQuery:
    administers = visit.may(Permission.ADMINISTER)
    return hunt.delete_saved(ctx, query_id, by=visit.person.actor, administers=administers)

"""Advanced hunting: an editor with the schema beside it, and answers below."""

from __future__ import annotations

from nicegui.context import context

from clawback.console.pages.hunting.answer import BESIDE, SHOWS, show_answer
from clawback.console.pages.hunting.desk import Desk
from clawback.console.pages.hunting.examples import show_examples
from clawback.console.pages.hunting.keeping import opened_query
from clawback.console.pages.hunting.row import show_row
from clawback.console.pages.hunting.side import SHOWS as SIDE
from clawback.console.pages.hunting.side import show_side
from clawback.console.paging import page
from clawback.console.parts.notices import say_why_not
from clawback.console.parts.tags import tag
from clawback.console.visiting import Visit, say
from clawback.errors import NotFound
from clawback.services import hunt, hunt_history
from clawback.services.context import Context
from models.hunting import HuntTable, HuntWord

ASKED = frozenset({"query", "saved", "ran"})
"""What names the query that is in the editor."""


@page("/hunting", title="Advanced hunting", nav="hunting")
async def hunting(visit: Visit) -> None:
    """Schema and queries, editor, answer."""
    tables, words = await visit.read(_language)
    with tag("div", cls="hunting"):
        aside = tag("div", cls="side")
        with tag("div", cls="work"):
            desk = Desk(visit, tables, words, await _text(visit))
            await desk.show_bar()
            await _answers(visit, desk)
        with aside:
            await _side(visit, desk, tables)

    async def open_text() -> None:
        if not desk.is_addressing and (text := await _text(visit)):
            desk.editor.show(text)

    await visit.here.part(ASKED, open_text)
    if visit.here.value("run") == "1" and came_from_us():
        await desk.run_text(await _text(visit))


def came_from_us() -> bool:
    """Whether a link of the console led here, as the browser says: an address from elsewhere runs nothing."""
    request = context.client.request
    return request is not None and request.headers.get("sec-fetch-site") == "same-origin"


async def _text(visit: Visit) -> str:
    """The query that the address names: itself, one of the history, or one that is saved."""
    here = visit.here
    if here.value("query"):
        return here.value("query")
    if ran := here.number("ran", 0):
        try:
            return (await visit.read(hunt_history.one, ran, visit.person.name)).asked.text
        except NotFound as error:
            say(str(error), good=False)
            return ""
    saved = await opened_query(visit)
    return "" if saved is None else saved.text


async def _side(visit: Visit, desk: Desk, tables: tuple[HuntTable, ...]) -> None:
    async def side() -> None:
        await show_side(visit, tables, desk.editor.insert, refresh)

    async def refresh() -> None:
        await part.build()

    part = await visit.here.part(SIDE, side)
    desk.on_change(refresh)


async def _answers(visit: Visit, desk: Desk) -> None:
    async def answer() -> None:
        ended = desk.ended
        if desk.running is not None:
            tag("p", "The answer comes here.", cls="quiet")
        elif ended is None:
            show_examples(visit)
        elif ended.answer is not None:
            await show_answer(visit, ended, ended.answer)
        elif ended.error is not None:
            say_why_not(ended.error)

    async def row() -> None:
        if desk.ended is not None and desk.ended.answer is not None:
            show_row(visit, desk.ended.answer.result)

    answers = await visit.here.part(SHOWS, answer)
    rows = await visit.here.part({"row"} | BESIDE, row)

    async def changed() -> None:
        await answers.build()
        await rows.build()

    desk.on_change(changed)


def _language(ctx: Context) -> tuple[tuple[HuntTable, ...], tuple[HuntWord, ...]]:
    return (*hunt.tables(ctx), *hunt.list_tables(ctx)), hunt.words(ctx)

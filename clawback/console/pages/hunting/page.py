"""Advanced hunting: an editor with the schema beside it, and answers below."""

from __future__ import annotations

from nicegui.context import context

from clawback.console.pages.hunting.answer import SHOWS, show_answer
from clawback.console.pages.hunting.desk import Desk
from clawback.console.pages.hunting.row import show_row
from clawback.console.pages.hunting.side import Side, show_examples
from clawback.console.paging import page
from clawback.console.parts.notices import say_why_not
from clawback.console.parts.tags import tag
from clawback.console.visiting import Visit
from clawback.services import hunt
from clawback.services.context import Context
from models.hunting import HuntTable, HuntWord


@page("/hunting", title="Advanced hunting", nav="hunting")
async def hunting(visit: Visit) -> None:
    """Schema and queries, editor, answer."""
    tables, words = await visit.read(_language)
    with tag("div", cls="hunting"):
        side = Side(visit, tables)
        with tag("div", cls="side"):
            aside = await visit.here.part({"side", "table", "saved"}, side.show)
        with tag("div", cls="work"):
            desk = Desk(visit, tables, words, await side.text())
            side.attach(desk, aside)
            await desk.show_bar()
            await visit.here.part({"query", "saved", "ran"}, side.open_text)
            await _answers(visit, desk, side)
    if visit.here.value("run") == "1" and came_from_us():
        await visit.doing(desk.run)()


def came_from_us() -> bool:
    """Whether a link of the console led here, as the browser says; an address from elsewhere runs nothing."""
    request = context.client.request
    return request is not None and request.headers.get("sec-fetch-site") == "same-origin"


async def _answers(visit: Visit, desk: Desk, side: Side) -> None:
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
    rows = await visit.here.part({"row"}, row)

    async def changed() -> None:
        await answers.build()
        await rows.build()
        await side.refresh()

    desk.changed = changed


def _language(ctx: Context) -> tuple[tuple[HuntTable, ...], tuple[HuntWord, ...]]:
    return (*hunt.tables(ctx), *hunt.list_tables(ctx)), hunt.words(ctx)

"""The answer of a query: what there is to say of it, its chart, its rows, and what can be done with them."""

from __future__ import annotations

from clawback.console.pages.hunting.asking import Ended
from clawback.console.pages.hunting.shelf import Kept
from clawback.console.parts.chart import Chart
from clawback.console.parts.layout import filters, pager, tabs, text_field
from clawback.console.parts.table import Cell, Column, Row, Table
from clawback.console.parts.tags import Tag, button, link, tag
from clawback.console.visiting import Visit
from clawback.core.hunt_charts import drawing_of, undrawn
from clawback.core.hunt_ranges import TimeRange, bounds_of, range_of
from clawback.core.hunt_rows import NUMBERS, arranged, message_of, names_messages, shown_value
from clawback.core.showing import counted, plain
from clawback.errors import BadInput
from clawback.services.context import Context
from models.hunting import HuntResult, KqlType
from models.people import Permission

BESIDE = frozenset({"side", "table", "saved", "range", "since", "until"})
"""What else the address says: links of an answer carry it along, so they are made anew with it."""

SHOWS = frozenset({"sort", "find", "page", "size", "view"}) | BESIDE

SIZE, MOST_SIZE = 100, 200
CELL = 200
MOST_CHOSEN = 100
"""Messages that can be picked by hand, as in the original; a whole answer may have more."""


async def show_answer(visit: Visit, ended: Ended, kept: Kept) -> None:
    """The answer as chart or table, with its bar."""
    result = kept.result
    drawing = drawing_of(result)
    _facts(result)
    if drawing is not None:
        here = visit.here
        as_chart, as_table = here.link(view=None, page=None), here.link(view="table", page=None)
        is_table = here.value("view") == "table"
        tabs(
            "Answer as",
            [("Chart", as_chart), ("Table", as_table)],
            as_table if is_table else as_chart,
        )
        if not is_table:
            Chart(drawing.label, drawing.options)
            if drawing.note:
                tag("p", drawing.note, cls="quiet")
            with tag("div", cls="row bar"):
                _bar(visit, ended, kept, None)
            return
    elif reason := undrawn(result):
        tag("p", reason, cls="quiet")
    await Grid(visit, ended, kept).show()


def _facts(result: HuntResult) -> None:
    lag = result.mirror_lag.total_seconds()
    said = f"{counted(len(result.rows), 'row')} in {result.elapsed.total_seconds():.2f} s"
    said += f" · data {lag:,.0f} s behind the database" if lag >= 1 else " · data in step"
    tag("p", said, cls="quiet", role="status")
    if result.truncated:
        cut = f"Truncated at {counted(len(result.rows), 'row')}: there are more."
        tag("p", f"{cut} Narrow the query by time, or summarize.", cls="notice warn")


def _bar(visit: Visit, ended: Ended, kept: Kept, take: Tag | None) -> None:
    result = kept.result
    if not result.rows:
        return
    if take is not None:
        link("Take action on all results", _all_results(visit, ended), cls="button small")
    export = visit.address("/hunting/results.csv", answer=kept.key)
    link("Export CSV", export, cls="button small", download=True)


def _all_results(visit: Visit, ended: Ended) -> str:
    """Where action is taken on all that the query finds in the times that it had."""
    asked, query = ended.run.asked, {"source": "hunting", "hunt": ended.text}
    times = bounds_of(range_of(asked.range), ended.run.ran_at, since=asked.since, until=asked.until)
    for name, moment in zip(("since", "until"), times, strict=True):
        if moment is not None:
            query[name] = moment.isoformat()
    if times == (None, None):
        query["range"] = TimeRange.ALL.value
    return visit.address("/take-action", **query)


class Grid:
    """Rows of an answer, a page at a time; columns are told apart by place, whatever they are called."""

    def __init__(self, visit: Visit, ended: Ended, kept: Kept) -> None:
        self._visit = visit
        self._ended = ended
        self._kept = kept
        self._result = kept.result
        self._messages: dict[str, str] = {}
        self._chosen: list[str] = []
        self._take: Tag | None = None

    async def show(self) -> None:
        """Bar, table, pager."""
        here = self._visit.here
        numbers = await self._visit.read(
            _arranged, self._result, *_order(here.value("sort")), here.value("find")
        )
        size = here.number("size", SIZE, least=1, most=MOST_SIZE)
        page = min(here.number("page", 1, least=1), max(1, -(-len(numbers) // size)))
        shown = numbers[(page - 1) * size : page * size]
        with tag("div", cls="row spread bar"):
            self._actions()
            self._search()
        self._table(shown)
        if numbers:
            pager(here, page=page, size=size, total=len(numbers), sizes=(50, 100, 200))

    def _actions(self) -> None:
        with tag("div", cls="row"):
            can_take = names_messages(self._result) and self._visit.may(Permission.OPERATE)
            if can_take and self._result.rows:
                self._take = button(
                    "Take action", self._visit.doing(self._take_chosen), cls="primary small"
                )
                self._take.props["disabled"] = ""
            _bar(self._visit, self._ended, self._kept, self._take)

    def _search(self) -> None:
        if not self._result.rows:
            return
        with filters("Search in the answer"):
            text_field(self._visit.here, "find", "Search in these rows")
            tag("button", "Search", cls="button", type="submit")

    def _table(self, shown: list[int]) -> None:
        here, result = self._visit.here, self._result
        by, descending = _order(here.value("sort"))
        columns = [Column("number", "#", "number")]
        for at, column in enumerate(result.columns):
            toward = f"-{at}" if by == at and not descending else str(at)
            mark = ("desc" if descending else "asc") if by == at else ""
            kind = "number" if column.type in NUMBERS else "text"
            title = plain(column.name, 60) or "(no name)"
            columns.append(
                Column(
                    f"c{at}",
                    title,
                    kind,
                    here.link(sort=toward, page=None),
                    mark,
                    column.type is KqlType.DYNAMIC,
                )
            )
        empty = (
            "No row is as searched."
            if result.rows
            else "The query found nothing in this time range."
        )
        rows = [self._row(number) for number in shown]
        keys = {row.key for row in rows}
        self._choose([key for key in self._ended.chosen if key in keys])
        Table(
            "Answer",
            columns,
            rows,
            empty=empty,
            sticky=True,
            on_choose=self._choose if self._take is not None else None,
            chosen=self._ended.chosen,
        )

    def _row(self, number: int) -> Row:
        here, result = self._visit.here, self._result
        row = result.rows[number]
        message = message_of(result, row)
        if message:
            self._messages[str(number)] = message
        cells: list[object] = [Cell(f"{number + 1:,}", here.link(row=number + 1))]
        for column, value in zip(result.columns, row, strict=True):
            text = shown_value(value, CELL)
            is_link = bool(message) and column.name in ("NetworkMessageId", "ReportId")
            href = self._visit.address(f"/email/{message}") if is_link else ""
            cells.append(Cell(text, href) if is_link else text)
        return Row(str(number), cells, here.number("row", 0) == number + 1, f"row {number + 1}")

    def _choose(self, keys: list[str]) -> None:
        self._ended.chosen = keys
        found = (self._messages.get(key, "") for key in keys)
        self._chosen = list(dict.fromkeys(one for one in found if one))
        if self._take is None:
            return
        count = len(self._chosen)
        self._take.props.set_optional("disabled", None if count else "")
        self._take.say(f"Take action on {counted(count, 'message')}" if count else "Take action")

    async def _take_chosen(self) -> None:
        if len(self._chosen) > MOST_CHOSEN:
            raise BadInput(
                f"at most {MOST_CHOSEN} messages can be picked: choose fewer, or take action on all results"
            )
        self._visit.lead_to("/take-action", source="hunting", message=self._chosen)


def _order(text: str) -> tuple[int | None, bool]:
    """The place of the column that orders the rows, and whether downwards."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 6):
        return None, False
    return int(digits), text.startswith("-")


def _arranged(
    ctx: Context, result: HuntResult, by: int | None, descending: bool, find: str
) -> list[int]:
    return arranged(result, by=by, descending=descending, find=find)

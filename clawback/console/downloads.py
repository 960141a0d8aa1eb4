"""Files of the console: CSV by an address of its own, for whoever may see the page that links to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse
from nicegui import app as pages_app
from starlette.concurrency import run_in_threadpool

from clawback.console.paging import visit_of
from clawback.console.visiting import Visit
from clawback.core.csv_text import csv_lines
from clawback.errors import ClawbackError
from clawback.services import people
from models.people import Permission

Sheet = tuple[Sequence[str], Iterable[Sequence[object]]]
"""The names of the columns, and the rows."""

Make = Callable[[Visit], Sheet]


def csv_file(path: str, *, permission: Permission = Permission.READ) -> Callable[[Make], Make]:
    """Register `def make(visit) -> Sheet` at an address; it runs in a thread, its rows one by one.

    What it raises of our errors before the first row is said in place of the file. The file is called
    as the address ends, and no cell of it is a formula.
    """

    def register(make: Make) -> Make:
        @pages_app.get(path, include_in_schema=False)
        async def serve(request: Request) -> Response:
            try:
                lines = await run_in_threadpool(_begun, make, visit_of(request), permission)
            except ClawbackError as error:
                return PlainTextResponse(f"{error}\n", 400)
            name = path.rsplit("/", 1)[-1]
            return StreamingResponse(
                lines,
                media_type="text/csv; charset=utf-8",
                headers={
                    "Content-Disposition": f'attachment; filename="{name}"',
                    "Cache-Control": "no-store",
                },
            )

        return make

    return register


def _begun(make: Make, visit: Visit, permission: Permission) -> Iterator[str]:
    """The lines, of which the first is made already: what fails at once fails here."""
    people.require(visit.person, permission)
    columns, rows = make(visit)
    lines = csv_lines(columns, rows)
    first = next(lines)
    second = next(lines, None)
    return chain([first], () if second is None else [second], lines)

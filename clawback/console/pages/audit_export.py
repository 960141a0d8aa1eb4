"""The audit log as a file: every entry a line of JSON, for others to check. The export is recorded."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse
from nicegui import app as pages_app
from starlette.concurrency import run_in_threadpool

from clawback.console.paging import visit_of
from clawback.console.visiting import Visit
from clawback.errors import ClawbackError
from clawback.services import audit, people
from models.people import Permission

EXPORT = "/audit/files/AuditLog.ndjson"
_IN_MEMORY_BYTES = 4_000_000
_PIECE_BYTES = 65_536


@pages_app.get(EXPORT, include_in_schema=False)
async def serve(request: Request) -> Response:
    """The whole log, oldest first, to who may administer."""
    try:
        spool = await run_in_threadpool(_written, visit_of(request))
    except ClawbackError as error:
        return PlainTextResponse(f"{error}\n", 403)
    return StreamingResponse(
        _pieces(spool),
        media_type="application/x-ndjson",
        headers={
            "Content-Disposition": 'attachment; filename="AuditLog.ndjson"',
            "Cache-Control": "no-store",
        },
    )


def _written(visit: Visit) -> IO[str]:
    """The file, whole: what fails, fails before anything is sent."""
    people.require(visit.person, Permission.ADMINISTER)
    # Closed once it was sent.
    spool = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, "w+", encoding="utf-8")  # noqa: SIM115
    audit.export(visit.ctx, spool.write, actor=visit.person.actor)
    spool.seek(0)
    return spool


def _pieces(spool: IO[str]) -> Iterator[str]:
    with spool:
        while piece := spool.read(_PIECE_BYTES):
            yield piece

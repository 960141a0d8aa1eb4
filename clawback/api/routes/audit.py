"""The audit log: read, checked, exported. It names logins and tokens, so it is an administrator's."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from typing import IO, Annotated

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from clawback.api.access import Administrator
from clawback.api.options import PREFIX, Ctx
from clawback.api.paging import LIMIT, Cursor, Limit, Page, page_of, read_number
from clawback.api.routing import GuardedRoute
from clawback.api.shapes.audit import AuditOut, AuditReportOut
from clawback.services import audit
from clawback.services.report import View
from models.audit import AuditEntry

router = APIRouter(prefix=f"{PREFIX}/audit", route_class=GuardedRoute, tags=["audit"])

NDJSON = "application/x-ndjson"
_IN_MEMORY_BYTES = 4_000_000
_PIECE_BYTES = 65_536


@router.get("", response_model=Page[AuditOut])
def list_entries(
    ctx: Ctx,
    who: Administrator,
    *,
    event: Annotated[str, Query(max_length=100, description="Such as action:decided")] = "",
    actor: Annotated[str, Query(max_length=200)] = "",
    cursor: Cursor = "",
    limit: Limit = LIMIT,
) -> View:
    """Entries, the newest first, by event and by who did it."""
    rows = ctx.store.audit.entries(
        before=read_number(cursor, "audit"), limit=limit + 1, event=event, actor=actor
    )
    return page_of(rows, limit, _view, lambda entry: ["audit", entry.number])


@router.get("/verify", response_model=AuditReportOut)
def verify(
    ctx: Ctx,
    who: Administrator,
    head: Annotated[str, Query(max_length=100, description="NUMBER:DIGEST that was kept")] = "",
) -> View:
    """Check every entry; with a head that was kept elsewhere also that nothing was rewritten whole."""
    report = audit.verify(ctx, audit.parse_head(head) if head else None)
    return {
        "ok": report.faults_found == 0,
        "entries": report.entries,
        "head": str(report.head),
        "found": report.faults_found,
        "faults": [{"entry": fault.entry, "what": fault.what} for fault in report.faults],
    }


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {NDJSON: {"schema": {"type": "string"}}}}},
)
def export(ctx: Ctx, who: Administrator) -> StreamingResponse:
    """Every entry as a line of JSON, oldest first, for others to check. The export is recorded."""
    # Closed once it was sent.
    spool = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, "w+", encoding="utf-8")  # noqa: SIM115
    audit.export(ctx, spool.write, actor=who.actor)
    spool.seek(0)
    return StreamingResponse(_pieces(spool), media_type=NDJSON)


def _pieces(spool: IO[str]) -> Iterator[str]:
    with spool:
        while piece := spool.read(_PIECE_BYTES):
            yield piece


def _view(entry: AuditEntry) -> View:
    return {
        "number": entry.number,
        "at": entry.at,
        "event": entry.event,
        "actor": entry.actor,
        "via": entry.via,
        "verified": entry.verified,
        "investigation_id": entry.investigation_id,
        "action_id": entry.action_id,
        "details": _details(entry.details),
        "previous": entry.previous,
        "digest": entry.digest,
    }


def _details(written: str | None) -> object:
    """What an entry says, or its text where somebody made something else of it."""
    if written is None:
        return None
    try:
        return json.loads(written)
    except ValueError:
        return written

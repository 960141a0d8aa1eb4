"""The text of a message, for who may preview: each time is in the audit log."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool

from clawback.api.access import Previewer
from clawback.api.document import failing
from clawback.api.options import PREFIX, Edged
from clawback.api.routing import GuardedRoute
from clawback.api.shapes.actions import RowNumber
from clawback.api.shapes.audit import MessageTextOut
from clawback.services.context import Context
from clawback.services.message_text import MessageText, read_message_text
from clawback.services.report import View
from models.people import Principal

router = APIRouter(prefix=f"{PREFIX}/messages", route_class=GuardedRoute, tags=["messages"])


@router.get("/{copy_id}/text", response_model=MessageTextOut, responses=failing(404))
async def get_text(edge: Edged, who: Previewer, copy_id: Annotated[RowNumber, Path()]) -> View:
    """What a person reads of a message, as text; it is read from its mailbox and not kept."""
    async with edge.reading:
        found = await run_in_threadpool(_read, edge.ctx, copy_id, who)
    return {
        "copy_id": found.copy_id,
        "source": found.source,
        "mailbox": found.mailbox,
        "folder": found.folder,
        "headers": dict(found.shown.headers),
        "text": found.shown.text,
        "files": [asdict(one) for one in found.shown.files],
        "truncated": found.shown.truncated,
    }


def _read(ctx: Context, copy_id: int, who: Principal) -> MessageText:
    return asyncio.run(read_message_text(ctx, copy_id, who))

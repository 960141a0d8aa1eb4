"""The text of a message, for who may preview: each time is in the audit log."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path

from clawback.api.access import Previewer
from clawback.api.document import failing
from clawback.api.options import PREFIX, Ctx
from clawback.api.routing import GuardedRoute
from clawback.api.shapes.actions import RowNumber
from clawback.api.shapes.audit import MessageTextOut
from clawback.services.message_text import read_message_text
from clawback.services.report import View

router = APIRouter(prefix=f"{PREFIX}/messages", route_class=GuardedRoute, tags=["messages"])

_AT_ONCE = threading.Semaphore(2)
"""Messages that are read side by side: each may fill its process."""


@router.get("/{copy_id}/text", response_model=MessageTextOut, responses=failing(404))
def get_text(ctx: Ctx, who: Previewer, copy_id: Annotated[RowNumber, Path()]) -> View:
    """What a person reads of a message, as text; it is read from its mailbox and not kept."""
    with _AT_ONCE:
        found = asyncio.run(read_message_text(ctx, copy_id, who))
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

"""Clicks on links, which a gateway or proxy reports: for hunting in UrlClickEvents."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from clawback.errors import BadInput
from clawback.services.context import Context
from models.clicks import UrlClick

log = logging.getLogger(__name__)

AT_ONCE = 10_000
"""Clicks that are taken at once: one transaction."""


def record_clicks(ctx: Context, clicks: Sequence[UrlClick]) -> int:
    """Keep the clicks that were not reported before; returns how many.

    Raises `BadInput` for more than `AT_ONCE`; then none is kept.
    """
    if len(clicks) > AT_ONCE:
        raise BadInput(f"{len(clicks)} clicks are too many at once: send {AT_ONCE} at most")
    added = ctx.store.clicks.add(clicks)
    log.info("clicks_recorded", extra={"clicks": added, "known": len(clicks) - added})
    return added

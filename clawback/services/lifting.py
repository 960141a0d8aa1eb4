"""Lifting: what was suppressed may remediate by itself again."""

from __future__ import annotations

from dataclasses import replace

from clawback.errors import NotFound
from clawback.services.context import Context
from models.actions import Actor
from models.indicators import Indicator, IndicatorKind


def lift(ctx: Context, indicator: Indicator, *, by: Actor) -> Indicator:
    """The indicator whose suppression ended: this one, or the selection with that digest.

    A person types 64 hex digits for a file and for a selection alike. Raises `NotFound` where
    neither is suppressed.
    """
    cases, now = ctx.store.cases, ctx.clock.now()
    try:
        cases.lift(indicator, by, now)
        return indicator
    except NotFound:
        if indicator.kind is not IndicatorKind.FILE:
            raise
        selection = replace(indicator, kind=IndicatorKind.SELECTION)
        if not cases.suppression(selection):
            raise
    cases.lift(selection, by, now)
    return selection

"""What-if: what the last days would have come to under other settings, before they are saved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from clawback.core.setting_lists import check_lists
from clawback.core.what_if import lookups, replay
from clawback.core.what_if_totals import Totals
from clawback.errors import BadInput
from clawback.services.context import Context
from models.settings import Settings
from models.what_if import Known, WhatIf

DAYS = 30
DAYS_MAX = 365

AT_ONCE = 1_000
"""Decisions that are in memory at once, and looked up for together."""


def what_if(ctx: Context, changes: Mapping[str, object], *, days: int = DAYS) -> WhatIf:
    """The decisions of the last days as they happened, under the settings in force, and after these changes.

    Nothing is written. Raises `BadInput` naming the setting.
    """
    if not 1 <= days <= DAYS_MAX:
        raise BadInput(f"days: give 1 to {DAYS_MAX}")
    current, version = ctx.store.settings.current()
    edited = _edited(current, changes)
    now = ctx.clock.now()
    since = now - timedelta(days=days)
    totals, before = Totals(current, edited), None
    while page := ctx.store.lists.past_decisions(since=since, before=before, limit=AT_ONCE):
        before = page[-1].id
        policys = [past for past in page if not past.is_selection]
        known = ctx.store.lists.known(lookups(policys, (current, edited)))
        for past in page:
            if past.is_selection:
                totals.leave_out()
                continue
            under_current = replay(past, current, known)
            own = past.inputs.settings if past.inputs is not None else current
            totals.add(
                past,
                alike=under_current if own == current else replay(past, own, Known()),
                current=under_current,
                edited=under_current if edited == current else replay(past, edited, known),
            )
    return totals.told(since, now, version)


def _edited(current: Settings, changes: Mapping[str, object]) -> Settings:
    try:
        edited = current.with_changes(changes)
    except ValueError as error:
        raise BadInput(str(error)) from error
    check_lists(edited)
    return edited

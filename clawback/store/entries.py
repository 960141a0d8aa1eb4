"""Rows of the ledger as values."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import LargeBinary, Select, Text, select, type_coerce

from clawback.store.index.refs import COPIES, REF_COLUMNS, ROLES, place_of, ref_of
from models.outcomes import LedgerEntry, LedgerState, Outcome, RestorePoint
from models.tables.catalog import action_copies, copies
from models.tables.columns import unescaped

AT_ONCE = 1_000
"""Rows that are read at once."""

# As the database has them: conversions column by column take longer than the reading itself.
_PLANNED = (
    action_copies.c.action_id,
    type_coerce(action_copies.c.expected_sha256, LargeBinary),
    action_copies.c.destination_role,
    type_coerce(action_copies.c.destination_folder, Text),
    action_copies.c.state,
    type_coerce(action_copies.c.restore_folder, Text),
    type_coerce(action_copies.c.restore_handle, Text),
    action_copies.c.restore_role,
    action_copies.c.restore_flags,
    type_coerce(action_copies.c.restore_folder_id, Text),
    type_coerce(action_copies.c.destination_id, Text),
)
_BEHIND = len(REF_COLUMNS)
_ENDING = _BEHIND + len(_PLANNED)
ENDED = (
    action_copies.c.outcome,
    type_coerce(action_copies.c.detail, Text),
    type_coerce(action_copies.c.moved_folder, Text),
    type_coerce(action_copies.c.moved_handle, Text),
    action_copies.c.finished_at,
    action_copies.c.recoverable_until,
)


def select_entries(*more: Any) -> Select[Any]:
    """A select of what `entry_of` reads, with `ENDED` or without."""
    source = COPIES.join(action_copies, action_copies.c.copy_id == copies.c.id)
    return select(*REF_COLUMNS, *_PLANNED, *more).select_from(source)


def entry_of(row: Sequence[Any], siblings: frozenset[str]) -> LedgerEntry:
    """The entry in a row; one of an unfinished copy goes without the columns of its ending."""
    (
        action_id, expected, role, folder, state,
        restore_folder, restore_handle, restore_role, restore_flags, restore_folder_id, folder_id,
    ) = row[_BEHIND:_ENDING]  # fmt: skip
    outcome, detail, moved_folder, moved_handle, finished_at, until = row[_ENDING:] or _NOT_ENDED
    restore = None
    if restore_folder is not None:
        place = place_of(restore_folder, restore_handle)
        flags = _flags_in(restore_flags)
        restore = RestorePoint(place, ROLES[restore_role], flags, unescaped(restore_folder_id))
    return LedgerEntry(
        action_id,
        ref_of(row, siblings),
        expected.hex(),
        ROLES[role],
        unescaped(folder),
        _STATES[state],
        restore,
        None if outcome is None else _OUTCOMES[outcome],
        detail,
        None if moved_folder is None else place_of(moved_folder, moved_handle),
        finished_at,
        until,
        unescaped(folder_id),
    )


_NOT_ENDED: tuple[Any, ...] = (None, "", None, None, None, None)
_STATES = {state.value: state for state in LedgerState}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}


@lru_cache(maxsize=1024)
def _flags_in(text: str) -> frozenset[str]:
    """The flags of a restore point, from the text that was written."""
    return frozenset(text.split())


@lru_cache(maxsize=1024)
def flag_text(flags: frozenset[str]) -> str:
    """What `entry_of` reads the flags of a restore point from."""
    return " ".join(sorted(flags))

"""Long lists, page by page: implements `clawback.listing_ports.Lists`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, select

from clawback.store.action_list import conditions_of, read_deciders, read_page, read_row
from clawback.store.action_results import read_put_back, read_results
from clawback.store.case_details import SqlCaseLists
from clawback.store.cases.action_rows import action_of, missing_action, select_actions
from clawback.store.cases.alerts import as_investigation
from clawback.store.cases.cluster_summary import read_summary
from clawback.store.cases.cluster_threats import count_matching
from clawback.store.cases.clusters import investigation_of, members_of, select_members
from clawback.store.entries import ENDED, entry_of, select_entries
from clawback.store.index.refs import NO_SIBLINGS, read_siblings
from clawback.store.replaying import PastDecisions
from models.action_list import (
    ActionMessage,
    ActionPage,
    ActionSorting,
    ClusterSummary,
    ListedAction,
    PutBack,
)
from models.actions import RemediationAction
from models.alerts import Investigation
from models.clusters import Member
from models.indicators import Indicator
from models.listing import (
    ActionFilter,
    ActionMark,
    ActionOrder,
    InvestigationFilter,
    SettingsVersion,
    Suppression,
)
from models.outcomes import LedgerEntry, Outcome
from models.tables.catalog import (
    action_copies,
    actions,
    cluster_members,
    clusters,
    investigations,
    settings_versions,
    suppressions,
)


class SqlLists(SqlCaseLists, PastDecisions):
    """Pages that begin after a row."""

    def investigations(
        self, wanted: InvestigationFilter, *, before: int | None, limit: int
    ) -> tuple[Investigation, ...]:
        """The newest first; `before` is the number of the last one that was shown."""
        statement = _before(select(investigations), investigations, before, limit)
        statement = statement.where(*_of_investigations(wanted))
        with self._database.read() as connection:
            return tuple(as_investigation(row) for row in connection.execute(statement))

    def actions(
        self, wanted: ActionFilter, order: ActionOrder, *, after: ActionMark | None, limit: int
    ) -> tuple[RemediationAction, ...]:
        """The newest first, by `order`."""
        statement = select_actions().where(*conditions_of(wanted)).limit(limit)
        number, updated = actions.c.id, actions.c.updated_at
        match order:
            case ActionOrder.CREATED:
                statement = statement.order_by(number.desc())
                later = None if after is None else number < after.id
            case ActionOrder.UPDATED:
                statement = statement.order_by(updated.desc(), number.desc())
                later = None if after is None else _earlier(after)
        with self._database.read() as connection:
            chosen = statement if later is None else statement.where(later)
            return tuple(action_of(row) for row in connection.execute(chosen))

    def action_page(
        self, wanted: ActionFilter, sorting: ActionSorting, *, offset: int, limit: int
    ) -> ActionPage:
        """The rows from `offset` on with what their clusters say, and how many there are in all."""
        return read_page(self._database, wanted, sorting, offset=offset, limit=limit)

    def listed_action(self, action_id: int) -> ListedAction:
        """One row of the same. Raises `NotFound`."""
        with self._database.read() as connection:
            found = read_row(self._database, connection, action_id)
        if found is None:
            raise missing_action(action_id)
        return found

    def deciders(self, limit: int) -> tuple[str, ...]:
        """Who decided actions, in order of their names."""
        return read_deciders(self._database, limit)

    def cluster_summary(self, cluster_id: int, *, sample: int) -> ClusterSummary:
        """A cluster without its members, but for a few of them. Raises `NotFound`."""
        with self._database.read() as connection:
            return read_summary(self._database, connection, cluster_id, sample=sample)

    def matching(self, cluster_id: int, indicator: Indicator) -> int:
        """How many members' mails carry the indicator by their newest reading; 0 for a selection."""
        with self._database.read() as connection:
            return count_matching(self._database, connection, cluster_id, indicator)

    def results(
        self, action_id: int, outcomes: Collection[Outcome], *, offset: int, limit: int
    ) -> tuple[ActionMessage, ...]:
        """What became of each message by copy id; without `outcomes` also of those that wait."""
        with self._database.read() as connection:
            return read_results(connection, action_id, outcomes, offset=offset, limit=limit)

    def put_back_left(self, action_id: int) -> PutBack:
        """What a revert of the action would have to put back."""
        with self._database.read() as connection:
            return read_put_back(connection, action_id)

    def members(self, cluster_id: int, *, after: int, limit: int) -> tuple[Member, ...]:
        """Members of a cluster by copy id, greater than `after`. Raises `NotFound`."""
        with self._database.read() as connection:
            investigation_of(connection, cluster_id)
            chosen = select_members(cluster_id).where(cluster_members.c.copy_id > after)
            return members_of(self._database, connection, chosen.limit(limit))

    def messages(self, action_id: int, *, after: int, limit: int) -> tuple[LedgerEntry, ...]:
        """Rows of an action's ledger by copy id, greater than `after`. Raises `NotFound`."""
        number = action_copies.c.copy_id
        statement = select_entries(*ENDED).where(
            action_copies.c.action_id == action_id, number > after
        )
        with self._database.read() as connection:
            _check_action(connection, action_id)
            rows = connection.execute(statement.order_by(number).limit(limit)).all()
            siblings = read_siblings(self._database, connection, [row[0] for row in rows])
            return tuple(entry_of(row, siblings.get(row[0], NO_SIBLINGS)) for row in rows)

    def suppressions(self, *, before: int | None, limit: int) -> tuple[Suppression, ...]:
        """Those that hold, the newest first."""
        statement = _before(select(suppressions), suppressions, before, limit)
        with self._database.read() as connection:
            rows = connection.execute(statement.where(suppressions.c.lifted_at.is_(None)))
            return tuple(_suppression(row) for row in rows)

    def settings_versions(self, *, before: int | None, limit: int) -> tuple[SettingsVersion, ...]:
        """Versions of the settings, the newest first; version 0, the defaults, is not listed."""
        version = settings_versions.c.version
        statement = select(settings_versions).order_by(version.desc()).limit(limit)
        if before is not None:
            statement = statement.where(version < before)
        with self._database.read() as connection:
            return tuple(_version(row) for row in connection.execute(statement))

    def investigations_of(
        self, copy_ids: Collection[int], *, limit: int
    ) -> tuple[Investigation, ...]:
        """Those with one of these copies in a cluster, the newest first."""
        among = select(clusters.c.investigation_id).join(
            cluster_members, cluster_members.c.cluster_id == clusters.c.id
        )
        with_copy = among.where(self._database.among(cluster_members.c.copy_id, copy_ids))
        statement = _before(select(investigations), investigations, None, limit)
        with self._database.read() as connection:
            rows = connection.execute(statement.where(investigations.c.id.in_(with_copy)))
            return tuple(as_investigation(row) for row in rows)

    def actions_of(self, copy_ids: Collection[int], *, limit: int) -> tuple[RemediationAction, ...]:
        """Those with one of these copies in their ledger, the newest first."""
        is_meant = self._database.among(action_copies.c.copy_id, copy_ids)
        with_copy = select(action_copies.c.action_id).where(is_meant)
        statement = select_actions().where(actions.c.id.in_(with_copy))
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(actions.c.id.desc()).limit(limit))
            return tuple(action_of(row) for row in rows)


def _before(statement: Select[Any], table: Table, before: int | None, limit: int) -> Select[Any]:
    ordered = statement.order_by(table.c.id.desc()).limit(limit)
    return ordered if before is None else ordered.where(table.c.id < before)


def _earlier(mark: ActionMark) -> ColumnElement[bool]:
    is_equal = actions.c.updated_at == mark.updated_at
    return (actions.c.updated_at < mark.updated_at) | (is_equal & (actions.c.id < mark.id))


def _of_investigations(wanted: InvestigationFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.statuses:
        yield investigations.c.status.in_([status.value for status in wanted.statuses])
    if wanted.created_since is not None:
        yield investigations.c.created_at >= wanted.created_since
    if wanted.created_until is not None:
        yield investigations.c.created_at < wanted.created_until


def _check_action(connection: Connection, action_id: int) -> None:
    if connection.execute(select(actions.c.id).where(actions.c.id == action_id)).first() is None:
        raise missing_action(action_id)


def _suppression(row: Any) -> Suppression:
    return Suppression(
        row.id, row.kind, row.indicator, row.match, row.reason, row.action_id,
        created_at=row.created_at, created_by=row.created_by,
    )  # fmt: skip


def _version(row: Any) -> SettingsVersion:
    return SettingsVersion(row.version, row.settings, row.author, row.via, row.verified, row.at)

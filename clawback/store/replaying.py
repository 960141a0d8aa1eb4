"""Past decisions with what policy saw, for a replay: implements `clawback.replay_port.PastDecisions`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from clawback.store.cases.alerts import indicator_of
from clawback.store.cases.clusters import INDICATOR
from clawback.store.database import Database
from clawback.store.index.contents import chunks
from clawback.store.index.finding import SEARCHED
from clawback.store.index.matches import url_ids
from clawback.store.recorded import RecordedInputs
from models.actions import ActionStatus
from models.decisions import Effect
from models.indicators import Indicator, IndicatorKind
from models.locations import DeliveryLocation
from models.tables.catalog import (
    actions,
    cluster_members,
    clusters,
    copies,
    copy_locations,
    decisions,
    location_checks,
    mail_files,
    mail_urls,
    mailboxes,
    mails,
)
from models.what_if import Aftermath, IndicatorKey, Known, Lookups, PastDecision

_FOLDERS = (DeliveryLocation.DELETED_ITEMS, DeliveryLocation.SENT_ITEMS)
_CHUNK = 400
_RAN = (ActionStatus.RUNNING.value, ActionStatus.COMPLETED.value)


class PastDecisions:
    """The part of `Lists` that has decisions with what policy saw."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def past_decisions(
        self, *, since: datetime, before: int | None, limit: int
    ) -> tuple[PastDecision, ...]:
        """The decision that counts of each cluster, made since then, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(_decisions(before).limit(limit)).all()
            recent = [row for row in rows if row.decided_at >= since]
            acted = [row.action_id for row in recent if row.action_id is not None]
            reverts = _reverts(self._database, connection, acted)
        recorded = RecordedInputs()
        return tuple(_past(row, recorded, reverts) for row in recent)

    def known(self, wanted: Lookups) -> Known:
        """What is looked up, in a few statements however many decisions ask."""
        with self._database.read() as connection:
            return Known(
                folders=self._folders(connection, wanted.folders),
                mailboxes=self._mailboxes(connection, wanted),
                simulations=self._simulations(connection, wanted),
                senders=self._senders(connection, wanted.senders),
            )

    def _folders(
        self, connection: Connection, wanted: Mapping[int, datetime]
    ) -> dict[int, dict[DeliveryLocation, frozenset[int]]]:
        """Copies in folders that count by a setting, at the last check before a time, by cluster."""
        if not wanted:
            return {}
        check = location_checks.c
        statement = select(check.cluster_id, check.id, check.checked_at).where(
            self._database.among(check.cluster_id, wanted)
        )
        latest: dict[int, int] = {}
        for cluster_id, number, at in connection.execute(statement.order_by(check.id)):
            if at <= wanted[cluster_id]:
                latest[cluster_id] = number
        cluster_of = {number: cluster_id for cluster_id, number in latest.items()}
        found = copy_locations.c
        rows = connection.execute(
            select(found.check_id, found.location, found.copy_id).where(
                self._database.among(found.check_id, cluster_of),
                found.location.in_([each.value for each in _FOLDERS]),
            )
        )
        return _grouped((cluster_of[n], DeliveryLocation(place), copy) for n, place, copy in rows)

    def _mailboxes(
        self, connection: Connection, wanted: Lookups
    ) -> dict[int, dict[str, frozenset[int]]]:
        """Members in some mailboxes, by cluster and address."""
        if not wanted.mailboxes:
            return {}
        member = cluster_members.c
        statement = (
            select(member.cluster_id, mailboxes.c.address, member.copy_id)
            .join(copies, copies.c.id == member.copy_id)
            .join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
            .where(
                self._database.among(member.cluster_id, wanted.clusters),
                self._database.among_texts(mailboxes.c.address, sorted(wanted.mailboxes)),
            )
        )
        return _grouped(connection.execute(statement).tuples())

    def _simulations(
        self, connection: Connection, wanted: Lookups
    ) -> dict[int, dict[IndicatorKey, frozenset[int]]]:
        """Members whose mail carries one of some URLs where links count, by cluster and URL."""
        meant = _meant(connection, wanted.simulations)
        if not meant:
            return {}
        member = cluster_members.c
        statement = (
            select(member.cluster_id, mail_urls.c.url_id, member.copy_id)
            .join(mail_urls, mail_urls.c.mail_id == member.mail_id)
            .where(
                self._database.among(member.cluster_id, wanted.clusters),
                self._database.among(mail_urls.c.url_id, meant),
                mail_urls.c.location.in_([place.value for place in SEARCHED]),
            )
        )
        rows = connection.execute(statement).tuples()
        return _grouped(
            (cluster_id, key, copy_id)
            for cluster_id, url_id, copy_id in rows
            for key in meant[url_id]
        )

    def _senders(
        self, connection: Connection, wanted: Collection[Indicator]
    ) -> dict[IndicatorKey, tuple[datetime, ...]]:
        """When the index first saw each sender domain of some files and URLs."""
        found: defaultdict[IndicatorKey, dict[str, datetime]] = defaultdict(dict)
        files = [each for each in wanted if each.kind is IndicatorKind.FILE]
        keys = {each.value: (each.value, each.match) for each in files}
        for chunk in chunks(sorted(keys), _CHUNK):
            statement = _first_seen(mail_files.c.sha256, mail_files)
            rows = connection.execute(statement.where(mail_files.c.sha256.in_(chunk)))
            for sha256, domain, at in rows:
                found[keys[sha256]][domain] = at
        meant = _meant(connection, [each for each in wanted if each.kind is IndicatorKind.URL])
        if meant:
            statement = _first_seen(mail_urls.c.url_id, mail_urls)
            is_meant = self._database.among(mail_urls.c.url_id, meant)
            for url_id, domain, at in connection.execute(statement.where(is_meant)):
                for key in meant[url_id]:
                    found[key][domain] = min(at, found[key].get(domain, at))
        return {key: tuple(domains.values()) for key, domains in found.items()}


def _decisions(before: int | None) -> Any:
    """Decisions that count, with their cluster and action, the newest first."""
    later = decisions.alias("later")
    is_latest = ~(
        select(later.c.id)
        .where(later.c.cluster_id == decisions.c.cluster_id, later.c.id > decisions.c.id)
        .exists()
    )
    statement = (
        select(
            decisions.c.id,
            decisions.c.cluster_id,
            decisions.c.effect,
            decisions.c.copies,
            decisions.c.inputs,
            decisions.c.decided_at,
            clusters.c.investigation_id,
            *INDICATOR,
            clusters.c.name,
            clusters.c.query_at,
            actions.c.id.label("action_id"),
            actions.c.status,
            actions.c.decided_by,
        )
        .join(clusters, clusters.c.id == decisions.c.cluster_id)
        .outerjoin(
            actions,
            (actions.c.cluster_id == decisions.c.cluster_id)
            & (actions.c.decision_id == decisions.c.id)
            & actions.c.reverts_action_id.is_(None),
        )
        .where(is_latest)
        .order_by(decisions.c.id.desc())
    )
    return statement if before is None else statement.where(decisions.c.id < before)


def _reverts(
    database: Database, connection: Connection, action_ids: Collection[int]
) -> dict[int, int]:
    """The revert that ran over each of these actions, by the action's number."""
    if not action_ids:
        return {}
    statement = select(actions.c.reverts_action_id, func.min(actions.c.id)).where(
        database.among(actions.c.reverts_action_id, action_ids), actions.c.status.in_(_RAN)
    )
    rows = connection.execute(statement.group_by(actions.c.reverts_action_id))
    return dict(rows.tuples().all())


def _past(row: Any, recorded: RecordedInputs, reverts: Mapping[int, int]) -> PastDecision:
    indicator = indicator_of((row.indicator_kind, row.indicator, row.given, row.match))
    after = None
    if row.action_id is not None:
        status = ActionStatus(row.status)
        after = Aftermath(row.action_id, status, row.decided_by, reverts.get(row.action_id))
    is_selection = indicator.kind is IndicatorKind.SELECTION
    return PastDecision(
        id=row.id,
        cluster_id=row.cluster_id,
        investigation_id=row.investigation_id,
        indicator=indicator,
        name=row.name,
        gathered_at=row.query_at,
        decided_at=row.decided_at,
        effect=Effect(row.effect),
        copies=len(row.copies),
        inputs=None if is_selection else recorded.read(row.inputs),
        is_selection=is_selection,
        aftermath=after,
    )


def _meant(
    connection: Connection, indicators: Iterable[Indicator]
) -> dict[int, list[IndicatorKey]]:
    """The numbers of the URLs that these mean, each with what it is meant by."""
    found: defaultdict[int, list[IndicatorKey]] = defaultdict(list)
    for indicator in indicators:
        for number in url_ids(connection, indicator):
            found[number].append((indicator.value, indicator.match))
    return found


def _first_seen(what: Any, carrier: Any) -> Any:
    return (
        select(what, mails.c.from_domain, func.min(copies.c.first_seen_at))
        .join(mails, mails.c.id == carrier.c.mail_id)
        .join(copies, copies.c.mail_id == mails.c.id)
        .group_by(what, mails.c.from_domain)
    )


def _grouped(rows: Iterable[Any]) -> dict[int, dict[Any, frozenset[int]]]:
    """Copies by cluster and a second key."""
    found: defaultdict[int, defaultdict[Any, set[int]]] = defaultdict(lambda: defaultdict(set))
    for cluster_id, second, copy_id in rows:
        found[cluster_id][second].add(copy_id)
    return {
        cluster_id: {second: frozenset(numbers) for second, numbers in parts.items()}
        for cluster_id, parts in found.items()
    }

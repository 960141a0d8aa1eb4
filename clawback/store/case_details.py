"""All about one investigation, in bulk: implements a part of `clawback.listing_ports.CaseLists`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, select

from clawback.core.report_ids import report_id
from clawback.errors import NotFound
from clawback.store.case_dealings import read_dealings, read_events, read_groups
from clawback.store.case_lists import SqlCaseList, type_of
from clawback.store.cases.action_rows import action_of, select_actions
from clawback.store.cases.alerts import Alerts, indicator_of
from clawback.store.cases.judging import counts_of
from clawback.store.cases.sql_cases import history_entry
from clawback.store.database import Database
from clawback.store.documents import read_facts
from clawback.store.index.refs import ROLES
from models.cases import (
    Case,
    CaseAlert,
    CaseCluster,
    CaseEmail,
    CaseMailbox,
    Dealing,
    DealtGroup,
    EmailPage,
    EventPage,
    LogPage,
    MailboxPage,
)
from models.clusters import ClusterKind
from models.copies import FolderRole
from models.decisions import Effect
from models.outcomes import Outcome
from models.tables.catalog import (
    action_copies,
    actions,
    alert_entities,
    alerts,
    cluster_members,
    clusters,
    copies,
    decisions,
    history,
    investigations,
    location_checks,
    mailboxes,
    mails,
)


class SqlCaseLists(SqlCaseList):
    """Investigations, page by page, and what one of them found."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._alerts = Alerts(database)

    def case(self, investigation_id: int) -> Case:
        """One investigation with all but its messages. Raises `NotFound`."""
        investigation = self._alerts.investigation(investigation_id)
        with self._database.read() as connection:
            alert = _alert(connection, investigation_id)
            found = tuple(_clusters(connection, investigation_id))
            statement = select_actions().where(actions.c.investigation_id == investigation_id)
            acted = connection.execute(statement.order_by(actions.c.id)).all()
        return Case(
            investigation=investigation,
            alert=alert,
            verdicts=self._alerts.verdicts(investigation_id),
            clusters=found,
            actions=tuple(action_of(row) for row in acted),
        )

    def case_emails(
        self,
        investigation_id: int,
        *,
        cluster_id: int | None = None,
        mailbox: str = "",
        offset: int,
        limit: int,
    ) -> EmailPage:
        """Its messages by copy, each once though in several clusters; of one cluster or mailbox."""
        chosen = _members(investigation_id, cluster_id, mailbox)
        page = chosen.order_by(cluster_members.c.copy_id).offset(offset).limit(limit)
        with self._database.read() as connection:
            total = int(connection.execute(_count(chosen)).scalar_one())
            numbers = list(connection.execute(page).scalars())
            emails = self._emails(connection, investigation_id, numbers)
        return EmailPage(emails, total)

    def _emails(
        self, connection: Connection, investigation_id: int, numbers: Sequence[int]
    ) -> tuple[CaseEmail, ...]:
        among = self._database.among
        rows = connection.execute(
            select(
                copies.c.id,
                mails.c.network_message_id,
                mailboxes.c.source,
                mailboxes.c.address,
                mails.c.subject,
                mails.c.from_address,
                copies.c.received_at,
                copies.c.first_seen_at,
                copies.c.first_role,
                copies.c.role,
                copies.c.gone_at,
            )
            .join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
            .join(mails, mails.c.id == copies.c.mail_id)
            .where(among(copies.c.id, numbers))
            .order_by(copies.c.id)
        ).all()
        member = cluster_members.c
        within = connection.execute(
            select(member.copy_id, member.cluster_id)
            .join(clusters, clusters.c.id == member.cluster_id)
            .where(clusters.c.investigation_id == investigation_id, among(member.copy_id, numbers))
            .order_by(member.cluster_id)
        ).tuples()
        held: dict[int, list[int]] = defaultdict(list)
        for copy_id, cluster_id in within:
            held[copy_id].append(cluster_id)
        dealt = read_dealings(self._database, connection, investigation_id, numbers)
        return tuple(_email(row, held[row.id], dealt.get(row.id)) for row in rows)

    def case_mailboxes(self, investigation_id: int, *, offset: int, limit: int) -> MailboxPage:
        """Its mailboxes, those with most messages first."""
        inside = _members(investigation_id, None, "").subquery("inside")
        number = func.count().label("messages")
        chosen = (
            select(mailboxes.c.id, mailboxes.c.source, mailboxes.c.address, number)
            .select_from(inside)
            .join(copies, copies.c.id == inside.c.copy_id)
            .join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
            .group_by(mailboxes.c.id, mailboxes.c.source, mailboxes.c.address)
        )
        page = chosen.order_by(number.desc(), mailboxes.c.address, mailboxes.c.id)
        with self._database.read() as connection:
            total = int(connection.execute(_count(chosen)).scalar_one())
            rows = connection.execute(page.offset(offset).limit(limit)).all()
            numbers = [row.id for row in rows]
            places = self._places(connection, inside, numbers)
            moves = self._moves(connection, investigation_id, numbers)
        return MailboxPage(
            tuple(
                CaseMailbox(
                    address=row.address,
                    source=row.source,
                    messages=row.messages,
                    moved=moves.get((row.id, False), 0),
                    put_back=moves.get((row.id, True), 0),
                    places=places[row.id],
                )
                for row in rows
            ),
            total,
        )

    def _places(
        self, connection: Connection, inside: Any, numbers: Sequence[int]
    ) -> Mapping[int, Mapping[FolderRole | None, int]]:
        is_gone = copies.c.gone_at.is_not(None)
        statement = (
            select(copies.c.mailbox_id, copies.c.role, is_gone, func.count())
            .select_from(inside)
            .join(copies, copies.c.id == inside.c.copy_id)
            .where(self._database.among(copies.c.mailbox_id, numbers))
            .group_by(copies.c.mailbox_id, copies.c.role, is_gone)
            .order_by(func.count().desc(), copies.c.role)
        )
        places: dict[int, dict[FolderRole | None, int]] = defaultdict(dict)
        for mailbox_id, role, gone, number in connection.execute(statement).tuples():
            place = None if gone else ROLES[role]
            places[mailbox_id][place] = places[mailbox_id].get(place, 0) + number
        return places

    def _moves(
        self, connection: Connection, investigation_id: int, numbers: Sequence[int]
    ) -> Mapping[tuple[int, bool], int]:
        """Copies that were moved, by mailbox and by whether a revert moved them."""
        ledger, is_revert = action_copies.c, actions.c.reverts_action_id.is_not(None)
        statement = (
            select(ledger.mailbox_id, is_revert, func.count())
            .join(actions, actions.c.id == ledger.action_id)
            .where(
                actions.c.investigation_id == investigation_id,
                ledger.outcome == Outcome.MOVED.value,
                self._database.among(ledger.mailbox_id, numbers),
            )
            .group_by(ledger.mailbox_id, is_revert)
        )
        rows = connection.execute(statement).tuples()
        return {(mailbox_id, bool(back)): number for mailbox_id, back, number in rows}

    def case_deliveries(self, investigation_id: int) -> Mapping[int, Mapping[FolderRole, int]]:
        """Messages of each of its clusters by what the folder was for that they were delivered to."""
        number = cluster_members.c.cluster_id
        statement = (
            select(number, copies.c.first_role, func.count())
            .join(clusters, clusters.c.id == number)
            .join(copies, copies.c.id == cluster_members.c.copy_id)
            .where(clusters.c.investigation_id == investigation_id)
            .group_by(number, copies.c.first_role)
        )
        found: dict[int, dict[FolderRole, int]] = defaultdict(dict)
        with self._database.read() as connection:
            for cluster_id, role, copied in connection.execute(statement).tuples():
                found[cluster_id][ROLES[role]] = copied
        return found

    def case_dealt(self, investigation_id: int) -> tuple[DealtGroup, ...]:
        """Its messages, counted by where they are and what was done about them."""
        with self._database.read() as connection:
            return read_groups(connection, investigation_id, _members(investigation_id, None, ""))

    def case_events(self, investigation_id: int, *, offset: int, limit: int) -> EventPage:
        """What its actions did to messages, the newest first."""
        with self._database.read() as connection:
            return read_events(connection, investigation_id, offset, limit)

    def case_log(self, investigation_id: int, *, offset: int, limit: int) -> LogPage:
        """What happened in it, the newest first."""
        is_ours = history.c.investigation_id == investigation_id
        page = select(history).where(is_ours).order_by(history.c.id.desc())
        with self._database.read() as connection:
            counted = select(func.count()).select_from(history).where(is_ours)
            total = int(connection.execute(counted).scalar_one())
            rows = connection.execute(page.offset(offset).limit(limit)).all()
        return LogPage(tuple(history_entry(row) for row in rows), total)


def _alert(connection: Connection, investigation_id: int) -> CaseAlert:
    first = (alert_entities.c.alert_id == alerts.c.id) & (alert_entities.c.position == 0)
    row = connection.execute(
        select(alerts, alert_entities.c.claim, alert_entities.c.kind)
        .join(investigations, investigations.c.alert_id == alerts.c.id)
        .outerjoin(alert_entities, first)
        .where(investigations.c.id == investigation_id)
    ).first()
    if row is None:
        raise NotFound(f"there is no investigation {investigation_id}")
    return CaseAlert(
        id=row.id,
        source=row.source,
        title=row.title,
        reported_by=row.reported_by,
        received_at=row.received_at,
        type=type_of(row.claim, row.kind),
    )


def _clusters(connection: Connection, investigation_id: int) -> Iterable[CaseCluster]:
    check, decision = location_checks.c, decisions.c
    members = select(func.count()).where(cluster_members.c.cluster_id == clusters.c.id)
    statement = (
        select(
            clusters,
            members.scalar_subquery().label("members"),
            check.checked_at, check.by_bucket, check.by_location, check.by_source,
            decision.effect, decision.reason,
        )
        .outerjoin(location_checks, check.id == _latest(check))
        .outerjoin(decisions, decision.id == _latest(decision))
        .where(clusters.c.investigation_id == investigation_id)
        .order_by(clusters.c.id)
    )  # fmt: skip
    return [_cluster(row) for row in connection.execute(statement)]


def _latest(columns: Any) -> Any:
    """The number of a cluster's latest check or decision."""
    statement = select(func.max(columns.id)).where(columns.cluster_id == clusters.c.id)
    return statement.correlate(clusters).scalar_subquery()


def _cluster(row: Any) -> CaseCluster:
    return CaseCluster(
        id=row.id,
        kind=ClusterKind(row.kind),
        indicator=indicator_of((row.indicator_kind, row.indicator, row.given, row.match)),
        name=row.name,
        facts=read_facts(row.facts),
        members=row.members,
        external_recipients=row.external_recipients,
        excluded=row.excluded,
        query_at=row.query_at,
        counts=None if row.checked_at is None else counts_of(row),
        effect=None if row.effect is None else Effect(row.effect),
        reason=row.reason or "",
    )


def _members(investigation_id: int, cluster_id: int | None, mailbox: str) -> Select[Any]:
    """The copies of an investigation's clusters, each once."""
    statement = (
        select(cluster_members.c.copy_id)
        .join(clusters, clusters.c.id == cluster_members.c.cluster_id)
        .where(clusters.c.investigation_id == investigation_id)
        .distinct()
    )
    if cluster_id is not None:
        statement = statement.where(clusters.c.id == cluster_id)
    if mailbox:
        statement = (
            statement.join(copies, copies.c.id == cluster_members.c.copy_id)
            .join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
            .where(mailboxes.c.address == mailbox.lower())
        )
    return statement


def _count(statement: Select[Any]) -> Select[Any]:
    return select(func.count()).select_from(statement.subquery())


def _email(row: Any, cluster_ids: Sequence[int], dealing: Dealing | None) -> CaseEmail:
    return CaseEmail(
        id=report_id(row.network_message_id, row.address),
        copy_id=row.id,
        source=row.source,
        mailbox=row.address,
        subject=row.subject,
        sender=row.from_address,
        received_at=row.received_at or row.first_seen_at,
        first_role=ROLES[row.first_role],
        role=None if row.gone_at is not None else ROLES[row.role],
        cluster_ids=tuple(cluster_ids),
        dealing=dealing,
    )

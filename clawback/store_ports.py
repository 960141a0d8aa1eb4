"""The ports of the database: index and cases; others have modules of their own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from clawback.figures_ports import Figures, ThrottleStore
from clawback.hunting_ports import ClickStore, HuntingStore, MirrorFeed
from clawback.ledger_port import Ledger
from clawback.listing_ports import Lists, Replies
from clawback.people_ports import AuditLog, PeopleStore
from clawback.selecting_ports import MessagePicker, SelectionStore
from clawback.settings_port import SettingsStore
from models.actions import ActionStatus, Actor, Choice, RemediationAction
from models.alerts import Entity, Investigation, InvestigationStatus, NewAlert, StoredVerdict
from models.clusters import Cluster, ClusterFacts, Match, Member
from models.copies import CopyRef
from models.decisions import Decision, PolicyInputs, RecentAction
from models.history import HistoryEntry
from models.indicators import Indicator, Judgement
from models.locations import CopyLocation, LocationCounts
from models.mails import MailFacts
from models.planning import NewAction
from models.syncing import IndexStatus, KnownCopy, MailboxDelta, PlacedContent, ProblemMail


class IndexStore(MessagePicker, Protocol):
    """The index of content and copies."""

    def cursors(self, source: str) -> Mapping[str, str]:
        """The cursor of each mailbox that was synced before."""
        ...

    def live_copies(self, source: str, mailbox: str) -> tuple[KnownCopy, ...]:
        """The copies of one mailbox that are not gone."""
        ...

    def known_contents(self, sha256s: Collection[str]) -> frozenset[str]:
        """Those of the content hashes whose facts the index has, at this extractor's version."""
        ...

    def gone_copies(
        self, source: str, mailbox: str, sha256s: Collection[str]
    ) -> tuple[KnownCopy, ...]:
        """Copies of one mailbox that are gone and had one of these contents, latest gone first."""
        ...

    def apply(self, deltas: Sequence[MailboxDelta], now: datetime) -> None:
        """Write several mailboxes' changes and cursors in one transaction; harmless when repeated.

        A `MovedCopy` of a copy that was gone brings it back under its old number.
        """
        ...

    def announce(self, source: str, mailboxes: Collection[str]) -> None:
        """Record that the source has these mailboxes; until each was looked at, `as_of` is None."""
        ...

    def answered(self, source: str, now: datetime) -> None:
        """Record that a source could be asked for its mailboxes and read."""
        ...

    def silent(self, source: str, code: str, now: datetime) -> None:
        """Record that a source could not be asked, with a constant code; until it answers again."""
        ...

    def touch(self, source: str, mailboxes: Collection[str], now: datetime) -> None:
        """Record that these mailboxes were looked at and had no changes."""
        ...

    def drop_mailboxes(self, source: str, present: Collection[str], now: datetime) -> int:
        """Mark copies of mailboxes that the source no longer has as gone; returns how many."""
        ...

    def find(self, indicator: Indicator) -> tuple[Member, ...]:
        """All live copies whose mail carries the indicator in body or attachments, by copy id.

        Links of Subject and header places never match. Files of 16 bytes or fewer never match.
        """
        ...

    def refs(self, copy_ids: Collection[int]) -> tuple[CopyRef, ...]:
        """The copies as the index knows them now, gone ones too, by copy id."""
        ...

    def message_ids(self, copy_ids: Collection[int]) -> Mapping[int, tuple[str, str]]:
        """Internet message id and network message id of each copy."""
        ...

    def cluster_facts(self, members: Sequence[Member], indicator: Indicator) -> ClusterFacts:
        """Counts and names that explain a cluster; `organisation_share` is of known mailboxes."""
        ...

    def external_recipients(self, mail_ids: Collection[int], domains: Collection[str]) -> int:
        """Recipients of these mails in `domains` without a mailbox in any source, per mail."""
        ...

    def unrelated_senders(self, indicator: Indicator) -> int:
        """How many distinct sender domains sent a mail with this file, or with this link anywhere."""
        ...

    def status(self) -> IndexStatus:
        """Size and freshness."""
        ...

    def problem_mails(self, limit: int) -> tuple[ProblemMail, ...]:
        """Mails that could not be read whole, newest first."""
        ...

    def matches(self, mail_ids: Collection[int], indicator: Indicator) -> Mapping[int, Match]:
        """Where each of these mails carries the indicator, by mail id."""
        ...

    def outdated(self) -> int:
        """How many mails with a live copy an older extractor has read."""
        ...

    def outdated_mails(self) -> tuple[int, ...]:
        """The ids of those mails, newest first by the date that each claims."""
        ...

    def places_of(self, mail_ids: Collection[int]) -> Mapping[int, tuple[PlacedContent, ...]]:
        """Where each of these mails has live copies, a few of them, newest copy first."""
        ...

    def replace_facts(self, facts: Sequence[MailFacts]) -> None:
        """Write what a newer extractor read, all or nothing; copies and their numbers stay."""
        ...


class CaseStore(SelectionStore, Protocol):
    """Alerts, investigations, clusters, decisions, actions. Each change writes its history row."""

    def add_alert(self, alert: NewAlert) -> tuple[Investigation, bool]:
        """The alert's investigation, and whether it is new; (source, external id) is unique."""
        ...

    def investigation(self, investigation_id: int) -> Investigation:
        """One investigation. Raises `NotFound`."""
        ...

    def investigations(self, limit: int = 100) -> tuple[Investigation, ...]:
        """The newest first."""
        ...

    def open_investigations(self) -> tuple[Investigation, ...]:
        """Those in Starting, Running, Pending Action or Partially Remediated."""
        ...

    def set_investigation(
        self, investigation_id: int, status: InvestigationStatus, summary: str, now: datetime
    ) -> Investigation:
        """Write status and summary; a terminal status sets `ended_at`."""
        ...

    def set_index_as_of(self, investigation_id: int, as_of: datetime | None) -> None:
        """Record how fresh the index was that this investigation looked at."""
        ...

    def bind_investigation_run(self, investigation_id: int, run_id: str, attempt: int) -> None:
        """Record the Prefect run that works on an investigation."""
        ...

    def entities(self, investigation_id: int) -> tuple[Entity, ...]:
        """The indicators of the investigation's alert."""
        ...

    def save_verdicts(
        self, investigation_id: int, judgements: Sequence[tuple[Entity, Judgement]], now: datetime
    ) -> None:
        """Record what was said of each entity; the latest counts."""
        ...

    def verdicts(self, investigation_id: int) -> tuple[StoredVerdict, ...]:
        """The verdicts of one investigation."""
        ...

    def save_cluster(self, investigation_id: int, cluster: Cluster) -> int:
        """Upsert on (investigation, kind, indicator, match) with its members; returns the id."""
        ...

    def cluster(self, cluster_id: int) -> Cluster:
        """One cluster with its members. Raises `NotFound`."""
        ...

    def investigation_of(self, cluster_id: int) -> int:
        """The investigation that a cluster belongs to. Raises `NotFound`."""
        ...

    def covered(self, indicator: Indicator) -> frozenset[int]:
        """Copies that a sweep leaves alone.

        Those of an action over this indicator that waits or runs, those that one moved (put back
        since or not), found moved or found protected, those of one that a person rejected as long
        as that suppression holds, and those that failed three times. What an action expired, was
        cancelled or failed over comes up again.
        """
        ...

    def latest_ended(self, indicator: Indicator, copy_ids: Collection[int]) -> int:
        """The latest ended action over this indicator that held one of the copies, 0 for none."""
        ...

    def cluster_ids(self, investigation_id: int) -> tuple[int, ...]:
        """The clusters of one investigation, oldest first."""
        ...

    def cluster_indicators(self, investigation_id: int) -> Mapping[int, Indicator]:
        """The indicator of each cluster of one investigation, by cluster id, oldest first."""
        ...

    def save_locations(
        self, cluster_id: int, locations: Sequence[CopyLocation], counts: LocationCounts
    ) -> None:
        """Append one location check; the latest counts."""
        ...

    def latest_counts(self, cluster_id: int) -> LocationCounts | None:
        """The counts of the latest check."""
        ...

    def latest_locations(self, cluster_id: int) -> tuple[CopyLocation, ...]:
        """The members' locations at the latest check; empty where none was made."""
        ...

    def save_decision(self, cluster_id: int, decision: Decision, inputs: PolicyInputs) -> int:
        """Append a decision with the inputs that policy saw; returns its id."""
        ...

    def latest_decision(self, cluster_id: int) -> Decision | None:
        """The decision that counts."""
        ...

    def create_action(self, new: NewAction, now: datetime) -> RemediationAction:
        """The action with its planned ledger rows; the same `key` returns the one that exists."""
        ...

    def action(self, action_id: int) -> RemediationAction:
        """One action. Raises `NotFound`."""
        ...

    def actions(
        self,
        *,
        statuses: Collection[ActionStatus] = (),
        decided_by: str = "",
        investigation_id: int | None = None,
        limit: int = 1000,
    ) -> tuple[RemediationAction, ...]:
        """Actions, latest update first; empty filters take all."""
        ...

    def decide_action(
        self, action_id: int, choice: Choice, actor: Actor, reason: str, now: datetime
    ) -> RemediationAction:
        """Pending becomes Running or Rejected, once. Raises `AlreadyDecided` for a second writer.

        A rejection suppresses the indicator in the same transaction.
        """
        ...

    def cancel_action(
        self, action_id: int, actor: Actor, reason: str, now: datetime
    ) -> RemediationAction:
        """Pending or Running becomes Cancelled by a person. Raises `Conflict` where it has ended.

        Cancelling a removal suppresses the indicator in the same transaction.
        """
        ...

    def change_status(
        self, action_id: int, *, was: ActionStatus, to: ActionStatus, note: str, now: datetime
    ) -> RemediationAction:
        """Compare-and-set of the status. Raises `Conflict` where it is another one now."""
        ...

    def count_pick_up(self, action_id: int, pick_ups: int, now: datetime) -> None:
        """Record that an unfinished action gets a new run, the so many-th in a row. Raises `NotFound`."""
        ...

    def bind_action_run(
        self, action_id: int, *, run_id: str = "", approval_run_id: str = "", attempt: int = 0
    ) -> None:
        """Record the Prefect run that waits for, or works on, an action."""
        ...

    def recent_actions(
        self, indicator: Indicator, *, since: datetime, now: datetime
    ) -> tuple[RecentAction, ...]:
        """Soft deletes over the same indicator that run or completed since then."""
        ...

    def put_back(self) -> frozenset[int]:
        """Copies that a revert put back, whatever indicator they were taken for."""
        ...

    def suppression(self, indicator: Indicator) -> str:
        """Why the indicator never remediates by itself now, or the empty string."""
        ...

    def lift(self, indicator: Indicator, actor: Actor, now: datetime) -> None:
        """End a suppression. Raises `NotFound` where there is none."""
        ...

    def acted_indicators(self, since: datetime) -> tuple[Indicator, ...]:
        """Indicators of soft deletes decided since then."""
        ...

    def history(
        self, *, investigation_id: int | None = None, action_id: int | None = None, limit: int = 200
    ) -> tuple[HistoryEntry, ...]:
        """What happened, oldest first."""
        ...


class Store(Protocol):
    """Everything that is kept, in one database."""

    @property
    def identity(self) -> str:
        """The random name of this database: another one at the same address has another name."""
        ...

    @property
    def index(self) -> IndexStore:
        """The index."""
        ...

    @property
    def cases(self) -> CaseStore:
        """Alerts to actions."""
        ...

    @property
    def ledger(self) -> Ledger:
        """The ledger."""
        ...

    @property
    def settings(self) -> SettingsStore:
        """Settings and stop button."""
        ...

    @property
    def lists(self) -> Lists:
        """Long lists, page by page."""
        ...

    @property
    def replies(self) -> Replies:
        """Replies by idempotency key."""
        ...

    @property
    def hunting(self) -> HuntingStore:
        """Saved queries and named lists."""
        ...

    @property
    def people(self) -> PeopleStore:
        """Accounts and tokens."""
        ...

    @property
    def mirror(self) -> MirrorFeed:
        """What feeds the mirror of Advanced hunting."""
        ...

    @property
    def audit(self) -> AuditLog:
        """What happened, as a chain."""
        ...

    @property
    def clicks(self) -> ClickStore:
        """Clicks on links."""
        ...

    @property
    def figures(self) -> Figures:
        """Counts for pages and reports."""
        ...

    @property
    def throttles(self) -> ThrottleStore:
        """How mail systems slowed us down."""
        ...

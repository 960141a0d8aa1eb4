"""The ports of pages and of kept replies: what an API asks of the database beyond the use cases."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from clawback.replay_port import PastDecisions
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
from models.cases import (
    Case,
    CaseFilter,
    CaseOrder,
    CasePage,
    DealtGroup,
    EmailPage,
    EventPage,
    LogPage,
    MailboxPage,
)
from models.clusters import Member
from models.copies import FolderRole
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
from models.replies import Asked, Claim, Reply


class CaseLists(Protocol):
    """Investigations as people look at them: sorted pages, and one with all that it found."""

    def cases(
        self, wanted: CaseFilter, order: CaseOrder, *, offset: int, limit: int, now: datetime
    ) -> CasePage:
        """The investigations of one page, with their figures; `now` ends what has not ended."""
        ...

    def case(self, investigation_id: int) -> Case:
        """One investigation with all but its messages. Raises `NotFound`."""
        ...

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
        ...

    def case_mailboxes(self, investigation_id: int, *, offset: int, limit: int) -> MailboxPage:
        """Its mailboxes, those with most messages first."""
        ...

    def case_deliveries(self, investigation_id: int) -> Mapping[int, Mapping[FolderRole, int]]:
        """Messages of each of its clusters by what the folder was for that they were delivered to."""
        ...

    def case_dealt(self, investigation_id: int) -> tuple[DealtGroup, ...]:
        """Its messages, counted by where they are and what was done about them."""
        ...

    def case_events(self, investigation_id: int, *, offset: int, limit: int) -> EventPage:
        """What its actions did to messages, the newest first."""
        ...

    def case_log(self, investigation_id: int, *, offset: int, limit: int) -> LogPage:
        """What happened in it, the newest first."""
        ...


class Lists(CaseLists, PastDecisions, Protocol):
    """Long lists, page by page: each page begins after a row, so that new rows shift nothing."""

    def investigations(
        self, wanted: InvestigationFilter, *, before: int | None, limit: int
    ) -> tuple[Investigation, ...]:
        """The newest first; `before` is the number of the last one that was shown."""
        ...

    def actions(
        self, wanted: ActionFilter, order: ActionOrder, *, after: ActionMark | None, limit: int
    ) -> tuple[RemediationAction, ...]:
        """The newest first, by `order`."""
        ...

    def action_page(
        self, wanted: ActionFilter, sorting: ActionSorting, *, offset: int, limit: int
    ) -> ActionPage:
        """The rows from `offset` on with what their clusters say, and how many there are in all."""
        ...

    def listed_action(self, action_id: int) -> ListedAction:
        """One row of the same. Raises `NotFound`."""
        ...

    def deciders(self, limit: int) -> tuple[str, ...]:
        """Who decided actions, in order of their names."""
        ...

    def cluster_summary(self, cluster_id: int, *, sample: int) -> ClusterSummary:
        """A cluster without its members, but for a few of them. Raises `NotFound`."""
        ...

    def matching(self, cluster_id: int, indicator: Indicator) -> int:
        """How many members' mails carry the indicator by their newest reading; 0 for a selection."""
        ...

    def results(
        self, action_id: int, outcomes: Collection[Outcome], *, offset: int, limit: int
    ) -> tuple[ActionMessage, ...]:
        """What became of each message by copy id; without `outcomes` also of those that wait."""
        ...

    def put_back_left(self, action_id: int) -> PutBack:
        """What a revert of the action would have to put back."""
        ...

    def members(self, cluster_id: int, *, after: int, limit: int) -> tuple[Member, ...]:
        """Members of a cluster by copy id, greater than `after`. Raises `NotFound`."""
        ...

    def messages(self, action_id: int, *, after: int, limit: int) -> tuple[LedgerEntry, ...]:
        """Rows of an action's ledger by copy id, greater than `after`. Raises `NotFound`."""
        ...

    def suppressions(self, *, before: int | None, limit: int) -> tuple[Suppression, ...]:
        """Those that hold, the newest first."""
        ...

    def settings_versions(self, *, before: int | None, limit: int) -> tuple[SettingsVersion, ...]:
        """Versions of the settings, the newest first; version 0, the defaults, is not listed."""
        ...

    def investigations_of(
        self, copy_ids: Collection[int], *, limit: int
    ) -> tuple[Investigation, ...]:
        """Those with one of these copies in a cluster, the newest first."""
        ...

    def actions_of(self, copy_ids: Collection[int], *, limit: int) -> tuple[RemediationAction, ...]:
        """Those with one of these copies in their ledger, the newest first."""
        ...


class Replies(Protocol):
    """Replies by idempotency key."""

    def begin(self, asked: Asked, now: datetime) -> Claim:
        """How the key stands; a free one is held by this request from now on.

        A key is free again after a day, and one whose request died after some minutes.
        """
        ...

    def finish(self, asked: Asked, reply: Reply) -> None:
        """Keep what was answered."""
        ...

    def forget(self, asked: Asked) -> None:
        """Give a key back under which nothing was done."""
        ...

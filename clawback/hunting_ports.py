"""The ports of Advanced hunting: who answers queries, and what feeds the mirror that they read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from models.actions import Actor
from models.analyzed_emails import AnalyzedEmail, EmailMark, EmailPage, EmailQuestion
from models.clicks import UrlClick
from models.explore import (
    Bucket,
    EmailCounts,
    EmailEntity,
    ExploredPage,
    ExploreFilter,
    ExploreOrder,
    ExplorePlace,
    Histogram,
    Pivot,
)
from models.hunting import (
    HuntLimits,
    HuntQuery,
    HuntResult,
    HuntRun,
    HuntTable,
    HuntWord,
    ListContent,
    ListInfo,
    NamedList,
    NewRun,
    QueryKind,
    RunEnd,
    SavedQuery,
)
from models.selecting import MessageKey

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class MirrorPage:
    """Some changed rows for the mirror.

    For each table by name: `replaced` are the keys whose rows are replaced, each once, and `rows` are
    their rows now: the key, then the columns that `clawback.core.hunting_tables.carried` names, in its
    order. A key may have several rows; one without any is gone. Strings are never None, datetimes are
    aware UTC or None, dynamic values are what JSON can hold. `as_of` is the time up to which all that
    was committed is in once this page is; `cursor` is where to go on, empty on all but the last page
    of everything.
    """

    replaced: Mapping[str, Sequence[int]]
    rows: Mapping[str, Sequence[Row]]
    cursor: str
    as_of: datetime


class MirrorFeed(Protocol):
    """The database's side of the mirror: what changed since a cursor."""

    @property
    def identity(self) -> str:
        """The database's own name: a mirror of another one is thrown away."""
        ...

    def restarts(self, cursor: str) -> bool:
        """Whether `cursor` cannot be gone on from, so that the mirror has to be filled anew.

        So it is for the empty one, for one of another database or of another state of this one (a
        backup that was put back), and for one that is older than the changes that are kept.
        """
        ...

    def changes(self, cursor: str) -> Iterator[MirrorPage]:
        """Pages of what was committed since `cursor`, up to a time after the call, in order.

        Each page is complete in itself and may be applied again. Where the cursor `restarts`,
        everything comes, for an empty mirror: each key once, then what changed meanwhile. At least one
        page comes, if only to say the time.
        """
        ...

    def behind(self, cursor: str) -> timedelta:
        """How long ago the oldest change that `cursor` lacks was made; zero where it lacks none."""
        ...

    def prune(self) -> int:
        """Forget changes that no mirror of use lacks; returns how many. Cheap where there are none."""
        ...


class ClickStore(Protocol):
    """Clicks on links. Append-only."""

    def add(self, clicks: Sequence[UrlClick]) -> int:
        """Keep those that were not reported before, all or none; returns how many."""
        ...


class HuntEngine(Protocol):
    """What answers queries: a translator and a locked, killable process over a columnar mirror."""

    def tables(self) -> tuple[HuntTable, ...]:
        """The tables that can be asked."""
        ...

    def words(self) -> tuple[HuntWord, ...]:
        """The operators, functions and tests that a query may use, by kind and name.

        Raises `SetupError` where the engine is not installed.
        """
        ...

    def run(
        self,
        query: HuntQuery,
        limits: HuntLimits,
        cancelled: Callable[[], bool] = lambda: False,
        begun: Callable[[], None] = lambda: None,
        by: str = "",
    ) -> HuntResult:
        """The answer. Blocks; `cancelled` is asked several times a second from the calling thread.

        `begun` is called there once the query waits for no other any more. Queries `by` one person
        leave a place for those of others, where more than one may run.

        Brings the mirror up to date first as far as that takes a moment. Raises `BadQuery` with the
        position for what cannot be translated or run, `QueryStopped` for one over its limits or
        cancelled, `Unavailable` where too many run already or the engine is not installed.
        """
        ...

    def read(self, sql: str, parameters: Sequence[object], limits: HuntLimits) -> HuntResult:
        """The answer to our own SQL over the mirror, in the same process under the same limits.

        Only for adapters of this package: `sql` is never built from a user's text.
        """
        ...

    def lag(self) -> timedelta:
        """How far the mirror is behind the database now; zero where nothing is missing."""
        ...

    def refresh(self) -> timedelta:
        """Bring the mirror up to date with the database now; returns the lag that is left."""
        ...

    def warm_up(self) -> None:
        """Start what answers, where it does not run yet, so that the first to ask does not wait.

        Raises as `run` does where that cannot be.
        """
        ...

    def close(self) -> None:
        """End every process of the engine."""
        ...


class EmailExplorer(Protocol):
    """The Explorer's questions to the mirror. All raise as `HuntEngine.run` does, but for `BadQuery`."""

    def emails(
        self,
        wanted: ExploreFilter,
        order: ExploreOrder = ExploreOrder.NEWEST,
        *,
        after: ExplorePlace | None = None,
        limit: int,
    ) -> ExploredPage:
        """The copies that come next after a place, by delivery and number: each once, however many
        are delivered meanwhile."""
        ...

    def count(self, wanted: ExploreFilter) -> EmailCounts:
        """How much is found, and by what values."""
        ...

    def histogram(
        self,
        wanted: ExploreFilter,
        bucket: Bucket = Bucket.DAY,
        pivot: Pivot = Pivot.DELIVERY_ACTION,
    ) -> Histogram:
        """Copies by delivery and value."""
        ...

    def messages(self, wanted: ExploreFilter, limit: int) -> tuple[MessageKey, ...]:
        """The first `limit` messages that are found, the latest first: each once, however many copies
        of it a mailbox holds."""
        ...

    def email(self, email_id: str) -> EmailEntity:
        """The message whose ReportId this is (`clawback.core.report_ids`). Raises `NotFound`."""
        ...


class EmailReader(Protocol):
    """What reads analyzed emails from the mirror; limits and errors are those of `HuntEngine.read`."""

    def page(
        self,
        question: EmailQuestion,
        limits: HuntLimits,
        *,
        limit: int,
        skip: int = 0,
        after: EmailMark | None = None,
    ) -> EmailPage:
        """Up to `limit` emails, the latest first, after the mark and then without the first `skip`.

        New ones shift nothing for who goes on with the mark of a page. Raises `QueryStopped` for a page
        that is larger than an answer may be.
        """
        ...

    def one(self, report_id: str, limits: HuntLimits) -> AnalyzedEmail:
        """The email with this id. Raises `NotFound`."""
        ...

    def count(self, question: EmailQuestion, limits: HuntLimits) -> int:
        """How many emails are meant."""
        ...


class HuntingStore(Protocol):
    """Saved queries and named lists. Each change of a list writes its audit entry with it."""

    def queries(self, reader: str, kind: QueryKind = QueryKind.HUNTING) -> tuple[SavedQuery, ...]:
        """The reader's own queries of a kind and those that others share, by name."""
        ...

    def query(self, name: str, reader: str, kind: QueryKind = QueryKind.HUNTING) -> SavedQuery:
        """The reader's own query of that name, else the one that is shared.

        Raises `NotFound`; `Conflict` where several owners share one of that name.
        """
        ...

    def save_query(
        self,
        name: str,
        text: str,
        owner: str,
        *,
        shared: bool,
        now: datetime,
        kind: QueryKind = QueryKind.HUNTING,
    ) -> SavedQuery:
        """The query, new or with its text exchanged: a name is unique for each owner and kind."""
        ...

    def delete_query(self, query_id: int) -> None:
        """Delete one. Raises `NotFound`."""
        ...

    def begin_run(self, asked: NewRun, now: datetime, *, most: int) -> HuntRun:
        """The run, kept; of its owner's runs the newest `most` stay."""
        ...

    def end_run(self, run_id: int, end: RunEnd) -> None:
        """Write down how it ended, where it is still kept."""
        ...

    def runs(self, owner: str) -> tuple[HuntRun, ...]:
        """The owner's runs, the newest first."""
        ...

    def run(self, run_id: int, owner: str) -> HuntRun:
        """One of the owner's runs. Raises `NotFound`."""
        ...

    def lists(self) -> tuple[ListInfo, ...]:
        """All lists by name; a proposal stands beside the approved list that it would replace."""
        ...

    def list_content(self, name: str, *, approved: bool) -> ListContent:
        """Columns and rows of the approved list, or of the proposal. Raises `NotFound`."""
        ...

    def propose_list(
        self, name: str, content: ListContent, actor: Actor, now: datetime
    ) -> ListInfo:
        """A proposal, in place of an earlier one of the same person.

        Raises `Conflict` while somebody else's of that name waits.
        """
        ...

    def approve_list(self, name: str, digest: str, actor: Actor, now: datetime) -> ListInfo:
        """The proposal, approved, in place of the approved list of that name.

        Raises `NotFound`; `Conflict` where the proposal is not the one with this digest any more.
        """
        ...

    def delete_list(self, name: str, *, approved: bool, actor: Actor, now: datetime) -> None:
        """Delete the approved list, or the proposal. Raises `NotFound`."""
        ...

    def approved_lists(self, names: Collection[str]) -> tuple[NamedList, ...]:
        """Those of these lists that are approved, with their rows, by name."""
        ...

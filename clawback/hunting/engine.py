"""The engine of Advanced hunting: a query in, rows out; all that could hurt happens elsewhere.

This module and what it imports load neither DuckDB nor the translator: they live in the processes of
queries. A program that only may hunt pays nothing for it until it does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from clawback.core.hunting_tables import TABLES
from clawback.errors import BadQuery, SetupError, Unavailable
from clawback.hunting.asking import MirrorGone, ask
from clawback.hunting.catching_up import CatchUp, KeptMirror
from clawback.hunting.geography import MODULES, check_database
from clawback.hunting.slots import Slots
from clawback.hunting.warm import WarmProcess
from clawback.hunting.wire import OwnSql, Question, Setting
from models.hunting import HuntLimits, HuntQuery, HuntResult, HuntTable, HuntWord

_TRIES = 3
"""Of opening a mirror that gives way to a newer one each time."""

_PATIENCE = timedelta(seconds=30)
_END_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How queries are answered; see `[hunting]` in docs/hunting.md."""

    threads: int = 2
    refresh: timedelta = timedelta(seconds=5)
    geo_database: Path | None = None


class MirrorEngine:
    """Implements `HuntEngine` over a mirror; safe to share among threads.

    `open_mirror` is called once, when something is first asked.
    """

    def __init__(
        self,
        open_mirror: Callable[[], KeptMirror],
        options: EngineOptions = EngineOptions(),
        *,
        warm: WarmProcess | None = None,
    ) -> None:
        self._open_mirror = open_mirror
        self._options = options
        modules = MODULES if options.geo_database else ()
        self._warm = warm or WarmProcess(modules=modules)
        self._slots = Slots()
        self._own_slots = Slots()  # what people ask in KQL may take minutes: no page waits for it
        self._lock = threading.Lock()
        self._mirror: KeptMirror | None = None
        self._catch_up: CatchUp | None = None

    def tables(self) -> tuple[HuntTable, ...]:
        """All that can be asked."""
        return TABLES

    def words(self) -> tuple[HuntWord, ...]:
        """See `HuntEngine.words`."""
        check_installed()
        from clawback.hunting.kql.vocabulary import (
            words,  # the translator, which asking never loads
        )

        return words()

    def run(
        self,
        query: HuntQuery,
        limits: HuntLimits,
        cancelled: Callable[[], bool] = lambda: False,
        begun: Callable[[], None] = lambda: None,
        by: str = "",
    ) -> HuntResult:
        """See `HuntEngine.run`."""
        _check_text(query.text, limits)
        with self._slots.taken(limits.concurrent, cancelled, by):
            begun()
            question = Question(query, datetime.now(UTC))
            return self._answered(question, limits, cancelled)

    def read(self, sql: str, parameters: Sequence[object], limits: HuntLimits) -> HuntResult:
        """See `HuntEngine.read`."""
        with self._own_slots.taken(limits.concurrent, lambda: False):
            return self._answered(OwnSql(sql, tuple(parameters)), limits, lambda: False)

    def lag(self) -> timedelta:
        """See `HuntEngine.lag`."""
        mirror, _ = self._opened()
        return mirror.lag()

    def refresh(self) -> timedelta:
        """See `HuntEngine.refresh`."""
        mirror, _ = self._opened()
        return mirror.refresh(_PATIENCE)

    def warm_up(self) -> None:
        """See `HuntEngine.warm_up`."""
        check_installed()
        self._warm.start()

    def close(self) -> None:
        """End every process of the engine; a query that runs is stopped."""
        self._warm.close()
        if self._catch_up:
            self._catch_up.join(_END_SECONDS)

    def _opened(self) -> tuple[KeptMirror, CatchUp]:
        with self._lock:
            if self._mirror is None or self._catch_up is None:
                check_installed()
                if self._options.geo_database:
                    check_database(self._options.geo_database)
                self._mirror = self._open_mirror()
                self._catch_up = CatchUp(self._mirror)
            return self._mirror, self._catch_up

    def _answered(
        self, asked: Question | OwnSql, limits: HuntLimits, cancelled: Callable[[], bool]
    ) -> HuntResult:
        _, catch_up = self._opened()
        for _ in range(_TRIES):
            readable, lag = catch_up.within(self._options.refresh, cancelled)
            setting = Setting(
                readable.files,
                readable.setup_sql,
                limits,
                self._options.threads,
                self._options.geo_database,
            )
            try:
                result = ask(self._warm.start_query(), setting, asked, cancelled)
            except MirrorGone:
                continue
            return replace(result, mirror_lag=lag)
        raise Unavailable("the mirror of Advanced hunting cannot be opened: ask again")


def check_installed() -> None:
    """Raises `SetupError` that says what to install, where the engine's libraries are not there."""
    if find_spec("duckdb") is None or find_spec("duckdb_kql") is None:
        raise SetupError(
            "Advanced hunting is not installed: add it with  pip install 'clawback[hunting]'"
        )


def _check_text(text: str, limits: HuntLimits) -> None:
    """Before anything is started for it."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > limits.text_bytes:
        raise BadQuery(
            f"the query has {size} bytes, more than the {limits.text_bytes} that it may have: shorten "
            "it, or put long lists of values into a named list"
        )
    for at, letter in enumerate(text):
        if letter == "\0" or "\ud800" <= letter <= "\udfff":
            line = text.count("\n", 0, at) + 1
            column = at - (text.rfind("\n", 0, at) + 1) + 1
            raise BadQuery(
                "there is a character here that is none: remove it",
                line=line,
                column=column,
                length=1,
            )

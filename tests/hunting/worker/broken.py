"""Engines with some of their walls taken away: what the other walls then have to hold, and that the
tests see it when none holds. Each function serves like `clawback.hunting.zygote.main`."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable
from typing import Any

import duckdb

from clawback.hunting import answering, locked, zygote
from clawback.hunting.kql.translation import Translation
from clawback.hunting.wire import Bad, Setting
from models.hunting import HuntQuery
from tests.hunting.worker.engine_stage import CANARY


def _sql_as_it_is(query: object, **_: object) -> Translation:
    return Translation(query.text, (), None)  # type: ignore[attr-defined]


def _nothing(*_: object) -> None:
    return None


def _translator_hole() -> None:
    answering.translate = _sql_as_it_is  # type: ignore[assignment]
    answering._check_no_command = _nothing


def _gate_hole() -> None:
    answering.check_statement = _nothing


def _database_hole() -> None:
    locked._LAST = ()
    locked._CONFIG["python_enable_replacements"] = True
    locking = answering.lock

    def with_variable(
        base: duckdb.DuckDBPyConnection, setting: Setting
    ) -> duckdb.DuckDBPyConnection:
        connection = locking(base, setting)
        found = connection.sql(f"SELECT '{CANARY}' AS secret")
        answering.canary_variable = found  # type: ignore[attr-defined]
        return connection

    answering.lock = with_variable


def _kernel_hole() -> None:
    locked.confine_to = lambda _: False
    answering.open_no_more = _nothing
    answering.bound = _nothing


def _serve(*holes: Callable[[], None]) -> None:
    for hole in holes:
        hole()
    zygote.main()


def translator_only() -> None:
    """The text of a query is run as SQL: the gate and all behind it have to hold."""
    _serve(_translator_hole)


def translator_and_gate() -> None:
    """Any SQL is run: DuckDB's own lock and the kernel have to hold."""
    _serve(_translator_hole, _gate_hole)


def all_but_kernel() -> None:
    """DuckDB itself is open as well: the kernel alone has to hold."""
    _serve(_translator_hole, _gate_hole, _database_hole)


def all_but_database() -> None:
    """The kernel does not help: DuckDB's lock alone has to hold."""
    _serve(_translator_hole, _gate_hole, _kernel_hole)


def everything() -> None:
    """No wall is left."""
    _serve(_translator_hole, _gate_hole, _database_hole, _kernel_hole)


def hanging() -> None:
    """A query does as its text says: hangs, crashes, lies or is killed."""
    answering.translate = _act  # type: ignore[assignment]
    zygote.main()


def _act(query: object, **_: object) -> Translation:
    text: str = query.text  # type: ignore[attr-defined]
    match text.split():
        case ["hang"]:
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            while True:
                pass
        case ["die", number]:
            os.kill(os.getpid(), int(number))
        case ["exit"]:
            os._exit(3)
        case ["lie", *words]:
            os.write(_socket(), bytes.fromhex(words[0]))
            os._exit(0)
        case ["kill-parent"]:
            os.kill(os.getppid(), signal.SIGKILL)
        case ["environment"]:
            return Translation(_names(), (), None)
    return Translation(text, (), None)


def _names() -> str:
    names = ", ".join(sorted(os.environ))
    return f"SELECT '{names}' AS names"


def _socket() -> int:
    """The one socket that the process has."""
    return next(name for name in range(3, 4096) if _is_socket(name))


def _is_socket(descriptor: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError:
        return False


def greedy() -> None:
    """Nothing bounds the process, and translation takes a lot."""
    answering.bound = _nothing
    translating = answering.translate

    def translate(query: HuntQuery, **more: Any) -> Translation:
        held = bytearray(520_000_000)
        held[::4096] = b"x" * len(held[::4096])
        return translating(query, **more)

    answering.translate = translate
    zygote.main()


def talkative() -> None:
    """Errors are told as DuckDB and the translator put them."""

    def told(error: BaseException, *_: object) -> Bad:
        return Bad(text=str(error) or "nothing")

    answering.explained = told  # type: ignore[assignment]
    zygote.main()


def obedient() -> None:
    """A query that names the table beside ours is given it."""
    _gate_hole()
    translating = answering.translate

    def translate(query: HuntQuery, **more: Any) -> Translation:
        if "planted" in query.text:
            return Translation("SELECT * FROM planted", (), None)
        return translating(query, **more)

    answering.translate = translate
    zygote.main()

"""One question put to the process that answers it: its messages read, its time kept, its end told."""

from __future__ import annotations

import logging
import pickle
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from signal import SIGALRM, SIGKILL, SIGXCPU
from typing import NoReturn, assert_never

from pydantic import JsonValue, ValidationError

from clawback.errors import BadQuery, ClawbackError, QueryStopped, StopReason, Unavailable
from clawback.frames import FrameReader, send_frame
from clawback.hunting.slots import TICK_SECONDS, cancelled_query
from clawback.hunting.warm import QueryProcess
from clawback.hunting.wire import (
    ANSWER,
    NO_FORK,
    SPARE_BYTES,
    Bad,
    End,
    Ending,
    Gone,
    Head,
    OwnSql,
    Question,
    Rows,
    Setting,
    Stopped,
)
from models.hunting import Chart, HuntResult, ResultColumn

log = logging.getLogger(__name__)

_LAST_SECONDS = 2.0
_NEAR = 0.9
"""Of the memory that a process may have: one that dies above it died of that."""


class MirrorGone(Exception):
    """The mirror's files could not be opened: they are those of an older one by now."""


@dataclass(slots=True)
class _Came:
    """What has come of an answer."""

    head: Head | None = None
    rows: list[tuple[JsonValue, ...]] = field(default_factory=list)
    bytes_left: int = 0


def ask(
    process: QueryProcess,
    setting: Setting,
    asked: Question | OwnSql,
    cancelled: Callable[[], bool],
) -> HuntResult:
    """The answer, without a lag. The process is gone afterwards, whatever happens.

    Raises `BadQuery`, `QueryStopped`, `Unavailable` where it could not start, `MirrorGone`.
    """
    started = time.monotonic()
    told = b""
    try:
        end, came = _exchange(process, setting, asked, cancelled)
        told = process.wait(_LAST_SECONDS)
    except BaseException:
        told = process.end()
        raise
    finally:
        ending = _ending(told)
    if end is None:
        raise _died(ending, setting)
    return _result(end, came, timedelta(seconds=time.monotonic() - started))


def _ending(told: bytes) -> Ending | None:
    """How the process ended, written to the log; nothing where the one that started it is gone too."""
    try:
        ending = Ending.model_validate_json(told)
    except ValidationError:
        log.warning("query_process_lost")
        return None
    log.info("query_process_ended", extra=ending.model_dump())
    return ending


def _exchange(
    process: QueryProcess,
    setting: Setting,
    asked: Question | OwnSql,
    cancelled: Callable[[], bool],
) -> tuple[End | None, _Came]:
    """The end of the answer and what came before it; no end where the process died."""
    deadline = time.monotonic() + setting.limits.seconds
    descriptor = process.data.fileno()
    with suppress(OSError):  # if it is dead already, the end of the stream says so below
        send_frame(descriptor, pickle.dumps(setting))
        send_frame(descriptor, pickle.dumps(asked))
    most = setting.limits.result_bytes + SPARE_BYTES
    reader = FrameReader(descriptor, most_bytes=most)
    came = _Came(bytes_left=most)
    while True:
        message = _next(reader, setting, deadline, cancelled)
        if message is None:
            return None, came
        if (end := _take(message, came)) is not None:
            return end, came


def _next(
    reader: FrameReader, setting: Setting, deadline: float, cancelled: Callable[[], bool]
) -> bytes | None:
    """The next message, or None where the process ended. Raises once time is over or nobody asks."""
    while True:
        if cancelled():
            raise cancelled_query()
        left = deadline - time.monotonic()
        if left <= 0:
            raise QueryStopped(
                f"the query took longer than the {setting.limits.seconds:g} seconds that it may: "
                "narrow it by time",
                StopReason.TIME,
            )
        try:
            return reader.receive(min(left, TICK_SECONDS))
        except TimeoutError:
            continue
        except ConnectionError:
            return None


def _take(message: bytes, came: _Came) -> End | None:
    """Keep what a message says, if it is one; returns the last one. A process that sends anything
    else, or more than was agreed, is not believed any further."""
    came.bytes_left -= len(message)
    try:
        answer = ANSWER.validate_json(message)
    except ValidationError:
        raise _crashed() from None
    match answer:
        case Head():
            came.head = answer
        case Rows():
            width = len(came.head.columns) if came.head else 0
            if came.bytes_left < 0 or any(len(row) != width for row in answer.rows):
                raise _crashed()
            came.rows += map(tuple, answer.rows)
        case End() if came.head:
            return answer
        case End():
            raise _crashed()
        case Bad() | Stopped() | Gone():
            _refuse(answer)
        case never:
            assert_never(never)
    return None


def _refuse(answer: Bad | Stopped | Gone) -> NoReturn:
    match answer:
        case Bad():
            raise BadQuery(
                answer.text,
                line=answer.line,
                column=answer.column,
                length=answer.length,
                operator=answer.operator,
            )
        case Stopped():
            raise QueryStopped(answer.text, answer.reason)
        case Gone():
            raise MirrorGone
        case never:
            assert_never(never)


def _result(end: End, came: _Came, elapsed: timedelta) -> HuntResult:
    head = came.head or Head(columns=())
    return HuntResult(
        columns=tuple(ResultColumn(name, kind) for name, kind in head.columns),
        rows=tuple(came.rows),
        truncated=end.truncated,
        elapsed=elapsed,
        mirror_lag=timedelta(0),
        chart=Chart(head.chart, head.properties) if head.chart else None,
    )


def _died(ending: Ending | None, setting: Setting) -> ClawbackError:
    """Why the process is gone before its answer was whole."""
    if ending is None:
        return _crashed()
    if ending.status == NO_FORK:
        return Unavailable("no process can be started to run the query: ask again later")
    if ending.status in (-SIGALRM, -SIGXCPU):
        return QueryStopped("the query took longer than it may", StopReason.TIME)
    near = ending.peak_bytes > setting.limits.memory_bytes * _NEAR
    if near or ending.status == -SIGKILL:  # the kernel ends the largest where memory runs out
        return QueryStopped(
            f"the query needs more than the {setting.limits.memory_bytes // 1_000_000} MB of memory "
            "that it may have: narrow it by time",
            StopReason.MEMORY,
        )
    return _crashed()


def _crashed() -> QueryStopped:
    return QueryStopped(
        "the engine failed at this query: put it in another way", StopReason.CRASHED
    )

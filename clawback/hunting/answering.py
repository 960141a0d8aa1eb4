"""One query, from its text to its last row, in a process that is locked before it sees the text."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import assert_never

import duckdb

from clawback.errors import StopReason
from clawback.frames import FrameReader, send_frame
from clawback.hunting.bounds import bound, open_no_more
from clawback.hunting.cells import Cell, to_cells
from clawback.hunting.faults import explained
from clawback.hunting.gate import check_statement
from clawback.hunting.kql.tokens import bad_query, read_tokens
from clawback.hunting.kql.translation import translate
from clawback.hunting.kql.types import result_columns
from clawback.hunting.locked import lock
from clawback.hunting.probing import ConnectionProbe
from clawback.hunting.wire import End, Gone, Head, OwnSql, Question, Setting, Stopped, written
from models.hunting import Chart, HuntLimits, KqlType, ResultColumn

_PATIENCE = 60.0
_FIRST, _MOST_AT_ONCE = 64, 2_000
_BATCH_BYTES = 500_000
_LARGE = "a single row is larger than the {0} bytes that an answer may have: project fewer columns"
# Frames of the interpreter: translation calls itself for each level of a query.
_MOST_CALLS = 3_000


def answer(descriptor: int, base: duckdb.DuckDBPyConnection) -> None:
    """Read a setting and what is asked from the socket, and write the answer to it.

    `base` is what `open_base` made, before this process was forked.
    """
    reader = FrameReader(descriptor)
    setting: Setting = pickle.loads(reader.receive(_PATIENCE) or b"")
    bound(setting.limits.memory_bytes, setting.limits.seconds, setting.threads)
    try:
        connection = lock(base, setting)
    except duckdb.IOException:
        send_frame(descriptor, written(Gone()))
        return
    open_no_more()
    sys.setrecursionlimit(_MOST_CALLS)
    asked: Question | OwnSql = pickle.loads(reader.receive(_PATIENCE) or b"")
    for message in _answers(connection, asked, setting.limits):
        send_frame(descriptor, message)


def _answers(
    connection: duckdb.DuckDBPyConnection, asked: Question | OwnSql, limits: HuntLimits
) -> Iterator[bytes]:
    text = asked.query.text if isinstance(asked, Question) else ""
    try:
        match asked:
            case Question():
                _check_no_command(text)
                translation = translate(asked.query, now=asked.now, probe=_GatedProbe(connection))
                check_statement(connection, translation.sql)
                connection.execute(translation.sql)
                yield from _result(connection, translation.chart, limits)
            case OwnSql():
                connection.execute(asked.sql, list(asked.parameters))
                yield from _result(connection, None, limits)
            case never:
                assert_never(never)
    except Exception as error:
        yield written(explained(error, text, limits, connection))


def _check_no_command(text: str) -> None:
    """Commands to a server begin with a dot; the translator would obey some of them."""
    tokens = read_tokens(text)
    if tokens and tokens[0].text.startswith("."):
        raise bad_query(text, tokens[0].start, 1, "commands are no queries: begin with a table")


class _GatedProbe(ConnectionProbe):
    """Runs nothing that the gate has not seen."""

    def columns(self, sql: str) -> Sequence[ResultColumn]:
        check_statement(self._connection, sql)
        return super().columns(sql)

    def rows(self, sql: str, limit: int) -> Sequence[tuple[object, ...]]:
        check_statement(self._connection, sql)
        return super().rows(sql, limit)


def _result(
    connection: duckdb.DuckDBPyConnection, chart: Chart | None, limits: HuntLimits
) -> Iterator[bytes]:
    columns = result_columns([(name, str(kind)) for name, kind, *_ in connection.description or ()])
    yield written(
        Head(
            columns=tuple((column.name, column.type) for column in columns),
            chart=chart.kind if chart else None,
            properties=dict(chart.properties) if chart else {},
        )
    )
    yield from _rows(connection, [column.type for column in columns], limits)


def _rows(
    connection: duckdb.DuckDBPyConnection, types: Sequence[KqlType], limits: HuntLimits
) -> Iterator[bytes]:
    rows, left_bytes, at_once = limits.rows, limits.result_bytes, _FIRST
    while fetched := connection.fetchmany(min(at_once, rows + 1)):
        cells = to_cells(fetched[:rows], types)
        kept, text = len(cells), _json(cells)
        if len(text) > left_bytes:
            kept, text = _cut(cells, left_bytes)
        if cells and not kept and left_bytes == limits.result_bytes:
            yield written(Stopped(text=_LARGE.format(left_bytes), reason=StopReason.MEMORY))
            return
        yield b'{"kind":"rows","rows":' + text + b"}"
        rows, left_bytes = rows - kept, left_bytes - len(text)
        if kept < len(fetched):
            yield written(End(truncated=True))
            return
        at_once = max(1, min(_MOST_AT_ONCE, _BATCH_BYTES * kept // len(text)))
    yield written(End(truncated=False))


def _json(value: object) -> bytes:
    """`value` as JSON; half of a surrogate pair, which only an escape can bring, as a question mark."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _cut(cells: list[list[Cell]], most_bytes: int) -> tuple[int, bytes]:
    """How many of the rows take no more than so many bytes as a list in JSON, and that list."""
    texts = list(map(_json, cells))
    sums = accumulate((len(text) + 1 for text in texts), initial=1)
    kept = sum(total <= most_bytes for total in sums) - 1
    return kept, b"[" + b",".join(texts[:kept]) + b"]"

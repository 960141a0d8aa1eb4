"""Translation of a hunting query to one SQL statement over the tables of the mirror."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clawback.core.hunting_tables import TABLES
from clawback.errors import BadQuery
from clawback.hunting.kql.bases import bases_of
from clawback.hunting.kql.bounds import check_size
from clawback.hunting.kql.casing import shown_name, told_apart
from clawback.hunting.kql.chart import without_chart
from clawback.hunting.kql.growth import Growth
from clawback.hunting.kql.lists import with_lists
from clawback.hunting.kql.pipelines import Tokens, is_mark, is_name, statements
from clawback.hunting.kql.refusals import refuse
from clawback.hunting.kql.rewriting import rewritten
from clawback.hunting.kql.settling import settle, settle_brackets
from clawback.hunting.kql.tokens import Kind, Token, located, matching, misplaced, read_tokens
from clawback.hunting.kql.user_functions import read_function
from clawback.hunting.kql.weaving import Probe, Weaver
from models.hunting import Chart, HuntQuery, ResultColumn


@dataclass(frozen=True, slots=True)
class Translation:
    """One SELECT without parameters, its columns, and the chart that the query asks for.

    It needs `MACROS` in its connection, TimeZone UTC, and the tables in the schema that was named.
    """

    sql: str
    columns: tuple[ResultColumn, ...]
    chart: Chart | None


def translate(
    query: HuntQuery,
    *,
    now: datetime,
    probe: Probe,
    schema: str = "main",
) -> Translation:
    """The SQL that answers `query` at the time `now`.

    Tables are read from `schema`, by their own names. Of several results the first is the answer; the
    others have to be sound. Raises `BadQuery` with the place in the text.
    """
    try:
        return _translated(query, now, probe, schema)
    except BadQuery as fault:
        raise located(fault, query.text) from None


def _translated(query: HuntQuery, now: datetime, probe: Probe, schema: str) -> Translation:
    tokens = read_tokens(query.text)
    check_size(tokens)
    matching(tokens)
    refuse(tokens)
    tokens = rewritten(with_lists(tokens, query.lists))
    tokens = told_apart(tokens, (column.name for table in TABLES for column in table.columns))
    bases = bases_of(query, tokens, schema)
    weaver = Weaver(bases, now, probe, settle=settle, brackets=settle_brackets)
    growth = Growth()
    answers: list[tuple[Tokens, Chart | None]] = []
    for statement in statements(tokens):
        if is_name(statement[0], "let"):
            _bind(weaver, statement, growth)
        elif not is_name(statement[0], "set"):
            growth.check(statement)
            pipeline, chart = without_chart(statement)
            answers.append((settle(weaver, weaver.functions.write_out(pipeline)), chart))
    if not answers:
        raise BadQuery("the query asks for nothing: end it with a table, such as EmailEvents")
    relations = [weaver.relation(answer) for answer, _ in answers]
    first = relations[0]
    columns = tuple(ResultColumn(shown_name(one.name), one.type) for one in first.columns)
    return Translation(weaver.complete_one(first), columns, answers[0][1])


def _bind(weaver: Weaver, statement: Sequence[Token], growth: Growth) -> None:
    """Take a `let` statement."""
    if len(statement) < 4 or statement[1].kind is Kind.MARK or not is_mark(statement[2], "="):
        raise misplaced(statement[0], "a let is written let Name = value;")
    name = statement[1]
    if function := read_function(statement):
        growth.define(name, function)
        if not weaver.functions.define(function):
            weaver.bind_value(name.text, list(statement))
        return
    growth.check(statement[3:])
    value = weaver.functions.write_out(statement[3:])
    if weaver.is_table(value):
        weaver.bind_table(name, settle(weaver, value))
    else:
        growth.bind(name, value)
        weaver.bind_value(name.text, [*statement[:3], *settle_brackets(weaver, value)])

"""A query woven from stages: each a common table of SQL, made by the translator or by an operator here.

Whatever the translator lacks ends a stage: what stands before it becomes a table with known columns and
types, the operator is SQL or simpler query language over that table, and the rest goes on from there.
Tables inside brackets (a join's right side, `toscalar`, `in (…)`) are settled the same way first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from clawback.hunting.kql.additions import KEEP_NAMES, KnownColumns
from clawback.hunting.kql.bounds import MAX_STAGES, check_grown, check_sql
from clawback.hunting.kql.casing import shown_name
from clawback.hunting.kql.engine import query_sql
from clawback.hunting.kql.literals import plain_strings, sql_name
from clawback.hunting.kql.names import bracketed_names
from clawback.hunting.kql.pipelines import Tokens, is_mark, split_level
from clawback.hunting.kql.tokens import Kind, Token, made, made_from, misplaced
from clawback.hunting.kql.types import SQL_TYPES
from clawback.hunting.kql.user_functions import Functions
from models.hunting import KqlType, ResultColumn

STAGE = "kql_"
"""How names begin that are given to stages; a query cannot use one."""
_MAKE_COLUMNS = frozenset({"mv", "mvexpand", "parse"})
"""Words of operators that give columns values without an equals sign."""
_TABLE_WORDS = frozenset({"union", "print", "datatable", "search", "find", "materialize", "view"})


class Probe(Protocol):
    """Answers about SQL that is being put together, from the process that will run it.

    Both raise `duckdb.Error` where DuckDB refuses, which the caller of the translation explains.
    """

    def columns(self, sql: str) -> Sequence[ResultColumn]:
        """The columns of `sql`, without running it: `result_columns` over a DESCRIBE."""
        ...

    def rows(self, sql: str, limit: int) -> Sequence[tuple[object, ...]]:
        """At most `limit` rows of `sql`: what `pivot` and `bag_unpack` have to know."""
        ...


@dataclass(frozen=True, slots=True)
class Relation:
    """A table in scope: a hunting table, a named list, a tabular let or a stage."""

    name: str
    columns: tuple[ResultColumn, ...]

    @property
    def names(self) -> list[str]:
        """The names of its columns, in order."""
        return [column.name for column in self.columns]

    def of_type(self, *types: KqlType) -> list[str]:
        """The names of its columns of these types."""
        return [column.name for column in self.columns if column.type in types]


def _nothing(columns: Sequence[ResultColumn]) -> str:
    return ", ".join(
        f"CAST(NULL AS {SQL_TYPES[one.type]}) AS {sql_name(one.name)}" for one in columns
    )


class Weaver:
    """What is in scope while a query is translated, and the stages made so far."""

    def __init__(
        self,
        base: Mapping[str, tuple[str, tuple[ResultColumn, ...]]],
        now: datetime,
        probe: Probe,
        *,
        settle: Callable[[Weaver, Sequence[Token]], Tokens],
        brackets: Callable[[Weaver, Sequence[Token]], Tokens],
    ) -> None:
        self._settle = settle
        self._brackets = brackets
        self._base = frozenset(base)
        self._stages: dict[str, str] = {name: sql for name, (sql, _) in base.items()}
        self._relations = {name: Relation(name, columns) for name, (_, columns) in base.items()}
        self._renamed: dict[str, str] = {}
        self._lets: dict[str, Tokens] = {}
        self._fixed: set[str] = set()
        self._made = 0
        self._size = 0
        self.groups = ""
        self.now = now
        self.probe = probe
        self.functions = Functions(self.is_table)

    def settle(self, tokens: Sequence[Token]) -> Tokens:
        """A pipeline as the translator knows it."""
        return self._settle(self, tokens)

    def settle_brackets(self, tokens: Sequence[Token]) -> Tokens:
        """`tokens` with what stands in brackets as the translator knows it."""
        return self._brackets(self, tokens)

    def plain(self, source: Tokens, segment: Tokens) -> Tokens:
        """The pipeline with an operator that the translator knows."""
        return self.settle([*source, made("|", segment[0], Kind.MARK), *segment])

    def is_table(self, tokens: Sequence[Token]) -> bool:
        """Whether an expression is a table rather than a value."""
        if len(split_level(tokens, "|")) > 1:
            return True
        if not tokens:
            return False
        first = tokens[0]
        if is_mark(first, "(") and is_mark(tokens[-1], ")"):
            return self.is_table(tokens[1:-1])
        if first.kind is not Kind.NAME:
            return False
        alone = len(tokens) == 1
        if first.text in _TABLE_WORDS or (
            first.text == "range" and not alone and not is_mark(tokens[1], "(")
        ):
            return not alone
        if alone or is_mark(tokens[1], "("):
            return self.functions.is_tabular(first.text) or (
                alone and self.relation_named(first) is not None
            )
        return False

    def relation_named(self, token: Token) -> Relation | None:
        """The table of this name."""
        return self._relations.get(self._renamed.get(token.text, token.text))

    def tables(self) -> dict[str, list[str]]:
        """Every table in scope, with the names of its columns."""
        return {name: relation.names for name, relation in self._relations.items()}

    def bind_value(self, name: str, statement: Tokens) -> None:
        """Take a scalar let or a function that the translator calls itself, as a whole statement."""
        self._lets[name] = statement

    def value_of(self, token: Token) -> Tokens | None:
        """The value that a scalar let gave this name."""
        statement = self._lets.get(token.text) if token.kind is Kind.NAME else None
        return statement[3:] if statement and is_mark(statement[2], "=") else None

    def bind_table(self, name: Token, tokens: Tokens) -> None:
        """Take a tabular let."""
        sql = self.sql_of(tokens)
        taken = {known.lower() for known in self._stages}
        spelled = name.text if name.text.lower() not in taken else self._fresh()
        self._renamed[name.text] = spelled
        self.add(sql, name, name=spelled)

    def renamed(self, tokens: Sequence[Token]) -> Tokens:
        """`tokens` with tabular lets under the names that SQL knows them by."""
        changed = {name: spelled for name, spelled in self._renamed.items() if name != spelled}
        if not changed:
            return list(tokens)
        run: Tokens = []
        for index, token in enumerate(tokens):
            column = (index and is_mark(tokens[index - 1], ".")) or (
                index + 1 < len(tokens) and is_mark(tokens[index + 1], "=")
            )
            spelled = None if column or token.kind is not Kind.NAME else changed.get(token.text)
            run.append(made(spelled, token, space=token.space) if spelled else token)
        return run

    def sql_of(self, tokens: Sequence[Token]) -> str:
        """The SQL of settled tokens, without the stages it reads."""
        run = plain_strings([*self._needed_lets(tokens), *self.renamed(tokens)])
        known = self._known_columns(run)
        columns = {name for relation in self._relations.values() for name in relation.names}
        run = bracketed_names(run, columns)
        check_grown(run)
        sql = query_sql(run, self.tables(), self.now, known=known)
        check_sql(sql, tokens[0])
        return sql

    def _known_columns(self, run: Sequence[Token]) -> KnownColumns:
        """Columns that have one type in every table, and to which `run` gives no other value."""
        if any(token.text in _MAKE_COLUMNS for token in run):
            return KnownColumns()
        types: dict[str, set[KqlType]] = {}
        for relation in self._relations.values():
            for column in relation.columns:
                types.setdefault(column.name, set()).add(column.type)
        changed: set[str] = set()
        for index, token in enumerate(run):
            after, before = run[index + 1 : index + 2], run[max(index - 2, 0) : index]
            converted = (
                len(before) == 2 and is_mark(before[1], "(") and before[0].text in KEEP_NAMES
            )
            if (after and is_mark(after[0], "=")) or converted:
                changed.add(token.text)
        steady = {name: kinds for name, kinds in types.items() if name not in changed}
        return KnownColumns(
            frozenset(name for name, kinds in steady.items() if KqlType.DYNAMIC not in kinds),
            frozenset(name for name, kinds in steady.items() if kinds == {KqlType.STRING}),
        )

    def _needed_lets(self, tokens: Sequence[Token]) -> Tokens:
        needed: set[str] = set()
        waiting = [token.text for token in tokens if token.kind is Kind.NAME]
        while waiting:
            name = waiting.pop()
            if name in self._lets and name not in needed:
                needed.add(name)
                waiting += [token.text for token in self._lets[name][3:] if token.kind is Kind.NAME]
        run: Tokens = []
        for name, statement in self._lets.items():
            if name in needed:
                run += [*self.renamed(statement), made(";", statement[0], Kind.MARK, space="")]
        return run

    @contextmanager
    def grouping(self, groups: str) -> Iterator[None]:
        """While a pipeline runs for each group: `groups` is the stage that has every one of them."""
        outer, self.groups = self.groups, groups
        try:
            yield
        finally:
            self.groups = outer

    def relation(self, tokens: Sequence[Token]) -> Relation:
        """Settled tokens as a table in scope; one that is its name only stays what it is."""
        if len(tokens) == 1 and (known := self.relation_named(tokens[0])):
            return known
        return self.add(self.sql_of(tokens), tokens[0])

    def add(self, sql: str, origin: Token, *, name: str = "", fixed: bool = False) -> Relation:
        """A new stage; one that is `fixed` has the same rows wherever it is read."""
        if len(self._stages) >= MAX_STAGES:
            raise misplaced(origin, f"the query needs more than {MAX_STAGES} steps: split it")
        columns = self.columns_of(sql)
        relation = Relation(name or self._fresh(), columns)
        self._stages[relation.name] = sql
        self._relations[relation.name] = relation
        if fixed:
            self._fixed.add(relation.name)
        self._size += len(sql)
        check_sql(" " * self._size, origin)
        return relation

    def columns_of(self, sql: str) -> tuple[ResultColumn, ...]:
        """The columns of SQL over the stages; these stand there without rows, by their columns alone."""
        stubs = ",\n".join(
            f"{sql_name(relation.name)} AS (SELECT {_nothing(relation.columns)} WHERE false)"
            for relation in self._relations.values()
            if sql_name(relation.name) in sql
        )
        return tuple(self.probe.columns(f"WITH {stubs}\nSELECT * FROM ({sql})" if stubs else sql))

    def rows(self, sql: str, limit: int) -> Sequence[tuple[object, ...]]:
        """At most `limit` rows of SQL over the stages so far."""
        return self.probe.rows(self.complete(sql), limit)

    def complete_one(self, relation: Relation) -> str:
        """The SQL of a whole query that answers with `relation`."""
        listed = ", ".join(
            f"{sql_name(one)} AS {sql_name(shown_name(one))}" for one in relation.names
        )
        return self.complete(f"SELECT {listed} FROM {sql_name(relation.name)}")

    def complete(self, sql: str) -> str:
        """`sql` with the stages that it needs in front of it, each after those it needs itself."""
        needed: set[str] = set()
        waiting = [sql]
        while waiting:
            text = waiting.pop()
            found = {name for name in self._stages if name not in needed and sql_name(name) in text}
            needed |= found
            waiting += [self._stages[name] for name in found]
        if not needed:
            return sql
        stages = ",\n".join(
            f"{sql_name(name)} AS {self._hint(name)}({body})"
            for name, body in self._stages.items()
            if name in needed
        )
        return (
            f"WITH {stages}\n{sql}"
            if not sql.startswith("WITH ")
            else f"WITH {stages}\nSELECT * FROM ({sql})"
        )

    def _hint(self, name: str) -> str:
        if name in self._base:
            return "NOT MATERIALIZED "
        return "MATERIALIZED " if name in self._fixed else ""

    def _fresh(self) -> str:
        self._made += 1
        return f"{STAGE}{self._made}"

    def written(self, text: str, origin: Token) -> Tokens:
        """Query language that an operator is written out to, put where `origin` stood."""
        return made_from(text, origin)

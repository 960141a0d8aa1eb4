"""A pipeline that runs for each group by itself: the body of `mv-apply` and of `partition`.

The groups are told apart by a column that is carried through: filters and new columns stay as they are,
what counts or cuts rows does so within each group.
"""

from __future__ import annotations

from collections.abc import Sequence

from clawback.hunting.kql.literals import sql_name
from clawback.hunting.kql.operators.flow import count_token
from clawback.hunting.kql.operators.windows import WINDOW_FUNCTIONS, has_window
from clawback.hunting.kql.pipelines import Tokens, is_mark, is_name, operator_of, split_level
from clawback.hunting.kql.tokens import Kind, Token, made, misplaced
from clawback.hunting.kql.weaving import Relation, Weaver

GROUP = "kql_group"
_AT = "kql_at"
_SAME = frozenset(
    {
        *(
            "where",
            "filter",
            "extend",
            "parse",
            "parse-where",
            "mv-expand",
            "mvexpand",
            "project-rename",
        ),
        *("project-away", "sort", "order", "serialize", "lookup", "join", "as", "parse-kv"),
    }
)
_LEADING = frozenset({"project", "project-keep", "project-reorder", "distinct"})


def run_grouped(weaver: Weaver, source: Relation, body: Sequence[Token]) -> Relation:
    """What `body` makes of each group of `source`, which has the column of the groups."""
    done: Tokens = [made(source.name, body[0])]
    for segment in split_level(body, "|"):
        if segment:
            done = _step(weaver, done, segment)
    return weaver.relation(done)


def _step(weaver: Weaver, done: Tokens, segment: Tokens) -> Tokens:
    operator, width = operator_of(segment)
    origin = segment[0]
    if operator in _SAME:
        if has_window(segment):
            done, segment = _windows(weaver, done, segment)
        return _appended(weaver, done, segment)
    if operator in _LEADING:
        lead = [made(GROUP, origin), made(",", origin, Kind.MARK, space="")]
        return _appended(weaver, done, [*segment[:width], *lead, *segment[width:]])
    if operator == "summarize":
        return _summarized(weaver, done, segment)
    if operator == "count":
        counted = weaver.written("summarize Count = count()", origin)
        return _summarized(weaver, done, counted)
    if operator in ("take", "limit"):
        return _first(weaver, done, segment[1:], origin)
    if operator == "top":
        by = next((i for i, token in enumerate(segment) if is_name(token, "by")), None)
        if by is None:
            raise misplaced(origin, "top needs by and what to order by")
        ordered = _appended(weaver, done, [*weaver.written("sort", origin), *segment[by:]])
        return _first(weaver, ordered, segment[1:by], origin)
    raise misplaced(origin, f"{operator or 'this'} cannot run within each group", operator=operator)


def _appended(weaver: Weaver, done: Tokens, segment: Tokens) -> Tokens:
    return weaver.settle([*done, made("|", segment[0], Kind.MARK), *segment])


def _first(weaver: Weaver, done: Tokens, count: Tokens, origin: Token) -> Tokens:
    """The first rows of each group, in the order in which they are."""
    number = count_token(weaver, count, origin)
    relation = _placed(weaver, done, origin)
    sql = (
        f"SELECT * EXCLUDE ({_AT}) FROM {sql_name(relation.name)} QUALIFY row_number() OVER "
        f"(PARTITION BY {GROUP} ORDER BY {_AT}) <= {number.text} ORDER BY {_AT}"
    )
    return [made(weaver.add(sql, origin).name, origin)]


def _placed(weaver: Weaver, done: Tokens, origin: Token) -> Relation:
    """The rows with their place in the order that they have."""
    name = sql_name(weaver.relation(done).name)
    return weaver.add(f"SELECT *, row_number() OVER () AS {_AT} FROM {name}", origin, fixed=True)


def _windows(weaver: Weaver, done: Tokens, segment: Tokens) -> tuple[Tokens, Tokens]:
    """Functions that read other rows, within the group."""
    relation = _placed(weaver, done, segment[0])
    run: Tokens = []
    for index, token in enumerate(segment):
        run.append(token)
        if is_mark(token, "(") and index and is_name(segment[index - 1], *WINDOW_FUNCTIONS):
            run[-2] = made(f"kql_{segment[index - 1].text}", token)
            empty = is_mark(segment[index + 1], ")")
            run += weaver.written(f"{GROUP}, {_AT}" + ("" if empty else ","), token)
    return [made(relation.name, segment[0])], [
        *run,
        *weaver.written(f"| project-away {_AT}", segment[0]),
    ]


def _summarized(weaver: Weaver, done: Tokens, segment: Tokens) -> Tokens:
    """`summarize` by group; without a `by` of its own a group without rows has a row too."""
    origin = segment[0]
    by = _depth_zero_by(segment)
    if by is not None:
        keys = [
            *segment[: by + 1],
            made(GROUP, origin),
            made(",", origin, Kind.MARK),
            *segment[by + 1 :],
        ]
        return _appended(weaver, done, keys)
    source = weaver.relation(done)
    start = [made(source.name, origin)]
    per_group = weaver.relation(
        _appended(weaver, start, [*segment, *weaver.written(f"by {GROUP}", origin)])
    )
    none = [*start, *weaver.written("| where false |", origin), *segment]
    empty = weaver.relation(weaver.settle(none))
    columns = [name for name in per_group.names if name != GROUP]
    filled = [
        f"CASE WHEN a.{GROUP} IS NULL THEN e.{sql_name(name)} ELSE a.{sql_name(name)} END AS {sql_name(name)}"
        for name in columns
    ]
    sql = (
        f"SELECT g.{GROUP}, {', '.join(filled)} FROM {sql_name(weaver.groups)} g "
        f"LEFT JOIN {sql_name(per_group.name)} a ON a.{GROUP} = g.{GROUP} CROSS JOIN {sql_name(empty.name)} e"
    )
    return [made(weaver.add(sql, origin).name, origin)]


def _depth_zero_by(segment: Sequence[Token]) -> int | None:
    depth = 0
    for index, token in enumerate(segment):
        depth += (
            is_mark(token, "(") + is_mark(token, "[") - is_mark(token, ")") - is_mark(token, "]")
        )
        if depth == 0 and is_name(token, "by"):
            return index
    return None

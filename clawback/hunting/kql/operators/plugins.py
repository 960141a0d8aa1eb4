"""`evaluate`: the plugins whose columns depend on the data, which is looked at before SQL is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from clawback.hunting.kql.literals import constant, sql_name, sql_string, string_value
from clawback.hunting.kql.pipelines import Tokens, is_mark, joined, split_list
from clawback.hunting.kql.tokens import Kind, Token, made, matching, misplaced
from clawback.hunting.kql.weaving import Relation, Weaver

_MOST_COLUMNS = 500
_ZERO_WHERE_EMPTY = ("count", "countif", "dcount", "dcountif", "sum", "sumif")


def evaluate(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """A plugin over the rows so far; hints in front of it and a schema behind it are left out."""
    at = 1
    while at + 2 < len(segment) and not is_mark(segment[at + 1], "("):
        at += 1
    name = segment[at]
    plugin = PLUGINS.get(name.text)
    if plugin is None or not is_mark(segment[at + 1], "("):
        known = ", ".join(sorted(PLUGINS))
        raise misplaced(
            name, f"the plugin {name.text} is not there: there are {known}", operator=name.text
        )
    arguments = split_list(segment[at + 2 : matching(segment)[at + 1]])
    relation = weaver.relation(source)
    return [made(plugin(weaver, relation, arguments, name).name, name)]


def _column(relation: Relation, arguments: Sequence[Tokens], origin: Token) -> str:
    if not arguments or len(arguments[0]) != 1 or arguments[0][0].text not in relation.names:
        raise misplaced(
            arguments[0][0] if arguments else origin, f"{origin.text} needs a column first"
        )
    return arguments[0][0].text


def _bag_unpack(
    weaver: Weaver, relation: Relation, arguments: list[Tokens], origin: Token
) -> Relation:
    """A column for each key of a bag, of the type that all its values have, else dynamic."""
    column = sql_name(_column(relation, arguments, origin))
    settings = _bag_settings(arguments[1:])
    found = weaver.rows(
        f"SELECT k, list_sort(list(DISTINCT json_type(kql_get(b, k)))) FROM (SELECT b, unnest(json_keys(b)) "
        f"AS k FROM (SELECT to_json({column}) AS b FROM {sql_name(relation.name)}) "
        "WHERE json_type(b) = 'OBJECT') GROUP BY k ORDER BY k",
        _MOST_COLUMNS + 1,
    )
    if len(found) > _MOST_COLUMNS:
        raise misplaced(
            origin, f"the bags have more than {_MOST_COLUMNS} keys: name those that you need"
        )
    kept = [name for name in relation.names if sql_name(name) != column]
    conflict = settings.get("columnsConflict", "error")
    ignored = settings.get("ignoredProperties", "")
    fresh: dict[str, str] = {}
    for key, kinds in found:
        name = settings.get("prefix", "") + str(key)
        if str(key) in ignored.split("\0"):
            continue
        if name in kept and conflict == "error":
            raise misplaced(
                origin,
                f"{name} is a column already: give bag_unpack a prefix, or columnsConflict='replace_source'",
            )
        if name in kept and conflict == "keep_source":
            continue
        fresh[name] = _unpacked(column, str(key), kinds)
    columns = [sql_name(name) for name in kept if name not in fresh]
    columns += [f"{sql} AS {sql_name(name)}" for name, sql in fresh.items()]
    return weaver.add(
        f"SELECT {', '.join(columns) or '1 AS kql_none'} FROM {sql_name(relation.name)}", origin
    )


def _bag_settings(arguments: Sequence[Tokens]) -> Mapping[str, str]:
    """What stands behind the column: named, or prefix, conflict and ignored keys in that order."""
    names = ["prefix", "columnsConflict", "ignoredProperties"]
    found: dict[str, str] = {}
    for index, argument in enumerate(arguments):
        name = (
            argument[0].text
            if len(argument) > 2 and is_mark(argument[1], "=")
            else names[min(index, 2)]
        )
        strings = [string_value(token) for token in argument if token.kind is Kind.STRING]
        found["prefix" if name == "OutputColumnPrefix" else name] = "\0".join(strings)
    return found


def _unpacked(column: str, key: str, kinds: object) -> str:
    value = f"kql_get(to_json({column}), {sql_string(key)})"
    present = set(kinds) - {"NULL"} if isinstance(kinds, list) else set()
    if present <= {"VARCHAR"}:
        return f"coalesce({value} ->> '$', '')"
    if present <= {"UBIGINT", "BIGINT"}:
        return f"TRY_CAST({value} AS BIGINT)"
    if present <= {"UBIGINT", "BIGINT", "DOUBLE"}:
        return f"TRY_CAST({value} AS DOUBLE)"
    if present <= {"BOOLEAN"}:
        return f"TRY_CAST({value} AS BOOLEAN)"
    return value


def _pivot(weaver: Weaver, relation: Relation, arguments: list[Tokens], origin: Token) -> Relation:
    """A column for each value of a column, with an aggregate of the rows that have it."""
    column = _column(relation, arguments, origin)
    aggregate = arguments[1] if len(arguments) > 1 else weaver.written("count()", origin)
    used = {token.text for token in aggregate if token.kind is Kind.NAME}
    groups = [item[0].text for item in arguments[2:] if item] or [
        name for name in relation.names if name != column and name not in used
    ]
    by = [*groups, column]
    comma = made(",", origin, Kind.MARK, space="")
    keys = joined([[made(name, origin)] for name in by], comma)
    run = [*weaver.written(f"{relation.name} | summarize kql_value =", origin), *aggregate]
    grouped = weaver.relation(weaver.settle([*run, made("by", origin), *keys]))
    text = f"tostring({column})"
    values = weaver.rows(
        weaver.sql_of(
            weaver.written(
                f"{grouped.name} | distinct kql_key = {text} | sort by kql_key asc", origin
            )
        ),
        _MOST_COLUMNS + 1,
    )
    if len(values) > _MOST_COLUMNS:
        raise misplaced(
            origin, f"{column} has more than {_MOST_COLUMNS} values: filter it before pivot"
        )
    keyed = weaver.relation(weaver.written(f"{grouped.name} | extend kql_key = {text}", origin))
    zero = aggregate[0].text in _ZERO_WHERE_EMPTY
    cells = []
    for (value,) in values:
        cell = f"max(kql_value) FILTER (WHERE kql_key = {sql_string(str(value))})"
        cell = f"coalesce({cell}, 0)" if zero else f"kql_filled({cell})"
        cells.append(f"{cell} AS {sql_name(str(value) or 'Column1')}")
    listed = ", ".join([*map(sql_name, groups), *cells]) or "1 AS kql_none"
    grouping = f" GROUP BY {', '.join(map(sql_name, groups))}" if groups else ""
    return weaver.add(f"SELECT {listed} FROM {sql_name(keyed.name)}{grouping}", origin)


def _narrow(
    weaver: Weaver, relation: Relation, _arguments: list[Tokens], origin: Token
) -> Relation:
    """A row for each cell: the number of its row, its column and its value as text."""
    name = sql_name(relation.name)
    numbered = weaver.add(
        f"SELECT *, row_number() OVER () - 1 AS kql_at FROM {name}", origin, fixed=True
    )
    text = ", ".join(f"kql_cell_{i} = tostring({n})" for i, n in enumerate(_quoted(relation)))
    texts = weaver.relation(
        weaver.written(f"{numbered.name} | project Row = kql_at, {text}", origin)
    )
    rows = " UNION ALL ".join(
        f'SELECT "Row", {sql_string(column)} AS "Column", kql_cell_{index} AS "Value", '
        f"{index} AS kql_place FROM {sql_name(texts.name)}"
        for index, column in enumerate(relation.names)
    )
    return weaver.add(
        f'SELECT "Row", "Column", "Value" FROM ({rows}) ORDER BY "Row", kql_place', origin
    )


def _quoted(relation: Relation) -> list[str]:
    return [f"['{name}']" for name in relation.names]


def _ipv4_lookup(
    weaver: Weaver, relation: Relation, arguments: list[Tokens], origin: Token
) -> Relation:
    """The rows beside those of a table whose range holds their address."""
    if len(arguments) < 3:
        raise misplaced(
            origin,
            "ipv4_lookup takes a table, a column of addresses and the table's column of ranges",
        )
    ranges = weaver.relation(weaver.settle(arguments[0]))
    address, network = (sql_name(argument[0].text) for argument in arguments[1:3])
    unmatched = (
        len(arguments) > 3
        and constant(arguments[3][-1:]) is None
        and arguments[3][-1].text == "true"
    )
    kind = "LEFT JOIN" if unmatched else "JOIN"
    right = ", ".join(
        f"r.{sql_name(name)} AS {sql_name(name if name not in relation.names else name + '1')}"
        for name in ranges.names
    )
    return weaver.add(
        f"SELECT l.*, {right} FROM {sql_name(relation.name)} l {kind} {sql_name(ranges.name)} r "
        f"ON kql_ipv4_in(l.{address}, r.{network})",
        origin,
    )


PLUGINS: Mapping[str, Callable[[Weaver, Relation, list[Tokens], Token], Relation]] = {
    "bag_unpack": _bag_unpack,
    "pivot": _pivot,
    "narrow": _narrow,
    "ipv4_lookup": _ipv4_lookup,
}

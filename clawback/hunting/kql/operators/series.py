"""`make-series`: one array per group, with a value for every step."""

from __future__ import annotations

from dataclasses import dataclass, field

from clawback.hunting.kql.literals import sql_name
from clawback.hunting.kql.pipelines import (
    Tokens,
    bracketed,
    is_mark,
    is_name,
    joined,
    operator_of,
    split_level,
    split_list,
)
from clawback.hunting.kql.tokens import CLOSING, OPENING, Kind, Token, made, misplaced
from clawback.hunting.kql.weaving import Relation, Weaver

_WORDS = ("on", "from", "to", "step", "by", "in")


@dataclass(slots=True)
class _Series:
    """The parts of the operator, by the word in front of each."""

    parts: dict[str, Tokens]
    items: list[Tokens] = field(default_factory=list)
    defaults: list[Tokens] = field(default_factory=list)
    keeps_empty: bool = False


def make_series(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """Aggregates by bins of the axis, then every bin of every group; what is missing is the default."""
    series = _read(segment)
    origin = segment[0]
    relation = weaver.relation(source)
    limits = _limits(weaver, series, origin)
    grouped = weaver.relation(_grouped(weaver, relation.name, series, origin))
    sql = _every_bin(grouped, limits, series)
    return [made(weaver.add(sql, origin).name, origin)]


def _read(segment: Tokens) -> _Series:
    width = operator_of(segment)[1]
    keeps_empty = False
    while width + 2 < len(segment) and is_name(segment[width], "kind"):
        keeps_empty = segment[width + 2].text == "nonempty"
        width += 3
    parts: dict[str, Tokens] = {"": []}
    word, depth = "", 0
    for token in segment[width:]:
        if token.kind is Kind.MARK:
            depth += (token.text in OPENING) - (token.text in CLOSING)
        if depth == 0 and is_name(token, *_WORDS) and (token.text not in parts):
            word = token.text
            parts[word] = []
        else:
            parts[word].append(token)
    series = _Series(_from_range(parts), keeps_empty=keeps_empty)
    if not series.parts.get("on") or not series.parts.get("step"):
        raise misplaced(segment[0], "make-series needs an axis and a step: on Timestamp step 1d")
    for item in split_list(parts[""]):
        _read_item(item, series)
    return series


def _from_range(parts: dict[str, Tokens]) -> dict[str, Tokens]:
    """The older `in range(start, stop, step)` as `from`, `to` and `step`."""
    if "in" in parts and len(parts["in"]) > 2:
        start, stop, step = (*split_list(bracketed(parts["in"], 1)), [], [], [])[:3]
        return {**parts, "from": start, "to": stop, "step": step}
    return parts


def _read_item(item: Tokens, series: _Series) -> None:
    for index in range(len(item) - 1):
        if is_name(item[index], "default") and is_mark(item[index + 1], "="):
            series.items.append(item[:index])
            series.defaults.append(item[index + 2 :])
            return
    series.items.append(item)
    series.defaults.append([made("0", item[0], Kind.NUMBER)])


def _axis(series: _Series) -> Tokens:
    parts = split_level(series.parts["on"], "=")
    return parts[-1]


def _axis_name(series: _Series) -> str:
    return series.parts["on"][0].text


def _limits(weaver: Weaver, series: _Series, origin: Token) -> str:
    """The name of a table of one row: where the series begins and ends, its step, the defaults."""
    wanted = {"kql_step": series.parts["step"]}
    wanted |= {f"kql_default_{index}": one for index, one in enumerate(series.defaults)}
    wanted |= {
        f"kql_{word}": series.parts[word] for word in ("from", "to") if series.parts.get(word)
    }
    items = [[*weaver.written(f"{name} =", origin), *tokens] for name, tokens in wanted.items()]
    run = [made("print", origin), *joined(items, made(",", origin, Kind.MARK, space=""))]
    return weaver.relation(run).name


def _grouped(weaver: Weaver, relation: str, series: _Series, origin: Token) -> Tokens:
    """Rows within the limits, aggregated by group and bin."""
    axis, step = _axis(series), series.parts["step"]
    start, stop = series.parts.get("from"), series.parts.get("to")
    run = [
        *weaver.written(f"{relation} | where isnotnull(", origin),
        *axis,
        made(")", origin, Kind.MARK),
    ]
    for sign, limit in ((">=", start), ("<", stop)):
        if limit:
            run += [*weaver.written("| where", origin), *axis, *weaver.written(f"{sign} (", origin)]
            run += [*limit, made(")", origin, Kind.MARK)]
    comma = made(",", origin, Kind.MARK, space="")
    binned = [*weaver.written("bin_at(" if start else "bin(", origin), *axis, comma, *step]
    binned += [comma, *start] if start else []
    by = [
        *_named_groups(series),
        [*weaver.written("kql_bin =", origin), *binned, made(")", origin, Kind.MARK)],
    ]
    items = joined(series.items, comma)
    aggregated = weaver.settle(
        [
            *run,
            *weaver.written("| summarize", origin),
            *items,
            made("by", origin),
            *joined(by, comma),
        ]
    )
    return aggregated


def _named_groups(series: _Series) -> list[Tokens]:
    return split_list(series.parts.get("by", []))


def _every_bin(grouped: Relation, limits: str, series: _Series) -> str:
    """The groups in every bin, as an array for each value and one for the axis."""
    width = len(series.items)
    by, values, axis = grouped.names[: -width - 1], grouped.names[-width:], _axis_name(series)
    keys = ", ".join(map(sql_name, by))
    start = "kql_from" if series.parts.get("from") else "(SELECT min(kql_bin) FROM data)"
    stop = "kql_to" if series.parts.get("to") else "(SELECT max(kql_bin) FROM data) + kql_step"
    groups = f"SELECT DISTINCT {keys} FROM data" if by else "SELECT 1 AS kql_one FROM data LIMIT 1"
    if not by and series.keeps_empty:
        groups = "SELECT 1 AS kql_one"
    same = " AND ".join(f"g.{sql_name(key)} IS NOT DISTINCT FROM d.{sql_name(key)}" for key in by)
    columns = [f"g.{sql_name(key)} AS {sql_name(key)}" for key in by]
    columns += [
        f"to_json(list(kql_dynamic(CASE WHEN d.kql_bin IS NULL THEN l.kql_default_{index} "
        f"ELSE d.{sql_name(value)} END) ORDER BY s.kql_slot)) AS {sql_name(value)}"
        for index, value in enumerate(values)
    ]
    columns.append(
        f"to_json(list(kql_dynamic(s.kql_slot) ORDER BY s.kql_slot)) AS {sql_name(axis)}"
    )
    grouping = ", ".join(f"g.{sql_name(key)}" for key in by) or "g.kql_one"
    return (
        f"WITH data AS (SELECT * FROM {sql_name(grouped.name)}), groups AS ({groups}), "
        f"slots AS (SELECT unnest(range({start}, {stop}, kql_step)) AS kql_slot FROM {sql_name(limits)}) "
        f"SELECT {', '.join(columns)} FROM groups g CROSS JOIN slots s CROSS JOIN {sql_name(limits)} l "
        f"LEFT JOIN data d ON d.kql_bin = s.kql_slot{' AND ' + same if same else ''} GROUP BY {grouping}"
    )

"""`geo_info_from_ip_address`, where a database is configured: the addresses are looked up beforehand."""

from __future__ import annotations

import json
from collections.abc import Sequence

from clawback.hunting.kql.literals import sql_name, sql_string
from clawback.hunting.kql.pipelines import Tokens, calls, is_name, operator_of, split_list
from clawback.hunting.kql.tokens import Kind, Token, made, misplaced
from clawback.hunting.kql.weaving import Weaver

FUNCTION = "geo_info_from_ip_address"
_MOST_ADDRESSES = 20_000
_KEEPS_COLUMNS = ("extend", "where", "filter", "serialize")


def asks_for_places(segment: Sequence[Token]) -> bool:
    """Whether the function is called in `segment`."""
    return any(is_name(token, FUNCTION) for token in segment)


def with_places(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """The operator with a column of places for each call, joined by the address."""
    origin = segment[0]
    kept = weaver.relation(source)
    columns: list[str] = []
    while found := next(calls(segment, FUNCTION), None):
        at, end = found
        arguments = split_list(segment[at + 2 : end])
        if len(arguments) != 1:
            raise misplaced(segment[at], f"{FUNCTION} takes one address")
        column = f"kql_place_{len(columns)}"
        columns.append(column)
        place = f"kql_address_{len(columns)}"
        keyed = [
            *weaver.written(f"{kept.name} | extend {place} = tostring(", origin),
            *arguments[0],
        ]
        rows = weaver.relation(weaver.settle([*keyed, made(")", origin, Kind.MARK)]))
        table = _places(weaver, rows.name, place, segment[at])
        sql = (
            f"SELECT r.* EXCLUDE ({place}), coalesce(p.place, kql_geo(r.{place})) AS {column} "
            f"FROM {sql_name(rows.name)} r LEFT JOIN {sql_name(table)} p ON p.address = r.{place}"
        )
        kept = weaver.add(sql, origin)
        segment = [
            *segment[:at],
            made(column, segment[at], space=segment[at].space),
            *segment[end + 1 :],
        ]
    done = weaver.plain([made(kept.name, origin)], segment)
    if operator_of(segment)[0] not in _KEEPS_COLUMNS:
        return done
    return [*done, *weaver.written("| project-away " + ", ".join(columns), origin)]


def _places(weaver: Weaver, rows: str, column: str, origin: Token) -> str:
    """The name of a table of the addresses that are there and where each is."""
    addresses = weaver.rows(
        f"SELECT DISTINCT {column} FROM {sql_name(rows)} WHERE {column} <> ''", _MOST_ADDRESSES + 1
    )
    if len(addresses) > _MOST_ADDRESSES:
        raise misplaced(
            origin, f"more than {_MOST_ADDRESSES} addresses: filter or summarize before {FUNCTION}"
        )
    found = []
    for (address,) in addresses:
        place = weaver.places(str(address)) if weaver.places else None
        if place:
            found.append(f"({sql_string(str(address))}, {sql_string(json.dumps(dict(place)))})")
    values = ", ".join(found) or "('', '{}')"
    sql = f"SELECT address, CAST(place AS JSON) AS place FROM (VALUES {values}) AS known(address, place)"
    return weaver.add(sql, origin).name

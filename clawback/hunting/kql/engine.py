"""The translator duckdb-kql: KQL that it knows to SQL, with its errors at the user's own words.

Only its parser, its intermediate form and its SQL writer are used: no connection, no commands, no
stored functions, no clusters. Which tables a query reads is read from the intermediate form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from duckdb_kql import (
    KqlError,
    KqlSchemaError,
    KqlSyntaxError,
    KqlUnsupportedError,
    SourceSpan,
)
from duckdb_kql.lower import lower
from duckdb_kql.translate import clock, to_sql

from clawback.errors import BadQuery
from clawback.hunting.kql import additions
from clawback.hunting.kql.additions import KnownColumns
from clawback.hunting.kql.hygiene import with_own_variables
from clawback.hunting.kql.resolving import check_names, token_named
from clawback.hunting.kql.tokens import Kind, Token, Written, misplaced

MACROS = additions.MACROS
_LACKING = frozenset(
    {
        *("hash", "hash_many", "hash_combine", "hash_xxhash64", "parse_user_agent", "parse_xml"),
        *("row_window_session", "buildschema", "binary_all_and", "binary_all_or", "binary_all_xor"),
        *("bin_auto", "cursor_after", "cursor_current", "ingestion_time", "extent_id", "assert"),
        *("current_principal", "current_principal_details", "current_cluster_endpoint"),
        *("dcount_intersect", "hll_if", "hll_merge", "tdigest_merge", "percentrank_tdigest"),
        *("ipv4_range_to_cidr_list", "punycode_from_string"),
        *("punycode_to_string", "punycode_domain_from_string", "punycode_domain_to_string"),
        *("zlib_compress_to_base64_string", "zlib_decompress_from_base64_string"),
        *("gzip_compress_to_base64_string", "gzip_decompress_from_base64_string"),
        *("series_periods_detect", "series_periods_validate", "series_fft", "series_ifft"),
        *("series_seasonal", "series_fit_poly", "series_fit_2lines", "series_cosine_similarity"),
        *("series_fit_2lines_dynamic", "welch_test", "beta_cdf", "beta_inv", "beta_pdf", "erf"),
        *("erfc", "geo_point_to_geohash", "geo_point_in_circle", "geo_point_in_polygon"),
        *("geo_point_to_s2cell", "geo_point_to_h3cell", "has_any_ipv6"),
    }
)
"""Functions of the language that are not here, unless the translator knows them: to say so truly."""

_CLOCK = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|CAST\(\$kqlnow AS TIMESTAMP\)")
_READABLE = {
    "FacetByOperator": "facet",
    "ReduceByOperator": "reduce",
    "TypeLiteralExpression": "typeof()",
    "long": "a number of more than 64 bits",
    "timespan": "a timespan of less than a microsecond",
    "multi-statement": "several statements in one",
}


def query_sql(
    tokens: Sequence[Token],
    tables: Mapping[str, Sequence[str]],
    now: datetime,
    *,
    known: KnownColumns,
) -> str:
    """The SQL of one statement, with the scalar lets it needs in front of it.

    `tables` are the tables that may be read, with their columns; `known` makes for shorter SQL.
    Raises `BadQuery` at the word.
    """
    written = Written(tokens)
    try:
        with clock(now.replace(tzinfo=None)), additions.known_columns(known):
            query = lower(written.text)
            schema = {name: list(columns) for name, columns in tables.items()}
            check_names(query, schema, tokens)
            sql = str(to_sql(query, schema))
    except KqlError as fault:
        raise _explained(fault, written, tokens) from None
    except (RecursionError, ValueError, AssertionError, LookupError, TypeError, AttributeError):
        # A young translator: what it does not foresee is the query's fault as far as we can tell.
        raise misplaced(
            tokens[0], "this part of the query cannot be translated: simplify it"
        ) from None
    return _with_time(with_own_variables(sql), now)


def _with_time(sql: str, now: datetime) -> str:
    """`sql` with the time of the query as a literal, so that no parameter has to travel along."""
    moment = now.replace(tzinfo=None).isoformat(sep=" ")

    def literal(found: re.Match[str]) -> str:
        return f"TIMESTAMP '{moment}'" if found.group().startswith("CAST") else found.group()

    return _CLOCK.sub(literal, sql)


def _explained(fault: KqlError, written: Written, tokens: Sequence[Token]) -> BadQuery:
    match fault:
        case KqlSyntaxError():
            found = fault.diagnostics[0]
            token = written.token_at(found.span.line, found.span.column) or tokens[0]
            return misplaced(
                token, f"the query cannot be read here: {_syntax_message(found.message, token)}"
            )
        case KqlUnsupportedError():
            return _unsupported(fault, written, tokens)
        case KqlSchemaError():
            where = f" ({fault.hint})" if fault.hint else ""
            return misplaced(
                token_named(tokens, fault.name), f"{fault.name} cannot be resolved{where}"
            )
        case _:
            return misplaced(tokens[0], "this part of the query cannot be translated: simplify it")


def _syntax_message(message: str, token: Token) -> str:
    expected = message.partition(" expecting ")[2]
    if expected and len(expected) < 60:
        return f"expected {expected}, found {token.text}"
    return f"{token.text} does not fit"


def _unsupported(fault: KqlUnsupportedError, written: Written, tokens: Sequence[Token]) -> BadQuery:
    kind, _, name = fault.construct.partition(":")
    operator = _READABLE.get(name or kind, name or kind)
    if operator.endswith("Operator"):
        operator = re.sub(r"(?<!^)(?=[A-Z])", "-", operator.removesuffix("Operator")).lower()
    token = _at_span(fault.span, written) or token_named(tokens, operator)
    if kind == "regex lookaround":
        token = next(
            (one for one in tokens if one.kind is Kind.STRING and name in one.text), tokens[0]
        )
        return misplaced(
            token, f"{name} looks around, which is not supported: put it in another way"
        )
    if kind == "summarize":
        column = name.partition("'")[2].partition("'")[0]
        what = f"{column or 'this'} stands in no aggregate: use one, or name it after by"
        return misplaced(token_named(tokens, column or kind), what, operator=kind)
    known = kind in ("function", "aggregate") and additions.is_known(name)
    if kind in ("function", "aggregate") and not known and name.lower() not in _LACKING:
        return misplaced(token, f"there is no function {name}", operator=name)
    if known and fault.hint and "wave" not in fault.hint:
        return misplaced(token, f"{operator}: {fault.hint}", operator=operator)
    return misplaced(token, f"{operator} is not supported here", operator=operator)


def _at_span(span: SourceSpan | None, written: Written) -> Token | None:
    return written.token_at(span.line, span.column) if span else None

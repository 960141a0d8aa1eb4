"""Variables of lambdas under names that no column has.

DuckDB reads `"k"` inside of `lambda k: …` as the variable, so a column that a user calls k, x or t would
be taken for it. Columns are always in quotes in SQL that is made here, variables never.
"""

from __future__ import annotations

import re

_LAMBDA = re.compile(r"\blambda\s+(\w+(?:\s*,\s*\w+)*)\s*:")
_PREFIX = "kqlv_"


def with_own_variables(sql: str) -> str:
    """`sql` with every variable of a lambda renamed; strings, quoted names and fields stay."""
    names = {name.strip() for found in _LAMBDA.findall(sql) for name in found.split(",")}
    names = {name for name in names if not name.startswith(_PREFIX)}
    if not names:
        return sql
    listed = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    word = rf"(?<![\w.$])(?P<name>{listed})(?![\w(])(?!\s*:=)"
    pattern = re.compile(rf"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|{word}")
    return pattern.sub(
        lambda found: f"{_PREFIX}{found['name']}" if found["name"] else found.group(), sql
    )

"""Values as DuckDB keeps them: what other macros build on."""

from __future__ import annotations

MACROS: tuple[str, ...] = (
    "kql_timespan(x) AS list_transform([epoch_us(x)], lambda u: "
    "CASE WHEN u < 0 THEN '-' ELSE '' END || "
    "CASE WHEN abs(u) >= 86400000000 THEN CAST(abs(u) // 86400000000 AS VARCHAR) || '.' ELSE '' END || "
    "lpad(CAST(abs(u) // 3600000000 % 24 AS VARCHAR), 2, '0') || ':' || "
    "lpad(CAST(abs(u) // 60000000 % 60 AS VARCHAR), 2, '0') || ':' || "
    "lpad(CAST(abs(u) // 1000000 % 60 AS VARCHAR), 2, '0') || CASE WHEN abs(u) % 1000000 <> 0 "
    "THEN '.' || lpad(CAST(abs(u) % 1000000 AS VARCHAR), 6, '0') || '0' ELSE '' END)[1]",
    # A value as JSON in the notation of the query language.
    "kql_dynamic(x) AS CASE typeof(x) WHEN 'TIMESTAMP' THEN to_json("
    "strftime(TRY_CAST(CAST(x AS VARCHAR) AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.%f') || '0Z') "
    "WHEN 'INTERVAL' THEN to_json(kql_timespan(TRY_CAST(CAST(x AS VARCHAR) AS INTERVAL))) "
    "ELSE to_json(x) END",
    # A string is never null.
    "kql_filled(v) AS CASE WHEN typeof(v) = 'VARCHAR' THEN coalesce(v, '') ELSE v END",
    "kql_array(a) AS CASE WHEN json_type(to_json(a)) = 'ARRAY' THEN CAST(to_json(a) AS JSON[]) END",
    "kql_texts(a) AS CASE WHEN json_type(to_json(a)) = 'ARRAY' THEN CAST(to_json(a) AS VARCHAR[]) "
    "ELSE [to_json(a) ->> '$'] END",
    # A JSON pointer, as a key may hold anything.
    "kql_get(b, k) AS json_extract(b, '/' || replace(replace(k, '~', '~0'), '/', '~1'))",
    "kql_bag_of(l) AS to_json(map(list_transform(l, lambda e: e.k), list_transform(l, lambda e: e.v)))",
)

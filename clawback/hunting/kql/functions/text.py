"""Functions over strings that the translator lacks, or has not in all their forms."""

from __future__ import annotations

FUNCTIONS: dict[str, tuple[str, ...]] = {
    "split": ("to_json(str_split({0}, {1}))", "kql_split_at({0}, {1}, {2})"),
    "extract": (
        "coalesce(regexp_extract({2}, {0}, CAST({1} AS INTEGER)), '')",
        "coalesce(regexp_extract({2}, {0}, CAST({1} AS INTEGER)), '')",
    ),
    "indexof": (
        "(position({1} IN {0}) - 1)",
        "kql_indexof({0}, {1}, {2})",
        "kql_indexof(substring({0}, 1, {2} + {3}), {1}, {2})",
    ),
    "indexof_regex": ("kql_indexof_regex({0}, {1})",),
    "has_any_index": ("kql_has_any_index({0}, {1})",),
    "strcmp": ("(CASE WHEN {0} < {1} THEN -1 WHEN {0} > {1} THEN 1 ELSE 0 END)",),
    "string_size": ("octet_length(encode({0}))",),
    "isascii": ("NOT regexp_matches({0}, '[^[:ascii:]]')",),
    "isutf8": ("({0} IS NOT NULL)",),
    "translate": ("translate({2}, {0}, {1})",),
    "replace_strings": ("kql_replace_strings({0}, {1}, {2})",),
    "url_encode": ("replace(url_encode({0}), '%20', '+')",),
    "url_encode_component": ("url_encode({0})",),
    "url_decode": ("url_decode({0})",),
    "parse_urlquery": ("kql_url_query({0})",),
    "parse_path": ("kql_path({0})",),
    "parse_csv": ("kql_csv({0})",),
    "parse_version": ("kql_version({0})",),
    "parse_command_line": ("kql_command_line({0})", "kql_command_line({0})"),
    "extract_json": ("kql_extract_json({0}, {1})", "kql_extract_json({0}, {1})"),
    "extractjson": ("kql_extract_json({0}, {1})", "kql_extract_json({0}, {1})"),
    "unicode_codepoints_from_string": ("kql_codepoints({0})",),
    "to_utf8": ("kql_codepoints({0})",),
    "unicode_codepoints_to_string": ("kql_from_codepoints({0})",),
    "strrep": (
        "repeat({0}, {1})",
        "array_to_string(list_transform(range({1}), lambda i: {0}), {2})",
    ),
    "base64_decode_toarray": ("kql_bytes(from_base64({0}))",),
    "base64_encode_fromarray": ("to_base64(encode(kql_from_codepoints({0})))",),
    "tohex": (
        "lower(to_hex(CAST({0} AS BIGINT)))",
        "lpad(lower(to_hex(CAST({0} AS BIGINT))), CAST({1} AS INTEGER), '0')",
    ),
    "format_bytes": (
        "kql_format_bytes({0}, 0)",
        "kql_format_bytes({0}, {1})",
        "kql_format_bytes_in({0}, {1}, {2})",
    ),
    "new_guid": ("uuid()",),
    "rand": ("random()", "CAST(floor(random() * {0}) AS BIGINT)"),
    "todecimal": ("TRY_CAST(CAST({0} AS VARCHAR) AS DECIMAL(38, 9))",),
    "dynamic_to_json": ("CAST({0} AS VARCHAR)",),
    "estimate_data_size": ("octet_length(encode(CAST({0} AS VARCHAR)))",),
    "bitset_count_ones": ("CAST(bit_count(CAST({0} AS BIGINT)) AS BIGINT)",),
    "loggamma": ("lgamma({0})",),
    "geo_distance_2points": ("kql_distance({0}, {1}, {2}, {3})",),
    "kql_filled": ("kql_filled({0})",),
}

MACROS: tuple[str, ...] = (
    "kql_split_at(s, d, i) AS list_transform([str_split(s, d)], lambda p: "
    "CASE WHEN i >= -len(p) AND i < len(p) THEN to_json([p[CASE WHEN i < 0 THEN i ELSE i + 1 END]]) "
    "ELSE to_json(CAST([] AS VARCHAR[])) END)[1]",
    "kql_indexof(s, l, f) AS CASE WHEN position(l IN substring(s, f + 1)) = 0 THEN -1 "
    "ELSE position(l IN substring(s, f + 1)) - 1 + f END",
    "kql_indexof_regex(s, r) AS CASE WHEN regexp_matches(s, r) "
    "THEN position(regexp_extract(s, r) IN s) - 1 ELSE -1 END",
    "kql_has_any_index(s, a) AS coalesce(list_position(list_transform(CAST(to_json(a) AS VARCHAR[]), "
    "lambda t: regexp_matches(s, '(?i)(?:^|[^\\pL\\pN])' || regexp_escape(t) || '(?:$|[^\\pL\\pN])')), "
    "true), 0) - 1",
    "kql_replace_strings(s, a, b) AS list_reduce(list_transform(list_zip(CAST(to_json(a) AS VARCHAR[]), "
    "CAST(to_json(b) AS VARCHAR[])), lambda p: [p[1], p[2]]), "
    "lambda v, p: [replace(v[1], p[1], p[2])], [s])[1]",
    "kql_url_query(q) AS json_object('Query Parameters', kql_bag_of(list_transform(list_filter("
    "str_split(ltrim(q, '?'), '&'), lambda p: p <> ''), lambda p: {'k': str_split(p, '=')[1], "
    "'v': to_json(array_to_string(str_split(p, '=')[2:], '='))})))",
    "kql_path(p) AS list_transform([regexp_extract(p, "
    "'^(?:([A-Za-z]{2,})://)?((?:[A-Za-z]:)?[/\\\\]?)((?:.*[/\\\\])?)([^/\\\\:]*)(?::(.*))?$', "
    "['scheme', 'root', 'dirs', 'file', 'stream'])], lambda m: json_object("
    "'Scheme', m.scheme, 'RootPath', rtrim(m.root, '/\\'), "
    "'DirectoryPath', rtrim(m.root || m.dirs, '/\\'), "
    "'DirectoryName', regexp_extract(rtrim(m.dirs, '/\\'), '[^/\\\\]*$'), "
    "'Filename', m.file, 'Extension', CASE WHEN contains(m.file, '.') "
    "THEN regexp_extract(m.file, '\\.([^.]*)$', 1) ELSE '' END, "
    "'AlternateDataStreamName', m.stream))[1]",
    "kql_csv(s) AS to_json(list_transform(regexp_extract_all(s || ',', "
    '\'("(?:[^"]|"")*"|[^,]*),\', 1), lambda f: CASE WHEN starts_with(f, \'"\') '
    "THEN replace(f[2:-2], '\"\"', '\"') ELSE f END))",
    "kql_version(s) AS CASE WHEN regexp_full_match(s, '[0-9]{1,8}(\\.[0-9]{1,8}){0,3}') THEN "
    "list_transform([list_resize(CAST(str_split(s, '.') AS DECIMAL(38,0)[]), 4, 0)], lambda v: "
    "v[1] * 1000000000000000000000000::DECIMAL(38,0) + v[2] * 10000000000000000::DECIMAL(38,0) "
    "+ v[3] * 100000000::DECIMAL(38,0) + v[4])[1] END",
    'kql_command_line(s) AS to_json(list_transform(regexp_extract_all(s, \'"[^"]*"|[^ \\t]+\'), '
    "lambda w: trim(w, '\"')))",
    "kql_extract_json(p, j) AS coalesce(json_extract_string(TRY_CAST(j AS JSON), p), '')",
    "kql_codepoints(s) AS to_json(list_transform(str_split(s, ''), lambda c: unicode(c)))",
    "kql_listed(a) AS CASE WHEN json_type(to_json(a)) = 'ARRAY' THEN to_json(a) ELSE to_json([a]) END",
    "kql_from_codepoints(a) AS array_to_string(list_transform("
    "CAST(kql_array(a) AS INTEGER[]), lambda c: chr(c)), '')",
    "kql_bytes(b) AS to_json(list_transform(range(0, octet_length(b)), "
    "lambda i: CAST('0x' || substr(hex(b), i * 2 + 1, 2) AS INTEGER)))",
    "kql_rounded(x, d) AS regexp_replace(CAST(round(CAST(x AS DOUBLE), CAST(d AS INTEGER)) AS VARCHAR), "
    "'\\.0+$', '')",
    "kql_format_bytes(n, d) AS list_transform([least(floor(ln(greatest(abs(n), 1)) / ln(1024)), 6)], "
    "lambda e: kql_rounded(n / pow(1024, e), d) || ' ' || "
    "['Bytes', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'][CAST(e AS INTEGER) + 1])[1]",
    "kql_format_bytes_in(n, d, u) AS kql_rounded(n / pow(1024, list_position("
    "['BYTES', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'], upper(u)) - 1), d) || ' ' || u",
    "kql_distance(a, b, c, d) AS 2 * 6371008.8 * asin(sqrt(pow(sin(radians(d - b) / 2), 2) + "
    "cos(radians(b)) * cos(radians(d)) * pow(sin(radians(c - a) / 2), 2)))",
)

"""Functions over network addresses."""

from __future__ import annotations

FUNCTIONS: dict[str, tuple[str, ...]] = {
    "ipv4_is_private": ("kql_ipv4_is_private({0})",),
    "ipv4_is_in_range": ("kql_ipv4_in({0}, {1})",),
    "ipv4_is_match": ("kql_ipv4_match({0}, {1}, 32)", "kql_ipv4_match({0}, {1}, {2})"),
    "ipv4_compare": ("kql_ipv4_compare({0}, {1}, 32)", "kql_ipv4_compare({0}, {1}, {2})"),
    "ipv4_netmask_suffix": ("kql_ipv4_suffix({0})",),
    "parse_ipv4_mask": ("kql_ipv4_masked({0}, {1})",),
    "format_ipv4": (
        "kql_ipv4_text(kql_ipv4_number({0}))",
        "kql_ipv4_text(kql_ipv4_mask(kql_ipv4_number({0}), {1}))",
    ),
    "format_ipv4_mask": (
        "kql_ipv4_text(kql_ipv4_number({0})) || '/32'",
        "kql_ipv4_text(kql_ipv4_mask(kql_ipv4_number({0}), {1})) || '/' || CAST({1} AS VARCHAR)",
    ),
    "has_ipv4": ("kql_has_ipv4({0}, {1})",),
    "has_ipv4_prefix": ("kql_has_ipv4_prefix({0}, {1})",),
    "ipv6_is_match": ("kql_ipv6_match({0}, {1}, 128)", "kql_ipv6_match({0}, {1}, {2})"),
    "ipv6_compare": ("kql_ipv6_compare({0}, {1}, 128)", "kql_ipv6_compare({0}, {1}, {2})"),
    "ipv6_is_in_range": ("kql_ipv6_match({0}, {1}, 128)",),
}

ANY_OF: dict[str, str] = {
    "ipv4_is_in_any_range": "kql_ipv4_in({0}, {1})",
    "ipv6_is_in_any_range": "kql_ipv6_match({0}, {1}, 128)",
    "has_any_ipv4": "kql_has_ipv4({0}, {1})",
    "has_any_ipv4_prefix": "kql_has_ipv4_prefix({0}, {1})",
}
"""Functions of a value and one or more others, or one array of them: true where one holds."""

_OCTETS = "[0-9]{1,3}(\\.[0-9]{1,3}){3}(/[0-9]{1,2})?"
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")

MACROS: tuple[str, ...] = (
    "kql_ipv4(s) AS CASE WHEN regexp_full_match(trim(s), "
    f"'{_OCTETS}') THEN list_transform([CAST(str_split(str_split(trim(s), '/')[1], '.') AS BIGINT[])], "
    "lambda o: CASE WHEN list_max(o) < 256 "
    "THEN o[1] * 16777216 + o[2] * 65536 + o[3] * 256 + o[4] END)[1] END",
    "kql_ipv4_suffix(s) AS CASE WHEN kql_ipv4(s) IS NOT NULL "
    "THEN coalesce(TRY_CAST(str_split(trim(s), '/')[2] AS BIGINT), 32) END",
    "kql_ipv4_mask(n, p) AS CASE WHEN p BETWEEN 0 AND 32 THEN (n >> CAST(32 - p AS INTEGER)) "
    "<< CAST(32 - p AS INTEGER) END",
    "kql_ipv4_masked(s, p) AS kql_ipv4_mask(kql_ipv4(s), p)",
    "kql_ipv4_number(x) AS coalesce(kql_ipv4(CAST(x AS VARCHAR)), TRY_CAST(x AS BIGINT))",
    "kql_ipv4_text(n) AS coalesce(CAST(n // 16777216 % 256 AS VARCHAR) || '.' || "
    "CAST(n // 65536 % 256 AS VARCHAR) || '.' || CAST(n // 256 % 256 AS VARCHAR) || '.' || "
    "CAST(n % 256 AS VARCHAR), '')",
    "kql_ipv4_in(a, r) AS kql_ipv4_mask(kql_ipv4(a), kql_ipv4_suffix(r)) "
    "= kql_ipv4_mask(kql_ipv4(r), kql_ipv4_suffix(r))",
    "kql_ipv4_least(a, b, p) AS least(kql_ipv4_suffix(a), kql_ipv4_suffix(b), p)",
    "kql_ipv4_match(a, b, p) AS kql_ipv4_masked(a, kql_ipv4_least(a, b, p)) "
    "= kql_ipv4_masked(b, kql_ipv4_least(a, b, p))",
    "kql_ipv4_compare(a, b, p) AS CAST(sign(kql_ipv4_masked(a, kql_ipv4_least(a, b, p)) "
    "- kql_ipv4_masked(b, kql_ipv4_least(a, b, p))) AS BIGINT)",
    "kql_ipv4_is_private(s) AS " + " OR ".join(f"kql_ipv4_in(s, '{one}')" for one in _PRIVATE),
    "kql_has_ipv4(t, a) AS kql_ipv4(a) IS NOT NULL AND "
    "regexp_matches(t, '(?:^|[^0-9A-Za-z.])' || regexp_escape(a) || '(?:$|[^0-9A-Za-z.]|\\.(?:$|[^0-9]))')",
    "kql_has_ipv4_prefix(t, a) AS regexp_matches(t, '(?:^|[^0-9A-Za-z.])' || regexp_escape(a) || "
    "'[0-9.]*(?:$|[^0-9A-Za-z.])')",
    # 128 bits as text of 0 and 1; an IPv4 address is one that is mapped.
    "kql_ipv6_groups(s) AS list_transform([str_split(s, '::')], lambda h: CASE len(h) "
    "WHEN 1 THEN str_split(h[1], ':') "
    "WHEN 2 THEN list_transform([list_filter(str_split(h[1], ':'), lambda g: g <> '')], lambda l: "
    "list_transform([list_filter(str_split(h[2], ':'), lambda g: g <> '')], lambda r: list_concat("
    "l, list_transform(range(0, 8 - len(l) - len(r)), lambda i: '0'), r))[1])[1] END)[1]",
    "kql_ipv6_plain(s) AS CASE WHEN kql_ipv4(s) IS NOT NULL THEN '::ffff:' || "
    "to_hex(kql_ipv4(s) // 65536) || ':' || to_hex(kql_ipv4(s) % 65536) "
    "ELSE str_split(trim(s), '/')[1] END",
    "kql_ipv6_bits(s) AS CASE WHEN regexp_full_match(kql_ipv6_plain(s), '[0-9a-fA-F:]{2,39}') "
    "AND len(kql_ipv6_groups(kql_ipv6_plain(s))) = 8 THEN array_to_string(list_transform("
    "kql_ipv6_groups(kql_ipv6_plain(s)), lambda g: "
    "lpad(to_binary(TRY_CAST('0x' || g AS INTEGER)), 16, '0')), '') END",
    "kql_ipv6_suffix(s) AS CASE WHEN kql_ipv4(s) IS NOT NULL THEN 96 + kql_ipv4_suffix(s) "
    "ELSE coalesce(TRY_CAST(str_split(trim(s), '/')[2] AS BIGINT), 128) END",
    "kql_ipv6_head(s, a, b, p) AS left(kql_ipv6_bits(s), least(kql_ipv6_suffix(a), kql_ipv6_suffix(b), p))",
    "kql_ipv6_match(a, b, p) AS kql_ipv6_head(a, a, b, p) = kql_ipv6_head(b, a, b, p)",
    "kql_ipv6_compare(a, b, p) AS CASE WHEN kql_ipv6_head(a, a, b, p) < kql_ipv6_head(b, a, b, p) THEN -1 "
    "WHEN kql_ipv6_head(a, a, b, p) > kql_ipv6_head(b, a, b, p) THEN 1 "
    "WHEN kql_ipv6_head(a, a, b, p) IS NOT NULL THEN 0 END",
)

"""Functions over dynamic values: arrays and property bags, which are JSON in DuckDB."""

from __future__ import annotations

FUNCTIONS: dict[str, tuple[str, ...]] = {
    "parse_json": ("kql_parse_json({0})",),
    "todynamic": ("kql_parse_json({0})",),
    "toobject": ("kql_parse_json({0})",),
    "bag_keys": ("kql_bag_keys({0})",),
    "bag_has_key": ("kql_bag_has_key({0}, {1})",),
    "bag_remove_keys": ("kql_bag_remove({0}, {1})",),
    "bag_set_key": ("kql_bag_merge(json_object({1}, kql_dynamic({2})), {0})",),
    "bag_zip": ("kql_bag_zip({0}, {1})",),
    "bag_without_empty": ("kql_bag_without_empty({0})",),
    "treepath": ("kql_bag_keys({0})",),
    "array_sort_asc": ("kql_sorted({0})",),
    "array_sort_desc": ("to_json(list_reverse(CAST(kql_sorted({0}) AS JSON[])))",),
    "array_iff": ("kql_array_iff({0}, {1}, {2})",),
    "array_iif": ("kql_array_iff({0}, {1}, {2})",),
    "array_rotate_left": ("kql_rotate({0}, {1})",),
    "array_rotate_right": ("kql_rotate({0}, -({1}))",),
    "array_shift_left": (
        "kql_shift({0}, {1}, CAST(NULL AS JSON))",
        "kql_shift({0}, {1}, kql_dynamic({2}))",
    ),
    "array_shift_right": (
        "kql_shift({0}, -({1}), CAST(NULL AS JSON))",
        "kql_shift({0}, -({1}), kql_dynamic({2}))",
    ),
    "array_split": ("kql_array_split({0}, {1})",),
    "range": ("kql_range({0}, {1}, 1)", "kql_range({0}, {1}, {2})"),
    "repeat": ("to_json(list_transform(range(0, {1}), lambda i: kql_dynamic({0})))",),
    "set_equals": ("(kql_set({0}) = kql_set({1}))",),
    "jaccard_index": ("kql_jaccard({0}, {1})",),
    "set_has_element": ("list_contains(kql_array({0}), kql_dynamic({1}))",),
}
"""By number of arguments; each is a template."""

FOLDED: dict[str, str] = {
    "bag_merge": "kql_bag_merge({0}, {1})",
    "set_union": "kql_set_union({0}, {1})",
    "set_intersect": "kql_set_intersect({0}, {1})",
    "set_difference": "kql_set_difference({0}, {1})",
}
"""Functions of two or more, applied from left to right."""

DYNAMIC = frozenset(
    {
        *(
            "parse_json",
            "todynamic",
            "toobject",
            "pack_array",
            "bag_pack",
            "pack",
            "split",
            "extract_all",
        ),
        *("bag_keys", "bag_remove_keys", "bag_set_key", "bag_zip", "bag_merge", "array_concat"),
        *(
            "array_slice",
            "array_sort_asc",
            "array_sort_desc",
            "array_iff",
            "array_iif",
            "array_reverse",
        ),
        *("array_rotate_left", "array_rotate_right", "array_shift_left", "array_shift_right"),
        *("array_split", "range", "repeat", "set_union", "set_intersect", "set_difference", "zip"),
        *("parse_url", "parse_urlquery", "parse_path", "parse_csv", "parse_command_line"),
        *(
            "unicode_codepoints_from_string",
            "to_utf8",
            "base64_decode_toarray",
            "bag_without_empty",
        ),
        "geo_info_from_ip_address",
    }
)
"""Functions whose value is dynamic, which decides how it compares and prints."""

MACROS: tuple[str, ...] = (
    # What is no JSON is the string itself; nothing is null.
    "kql_parse_json(x) AS CASE WHEN typeof(x) = 'JSON' THEN to_json(x) "
    "WHEN CAST(x AS VARCHAR) = '' THEN CAST(NULL AS JSON) "
    "ELSE coalesce(TRY_CAST(CAST(x AS VARCHAR) AS JSON), to_json(x)) END",
    "kql_entries(b) AS CASE WHEN json_type(to_json(b)) = 'OBJECT' THEN list_transform("
    "json_keys(to_json(b)), lambda k: {'k': k, 'v': kql_get(to_json(b), k)}) ELSE [] END",
    "kql_bag_keys(b) AS CASE WHEN json_type(to_json(b)) = 'OBJECT' THEN to_json(json_keys(to_json(b))) END",
    "kql_bag_has_key(b, k) AS coalesce(CASE WHEN starts_with(k, '$') THEN json_exists(to_json(b), k) "
    "ELSE list_contains(json_keys(to_json(b)), k) END, false)",
    "kql_bag_remove(b, ks) AS kql_bag_of(list_filter(kql_entries(b), lambda e: "
    "NOT list_contains(CAST(to_json(ks) AS VARCHAR[]), e.k)))",
    "kql_bag_without_empty(b) AS kql_bag_of(list_filter(kql_entries(b), lambda e: "
    "coalesce(e.v ->> '$', '') <> ''))",
    "kql_bag_merge(a, b) AS CASE WHEN json_type(to_json(a)) = 'OBJECT' OR json_type(to_json(b)) = 'OBJECT' "
    "THEN kql_bag_of(list_concat(kql_entries(a), list_filter(kql_entries(b), lambda e: "
    "NOT coalesce(list_contains(json_keys(to_json(a)), e.k), false)))) END",
    "kql_bag_zip(ks, vs) AS to_json(map(CAST(to_json(ks) AS VARCHAR[]), "
    "list_resize(kql_array(vs), len(CAST(to_json(ks) AS VARCHAR[])))))",
    "kql_sorted(a) AS CASE WHEN len(list_filter(kql_array(a), lambda e: json_type(e) NOT IN "
    "('UBIGINT', 'BIGINT', 'DOUBLE'))) = 0 THEN to_json(list_transform(list_sort(list_transform("
    "kql_array(a), lambda e: {'n': CAST(e AS DOUBLE), 'j': e})), lambda s: s.j)) "
    "ELSE to_json(list_transform(list_sort(list_transform(kql_array(a), lambda e: "
    "{'n': e ->> '$', 'j': e})), lambda s: s.j)) END",
    "kql_array_iff(c, a, b) AS to_json(list_transform(kql_array(c), lambda e, i: "
    "CASE WHEN coalesce(TRY_CAST(e AS BOOLEAN), TRY_CAST(e AS DOUBLE) <> 0, false) "
    "THEN CASE WHEN json_type(to_json(a)) = 'ARRAY' THEN kql_array(a)[i] ELSE kql_dynamic(a) END "
    "ELSE CASE WHEN json_type(to_json(b)) = 'ARRAY' THEN kql_array(b)[i] ELSE kql_dynamic(b) END END))",
    "kql_rotate(a, n) AS list_transform([kql_array(a)], lambda l: CASE WHEN len(l) = 0 THEN to_json(l) "
    "ELSE to_json(list_concat(l[(n % len(l) + len(l)) % len(l) + 1:], l[:(n % len(l) "
    "+ len(l)) % len(l)])) END)[1]",
    "kql_shift(a, n, f) AS to_json(list_transform(range(1, len(kql_array(a)) + 1), lambda i: "
    "CASE WHEN i + n BETWEEN 1 AND len(kql_array(a)) THEN kql_array(a)[i + n] ELSE f END))",
    "kql_array_split(a, i) AS CASE WHEN json_type(to_json(i)) = 'ARRAY' THEN to_json(list_transform("
    "range(0, len(kql_array(i)) + 1), lambda p: kql_array(a)["
    "CASE WHEN p = 0 THEN 1 ELSE CAST(kql_array(i)[p] AS BIGINT) + 1 END:"
    "CASE WHEN p = len(kql_array(i)) THEN len(kql_array(a)) ELSE CAST(kql_array(i)[p + 1] AS BIGINT) END])) "
    "ELSE to_json([kql_array(a)[:TRY_CAST(to_json(i) AS BIGINT)], "
    "kql_array(a)[TRY_CAST(to_json(i) AS BIGINT) + 1:]]) END",
    "kql_range(a, b, s) AS to_json(list_transform(generate_series(a, b, s), lambda v: kql_dynamic(v)))",
    # The elements, each once, in the order in which they come.
    "kql_set(a) AS list_sort(list_distinct(kql_array(a)))",
    "kql_once(l) AS list_filter(l, lambda e, i: list_position(l, e) = i)",
    "kql_set_union(a, b) AS to_json(kql_once(list_concat(coalesce(kql_array(a), []), "
    "coalesce(kql_array(b), []))))",
    "kql_set_intersect(a, b) AS to_json(kql_once(list_filter(kql_array(a), lambda e: "
    "list_contains(kql_array(b), e))))",
    "kql_set_difference(a, b) AS to_json(kql_once(list_filter(kql_array(a), lambda e: "
    "NOT list_contains(kql_array(b), e))))",
    "kql_jaccard(a, b) AS len(list_intersect(kql_set(a), kql_set(b))) / "
    "CAST(len(list_distinct(list_concat(kql_set(a), kql_set(b)))) AS DOUBLE)",
)

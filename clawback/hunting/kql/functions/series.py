"""Functions over series: arrays of numbers, as `make-series` makes them.

Decomposition follows the published description of the original: a season is found by autocorrelation
(or given), the trend is the mean or a line, the seasonal part is the mean of each phase, what is left is
the residual. An anomaly is a residual outside of Tukey's fences; `ctukey` takes the 10th and 90th
percentiles for them, `tukey` the 25th and 75th. The score is how many of their ranges it is outside.
"""

from __future__ import annotations

_DECOMPOSED = "kql_decomposed(kql_numbers({0}), {1}, {2}, {3}, {4})"


def _decomposed(form: str, *given: str) -> str:
    defaults = ("-1", "'avg'", "0", "0.6")
    values = (*given, *defaults[len(given) :])
    return f"{form}({_DECOMPOSED.format('{0}', *values)})"


def _anomalies(*given: str) -> str:
    defaults = ("1.5", "-1", "'avg'", "0", "'ctukey'", "0.6")
    threshold, season, trend, test, method, least = (*given, *defaults[len(given) :])
    inner = _DECOMPOSED.format("{0}", season, trend, test, least)
    return f"kql_anomalies({inner}, {threshold}, {method})"


def _slots(count: int) -> tuple[str, ...]:
    return tuple(f"{{{index}}}" for index in range(1, count + 1))


def _pairwise(expression: str) -> tuple[str, ...]:
    pairs = "list_zip(kql_numbers({0}), kql_numbers({1}))"
    return (f"to_json(list_transform({pairs}, lambda z: {expression}))",)


_ARITHMETIC = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
_COMPARED = {
    "greater": ">",
    "greater_equals": ">=",
    "less": "<",
    "less_equals": "<=",
    "equals": "=",
    "not_equals": "<>",
}
_PER_ELEMENT = {
    "abs": "abs(x)",
    "ceiling": "ceil(x)",
    "floor": "floor(x)",
    "exp": "exp(x)",
    "sign": "sign(x)",
    "sin": "sin(x)",
    "cos": "cos(x)",
    "tan": "tan(x)",
    "asin": "asin(x)",
    "acos": "acos(x)",
    "atan": "atan(x)",
    "log": "ln(x)",
}

FUNCTIONS: dict[str, tuple[str, ...]] = {
    "series_decompose": tuple(_decomposed("kql_parts", *_slots(count)) for count in range(5)),
    "series_decompose_anomalies": tuple(_anomalies(*_slots(count)) for count in range(7)),
    "series_decompose_forecast": (
        _decomposed("kql_forecast", "-1", "'linefit'", "{1}"),
        _decomposed("kql_forecast", "{2}", "'linefit'", "{1}"),
        _decomposed("kql_forecast", "{2}", "{3}", "{1}"),
    ),
    "series_outliers": (
        "to_json(kql_scores(kql_numbers({0}), 0.1, 0.9))",
        "to_json(kql_scores(kql_numbers({0}), kql_low({1}), 1 - kql_low({1})))",
    ),
    "series_periods_detect": ("kql_periods_found(kql_numbers({0}), {1}, {2}, {3})",),
    "series_stats": ("kql_stats_list(kql_numbers({0}))",),
    "series_stats_dynamic": ("kql_stats_bag(kql_numbers({0}))",),
    "series_fit_line": ("kql_line_list(kql_numbers({0}))",),
    "series_fit_line_dynamic": ("kql_line_bag(kql_numbers({0}))",),
    "series_fill_const": ("kql_fill_const({0}, {1})", "kql_fill_const({0}, {1})"),
    "series_fill_forward": ("kql_fill_forward({0})", "kql_fill_forward({0})"),
    "series_fill_backward": ("kql_fill_backward({0})", "kql_fill_backward({0})"),
    "series_fill_linear": ("kql_fill_linear({0})", "kql_fill_linear({0})"),
    "series_fir": (
        "kql_fir(kql_numbers({0}), kql_numbers({1}), true, false)",
        "kql_fir(kql_numbers({0}), kql_numbers({1}), {2}, false)",
        "kql_fir(kql_numbers({0}), kql_numbers({1}), {2}, {3})",
    ),
    "series_iir": ("kql_iir(kql_numbers({0}), kql_numbers({1}), kql_numbers({2}))",),
    "series_sum": ("list_sum(kql_numbers({0}))",),
    "series_product": ("list_product(kql_numbers({0}))",),
    "series_magnitude": ("sqrt(list_inner_product(kql_numbers({0}), kql_numbers({0})))",),
    "series_dot_product": ("list_inner_product(kql_numbers({0}), kql_numbers({1}))",),
    "series_cosine_similarity": ("list_cosine_similarity(kql_numbers({0}), kql_numbers({1}))",),
    "series_pearson_correlation": (
        "list_cosine_similarity(kql_centred(kql_numbers({0})), kql_centred(kql_numbers({1})))",
    ),
    "series_not": ("to_json(list_transform(kql_numbers({0}), lambda x: x = 0))",),
    "series_seasonal": (
        "json_extract(" + _decomposed("kql_parts") + ", '$[1]')",
        "json_extract(" + _decomposed("kql_parts", "{1}") + ", '$[1]')",
    ),
    "array_sum": ("list_sum(kql_numbers({0}))",),
    "percentile_tdigest": ("list_aggregate(kql_numbers({0}), 'quantile_disc', {1} / 100.0)",),
    "dcount_hll": ("CAST(json_array_length(to_json({0})) AS BIGINT)",),
    **{f"series_{name}": _pairwise(f"z[1] {sign} z[2]") for name, sign in _ARITHMETIC.items()},
    **{f"series_{name}": _pairwise(f"z[1] {sign} z[2]") for name, sign in _COMPARED.items()},
    "series_pow": _pairwise("pow(z[1], z[2])"),
    "series_and": _pairwise("z[1] <> 0 AND z[2] <> 0"),
    "series_or": _pairwise("z[1] <> 0 OR z[2] <> 0"),
    **{
        f"series_{name}": (f"to_json(list_transform(kql_numbers({{0}}), lambda x: {expression}))",)
        for name, expression in _PER_ELEMENT.items()
    },
}

SEVERAL: dict[str, tuple[str, ...]] = {
    "series_decompose": ("baseline", "seasonal", "trend", "residual"),
    "series_decompose_anomalies": ("ad_flag", "ad_score", "baseline"),
    "series_stats": ("min", "min_idx", "max", "max_idx", "avg", "stdev", "variance"),
    "series_fit_line": ("rsquare", "slope", "variance", "rvariance", "interception", "line_fit"),
    "series_periods_detect": ("periods", "scores"),
}
"""Functions that return several columns, and how the columns' names end; here each returns a list."""


MACROS: tuple[str, ...] = (
    "kql_numbers(a) AS CASE WHEN json_type(to_json(a)) = 'ARRAY' THEN CAST(to_json(a) AS DOUBLE[]) END",
    "kql_mean(l) AS list_avg(l)",
    "kql_centred(l) AS list_transform([list_avg(l)], lambda m: list_transform(l, lambda x: x - m))[1]",
    "kql_zeros(l) AS list_transform(l, lambda x: coalesce(x, 0.0))",
    # y = intercept + slope * position, positions from 0.
    "kql_slope(l) AS CASE WHEN len(l) < 2 THEN 0.0 ELSE list_inner_product(kql_centred(l), "
    "list_transform(l, lambda x, i: CAST(i - (len(l) + 1) / 2 AS DOUBLE))) "
    "/ (len(l) * (len(l) * len(l) - 1) / 12) END",
    "kql_line(l, n) AS list_transform([{'s': kql_slope(l), 'm': list_avg(l)}], lambda f: "
    "list_transform(range(0, n), lambda i: f.m + f.s * (i - (len(l) - 1) / 2)))[1]",
    "kql_autocorrelation(c, p) AS list_inner_product(c[1:len(c) - p], c[p + 1:]) "
    "/ nullif(list_inner_product(c, c), 0) * len(c) / (len(c) - p)",
    # The autocorrelation for every lag from 1 to a half; the first is that of lag 1.
    "kql_correlations(l) AS list_transform([kql_centred(kql_zeros(l))], lambda c: "
    "list_transform(range(1, len(c) // 2 + 1), lambda p: coalesce(kql_autocorrelation(c, p), 0)))[1]",
    # The best lag that is a peak: better than its neighbours.
    "kql_peaks(r) AS list_filter(list_transform(r, lambda v, p: {'v': v, 'p': p}), lambda e: e.p > 1 "
    "AND e.v > r[e.p - 1] AND (e.p = len(r) OR e.v >= r[e.p + 1]))",
    "kql_season(l, s, least) AS CASE WHEN s = 0 OR len(l) < 4 THEN 0 WHEN s > 0 THEN CAST(s AS BIGINT) "
    "ELSE list_transform([list_sort(list_filter(kql_peaks(kql_correlations(l)), lambda e: e.v >= least))], "
    "lambda best: CASE WHEN len(best) = 0 THEN 0 ELSE list_filter(best, "
    "lambda e: e.v >= best[-1].v - 0.05)[1].p END)[1] END",
    "kql_trend(l, kind, n) AS CASE kind WHEN 'none' THEN list_transform(range(0, n), lambda i: 0.0) "
    "WHEN 'linefit' THEN kql_line(l, n) ELSE list_transform([list_avg(l)], lambda m: "
    "list_transform(range(0, n), lambda i: m))[1] END",
    "kql_phases(d, season) AS list_transform(range(0, season), lambda p: "
    "list_avg(list_filter(d, lambda x, i: (i - 1) % season = p)))",
    "kql_seasonal(d, season, n) AS CASE WHEN season < 2 THEN list_transform(range(0, n), lambda i: 0.0) "
    "ELSE list_transform([kql_phases(d, season)], lambda f: "
    "list_transform(range(0, n), lambda i: coalesce(f[i % season + 1], 0.0)))[1] END",
    # l: the series, t: the points that the parts are learned from (all but the last `test`).
    "kql_decomposed(l, s, kind, test, least) AS list_transform([{'l': kql_zeros(l), "
    "'t': kql_zeros(l[:len(l) - test])}], lambda a: list_transform([{'l': a.l, 't': a.t, "
    "'season': kql_season(a.t, s, least), 'trend': kql_trend(a.t, kind, len(a.l))}], lambda b: "
    "list_transform([{'l': b.l, 'trend': b.trend, 'seasonal': kql_seasonal(list_transform(b.t, "
    "lambda x, i: x - b.trend[i]), b.season, len(b.l))}], lambda c: {'l': c.l, 'trend': c.trend, "
    "'seasonal': c.seasonal, 'baseline': list_transform(c.trend, lambda x, i: x + c.seasonal[i]), "
    "'residual': list_transform(c.l, lambda x, i: x - c.trend[i] - c.seasonal[i])})[1])[1])[1]",
    "kql_parts(d) AS list_transform([d], lambda o: "
    "to_json([o.baseline, o.seasonal, o.trend, o.residual]))[1]",
    "kql_forecast(d) AS to_json(list_transform([d], lambda o: o.baseline)[1])",
    "kql_low(method) AS CASE method WHEN 'tukey' THEN 0.25 ELSE 0.1 END",
    # Where more than the fences' share is the same value, the spread of all of them is the range.
    "kql_scores(l, lo, hi) AS list_transform([{'a': list_aggregate(l, 'quantile_cont', lo), "
    "'b': list_aggregate(l, 'quantile_cont', hi), 's': list_aggregate(l, 'stddev_pop')}], lambda q: "
    "list_transform([CASE WHEN q.b - q.a > 1e-9 THEN q.b - q.a ELSE q.s END], lambda w: "
    "list_transform(l, lambda x: CASE WHEN w <= 1e-9 THEN 0.0 WHEN x > q.b THEN (x - q.b) / w "
    "WHEN x < q.a THEN (x - q.a) / w ELSE 0.0 END))[1])[1]",
    "kql_anomalies(d, threshold, method) AS list_transform([d], lambda o: list_transform(["
    "kql_scores(o.residual, kql_low(method), 1 - kql_low(method))], lambda s: json_array("
    "to_json(list_transform(s, lambda x: CASE WHEN x >= threshold THEN 1 WHEN x <= -threshold THEN -1 "
    "ELSE 0 END)), to_json(s), to_json(o.baseline)))[1])[1]",
    # Of equally good periods the shortest first: its multiples say nothing more.
    "kql_periods_found(l, low, high, count) AS list_transform([list_transform(list_sort(list_transform("
    "list_filter(kql_peaks(kql_correlations(l)), lambda e: e.p BETWEEN low AND high AND e.v > 0), "
    "lambda e: {'o': -round(e.v, 1), 'p': e.p, 'v': e.v})), lambda s: {'v': s.v, 'p': s.p})[:count]], "
    "lambda b: to_json([list_transform(b, lambda e: CAST(e.p AS DOUBLE)), "
    "list_transform(b, lambda e: e.v)]))[1]",
    "kql_stats_list(l) AS json_array(list_min(l), list_position(l, list_min(l)) - 1, list_max(l), "
    "list_position(l, list_max(l)) - 1, list_avg(l), list_aggregate(l, 'stddev_samp'), "
    "list_aggregate(l, 'var_samp'))",
    "kql_stats_bag(l) AS json_object('min', list_min(l), 'min_idx', list_position(l, list_min(l)) - 1, "
    "'max', list_max(l), 'max_idx', list_position(l, list_max(l)) - 1, 'avg', list_avg(l), "
    "'stdev', list_aggregate(l, 'stddev_samp'), 'variance', list_aggregate(l, 'var_samp'), "
    "'sum', list_sum(l), 'len', len(l))",
    "kql_line_fit(l) AS list_transform([{'f': kql_line(l, len(l)), 's': kql_slope(l)}], lambda a: "
    "list_transform([{'f': a.f, 's': a.s, 'v': list_aggregate(l, 'var_pop'), "
    "'r': list_aggregate(list_transform(l, lambda x, i: x - a.f[i]), 'var_pop')}], lambda b: "
    "{'rsquare': CASE WHEN b.v = 0 THEN 1.0 ELSE 1 - b.r / b.v END, 'slope': b.s, 'variance': b.v, "
    "'rvariance': b.r, 'interception': b.f[1], 'line_fit': b.f})[1])[1]",
    "kql_line_list(l) AS list_transform([kql_line_fit(l)], lambda b: json_array(b.rsquare, b.slope, "
    "b.variance, b.rvariance, b.interception, to_json(b.line_fit)))[1]",
    "kql_line_bag(l) AS to_json(kql_line_fit(l))",
    "kql_fill_const(a, v) AS to_json(list_transform(kql_numbers(a), lambda x: coalesce(x, v)))",
    "kql_known(l, i) AS list_filter(list_transform(l, lambda x, j: {'j': j, 'x': x}), "
    "lambda e: e.x IS NOT NULL AND e.j <= i)",
    "kql_later(l, i) AS list_filter(list_transform(l, lambda x, j: {'j': j, 'x': x}), "
    "lambda e: e.x IS NOT NULL AND e.j >= i)",
    "kql_fill_forward(a) AS to_json(list_transform(kql_numbers(a), lambda x, i: "
    "coalesce(x, kql_known(kql_numbers(a), i)[-1].x)))",
    "kql_fill_backward(a) AS to_json(list_transform(kql_numbers(a), lambda x, i: "
    "coalesce(x, kql_later(kql_numbers(a), i)[1].x)))",
    "kql_between(p, n, i) AS CASE WHEN p IS NULL THEN n.x WHEN n IS NULL THEN p.x "
    "ELSE p.x + (n.x - p.x) * (i - p.j) / (n.j - p.j) END",
    "kql_fill_linear(a) AS to_json(list_transform(kql_numbers(a), lambda x, i: "
    "coalesce(x, kql_between(kql_known(kql_numbers(a), i)[-1], kql_later(kql_numbers(a), i)[1], i))))",
    "kql_fir(l, f, norm, mid) AS to_json(list_transform(range(0, len(l)), lambda i: "
    "list_sum(list_transform(range(0, len(f)), lambda k: coalesce(CASE WHEN "
    "i - k + CASE WHEN mid THEN len(f) // 2 ELSE 0 END BETWEEN 0 AND len(l) - 1 "
    "THEN l[i - k + CASE WHEN mid THEN len(f) // 2 ELSE 0 END + 1] END, 0) * f[k + 1])) "
    "/ CASE WHEN norm AND list_sum(f) <> 0 THEN list_sum(f) ELSE 1 END))",
    "kql_iir(l, b, a) AS to_json(list_reduce(list_transform(range(1, len(l) + 1), lambda i: "
    "[CAST(i AS DOUBLE)]), lambda y, i: list_append(y, (list_sum(list_transform(range(0, len(b)), "
    "lambda k: b[k + 1] * CASE WHEN i[1] - k >= 1 THEN l[CAST(i[1] - k AS BIGINT)] ELSE 0 END)) - "
    "coalesce(list_sum(list_transform(range(1, len(a)), lambda k: a[k + 1] * "
    "CASE WHEN i[1] - k >= 1 THEN y[CAST(i[1] - k AS BIGINT)] ELSE 0 END)), 0)) / a[1]), "
    "CAST([] AS DOUBLE[])))",
)

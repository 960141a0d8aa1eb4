"""Series: what `make-series` fills in, and what decomposition makes of a week with a spike in it."""

# ruff: noqa: E501 - a query is one line, as far as it can be

from __future__ import annotations

import pytest
from kql_asking import rows_of, value_of

WEEKS = [10, 12, 11, 10, 12, 3, 2] * 6


def _series(values: list[int]) -> str:
    return "dynamic([" + ", ".join(map(str, values)) + "])"


def _decomposed(values: list[int], *more: str) -> tuple[list[int], list[float], list[float]]:
    arguments = ", ".join([_series(values), *more])
    flags, scores, baseline = rows_of(
        f"print x = 1 | extend (flag, score, base) = series_decompose_anomalies({arguments}) "
        "| project flag, score, base"
    )[0]
    return flags, scores, baseline  # type: ignore[return-value]


def test_a_spike_on_top_of_a_season_is_the_only_anomaly() -> None:
    spiked = list(WEEKS)
    spiked[18] += 60
    flags, scores, _ = _decomposed(spiked)
    assert [index for index, flag in enumerate(flags) if flag] == [18]
    assert scores[18] > 1.5


def test_a_drop_is_an_anomaly_downwards() -> None:
    dropped = list(WEEKS)
    dropped[18] -= 60
    flags, _, _ = _decomposed(dropped)
    assert flags[18] == -1
    assert sum(map(abs, flags)) == 1


def test_a_season_without_a_spike_has_no_anomaly_and_is_its_own_baseline() -> None:
    flags, scores, baseline = _decomposed(WEEKS)
    assert not any(flags)
    assert not any(scores)
    assert baseline == pytest.approx(WEEKS)


def test_without_looking_for_a_season_the_weekend_counts_as_deviation() -> None:
    """The broken variant: with the season switched off, the same week is no baseline of itself."""
    _, _, baseline = _decomposed(WEEKS, "1.5", "0")
    assert baseline == pytest.approx([sum(WEEKS) / len(WEEKS)] * len(WEEKS))


def test_a_spike_in_an_otherwise_empty_series_is_found() -> None:
    flags, _, _ = _decomposed([0] * 20 + [9] + [0] * 9)
    assert [index for index, flag in enumerate(flags) if flag] == [20]


def test_a_higher_threshold_finds_less() -> None:
    spiked = list(WEEKS)
    spiked[18] += 60
    assert not any(_decomposed(spiked, "100000")[0])


def test_the_period_is_found_by_autocorrelation() -> None:
    assert value_of(f"series_periods_detect({_series(WEEKS)}, 2, 20, 1)[0][0]") == 7.0
    assert value_of(f"series_periods_detect({_series([1, 2, 3, 4, 5, 6, 7, 8])}, 2, 4, 2)[0]") == []


def test_a_line_is_taken_out_before_anomalies_are_looked_for() -> None:
    rising = [3 * index for index in range(40)]
    rising[25] += 90
    flags, _, _ = _decomposed(rising, "1.5", "0", "'linefit'")
    assert [index for index, flag in enumerate(flags) if flag] == [25]


def test_a_forecast_goes_on_as_the_series_did() -> None:
    values = [2 * index for index in range(20)] + [0, 0, 0]
    forecast = value_of(f"series_decompose_forecast({_series(values)}, 3, 0)")
    assert forecast[-3:] == pytest.approx([40, 42, 44])  # type: ignore[index]


def test_make_series_has_a_value_for_every_step_of_every_group() -> None:
    days = "from startofday(ago(4d)) to startofday(now()) step 1d"
    assert rows_of(f"EmailEvents | make-series n = count() on Timestamp {days} | project n") == [
        ([0, 1, 1, 2],)
    ]
    assert rows_of(
        f"EmailEvents | make-series n = sum(EmailSize) default = -1 on Timestamp {days} by EmailDirection "
        "| sort by EmailDirection asc | project EmailDirection, n"
    ) == [("Inbound", [-1, -1, 20, 20]), ("Outbound", [-1, 30, -1, -1])]
    assert rows_of(f"EmailEvents | where false | make-series n = count() on Timestamp {days}") == []
    assert rows_of(f"EmailEvents | where false | make-series kind=nonempty n = count() on Timestamp {days} "
                   "| project n") == [([0, 0, 0, 0],)]  # fmt: skip


def test_make_series_begins_where_it_is_told_or_at_the_first_bin() -> None:
    assert rows_of(
        "EmailEvents | make-series n = count() on Timestamp step 1d | project array_length(n)"
    ) == [(9,)]
    assert rows_of(
        "let start = ago(3d); let stop = now(); EmailEvents "
        "| make-series n = avg(EmailSize) default = real(null) on Timestamp in range(start, stop, 12h) | project n"
    ) == [([30.0, None, 20.0, 10.0, 10.0, None],)]
    assert rows_of(
        "range x from 1 to 10 step 1 | make-series n = count() on x from 0 to 10 step 5 | project n, x"
    ) == [([4, 5], [0, 5])]


def test_a_series_can_be_expanded_again() -> None:
    assert rows_of(
        "EmailEvents | make-series n = count() on Timestamp from startofday(ago(2d)) to startofday(now()) step 1d "
        "| mv-expand Timestamp to typeof(datetime), n to typeof(long) | summarize sum(n), min(Timestamp)"
    ) == rows_of(
        "EmailEvents | where Timestamp >= startofday(ago(2d)) | summarize count(), startofday(min(Timestamp))"
    )

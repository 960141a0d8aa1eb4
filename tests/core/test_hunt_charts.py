"""What `render` asks for becomes options of ECharts, whatever columns and values are called."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from clawback.core import hunt_charts
from clawback.core.hunt_charts import MOST_SLICES, drawing_of, undrawn
from clawback.core.hunt_series import MOST_SERIES
from models.hunting import Chart, HuntResult, KqlType, ResultColumn

HOSTILE = ":formatter|{a|b}<img src=x onerror=alert(1)>\u202e{{7*7}}"


def answer(columns: str, rows: Sequence[Sequence[object]], kind: str, /, **said: str) -> HuntResult:
    """An answer with columns as "Name:type Name:type"."""
    named = [part.split(":") for part in columns.split()]
    return HuntResult(
        tuple(ResultColumn(name, KqlType(type_)) for name, type_ in named),
        tuple(tuple(row) for row in rows),
        False,
        timedelta(),
        timedelta(),
        Chart(kind, said),
    )


def drawn(columns: str, rows: Sequence[Sequence[object]], kind: str, /, **said: str) -> dict:
    drawing = drawing_of(answer(columns, rows, kind, **said))
    assert drawing is not None
    return json.loads(json.dumps(drawing.options, allow_nan=False))


def test_a_timechart_has_a_series_for_each_text_over_time_in_order() -> None:
    rows = [
        ("2026-01-02T00:00:00Z", "Error", 1),
        ("2026-01-02T00:00:00Z", "Success", 5),
        ("2026-01-01T00:00:00Z", "Success", 3),
    ]
    options = drawn("Timestamp:datetime Result:string n:long", rows, "timechart")
    assert options["xAxis"]["type"] == "time"
    assert {one["name"]: one["data"] for one in options["series"]} == {
        "Error": [["2026-01-02T00:00:00Z", 1]],
        "Success": [["2026-01-01T00:00:00Z", 3], ["2026-01-02T00:00:00Z", 5]],
    }


def test_what_make_series_answers_is_drawn_along_its_times() -> None:
    rows = [([3, 1], ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"], "a")]
    [series] = drawn("n:dynamic T:dynamic k:string", rows, "timechart")["series"]
    assert series["name"] == "a"
    assert series["data"] == [["2026-01-01T00:00:00Z", 3], ["2026-01-02T00:00:00Z", 1]]


def test_bars_lie_columns_stand_and_each_number_is_a_series() -> None:
    rows = [("x.example", 3, 30), ("y.example", 1, None)]
    lying = drawn("d:string n:long m:long", rows, "barchart")
    standing = drawn("d:string n:long m:long", rows, "columnchart")
    assert lying["yAxis"]["data"] == standing["xAxis"]["data"] == ["x.example", "y.example"]
    assert [one["data"] for one in lying["series"]] == [[3, 1], [30, None]]


def test_a_pie_puts_what_it_has_no_room_for_together() -> None:
    rows = [(f"d{number}", 100 - number) for number in range(MOST_SLICES + 5)]
    [series] = drawn("d:string n:long", rows, "piechart")["series"]
    assert len(series["data"]) == MOST_SLICES + 1
    rest = sum(100 - number for number in range(MOST_SLICES, MOST_SLICES + 5))
    assert series["data"][-1] == {"name": "all others", "value": rest}


def test_shares_add_up_to_a_hundred() -> None:
    rows = [("x", 1, 3), ("y", 2, 2)]
    series = drawn("d:string n:long m:long", rows, "columnchart", kind="stacked100")["series"]
    sums = [left + right for left, right in zip(*(one["data"] for one in series), strict=True)]
    assert sums == [100, 100]


def test_properties_choose_columns_titles_and_bounds() -> None:
    said = {
        "xcolumn": "k",
        "ycolumns": "m",
        "title": "All",
        "ymin": "5",
        "ymax": "nan",
        "legend": "hidden",
    }
    options = drawn("d:string k:string n:long m:long", [("a", "b", 1, 2)], "columnchart", **said)
    assert options["xAxis"]["data"] == ["b"]
    assert [one["data"] for one in options["series"]] == [[2]]
    assert options["title"]["text"] == "All"
    assert (options["yAxis"]["min"], "max" in options["yAxis"]) == (5, False)
    assert options["legend"]["show"] is False


def test_more_series_than_an_eye_tells_apart_are_left_out_and_that_is_said() -> None:
    rows = [("2026-01-01T00:00:00Z", f"s{number}", 1) for number in range(MOST_SERIES + 1)]
    drawing = drawing_of(answer("T:datetime k:string n:long", rows, "timechart"))
    assert drawing is not None
    assert len(drawing.options["series"]) == MOST_SERIES
    assert "the table has all" in drawing.note


@pytest.mark.parametrize("kind", ["treemap", "card", ":eval", "__proto__"])
def test_a_kind_that_is_not_drawn_is_a_table_and_that_is_said(kind: str) -> None:
    result = answer("d:string n:long", [("a", 1)], kind)
    assert drawing_of(result) is None
    assert "is not drawn here" in undrawn(result)


def test_an_answer_without_numbers_is_a_table() -> None:
    result = answer("d:string e:string", [("a", "b")], "barchart")
    assert drawing_of(result) is None
    assert "no numbers" in undrawn(result)
    nothing = answer("d:string n:real", [("a", float("nan"))], "barchart")
    assert drawing_of(nothing) is None


def keys(value: object) -> Iterator[str]:
    """All keys of objects in options."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def hostile_options(kind: str) -> dict:
    columns = (ResultColumn(HOSTILE, KqlType.STRING), ResultColumn(":n", KqlType.LONG))
    said = {"title": HOSTILE, "xtitle": HOSTILE, "ytitle": HOSTILE}
    rows = ((HOSTILE, 1), ("__proto__", 2))
    result = HuntResult(columns, rows, False, timedelta(), timedelta(), Chart(kind, said))
    drawing = drawing_of(result)
    assert drawing is not None
    return json.loads(json.dumps(drawing.options))


def breaches(options: dict) -> list[str]:
    """What hostile names did to a chart: keys of theirs, styles, hidden characters, markup."""
    text = json.dumps(options, ensure_ascii=False)
    found = [f"key {key}" for key in keys(options) if not key.isalpha()]
    found += [f"a {sign} in a label" for sign in ("{a|", "\u202e") if sign in text]
    if options["tooltip"].get("renderMode") != "richText":
        found.append("a tooltip of markup")
    return found


@pytest.mark.parametrize("kind", sorted(hunt_charts.DRAWN))
def test_hostile_names_are_texts_of_a_chart_and_nothing_else(kind: str) -> None:
    assert breaches(hostile_options(kind)) == []


def test_a_chart_that_took_names_as_they_are_would_be_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hunt_charts, "label", lambda text: text)
    assert breaches(hostile_options("barchart"))
    assert breaches({**hostile_options("barchart"), HOSTILE: 1})

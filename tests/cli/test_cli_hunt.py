"""`clawback hunt`: what reaches the engine, what is printed, and how errors and Ctrl-C end it."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cli_stage import Stage, assert_one_clear_line
from rich.cells import cell_len
from scripted_engine import Answer, result, scripted

from clawback.errors import BadQuery, QueryStopped, StopReason

ROWS = result(
    "Subject RecipientEmailAddress UrlCount:int",
    ["hello", "a@example.com", 2],
    ["\x1b[2J<b>https://evil.test</b>", "b@example.com", 0],
    lag=3,
)


def test_json_prints_one_object_a_row_and_then_the_facts(stage: Stage) -> None:
    scripted(stage.monkeypatch, ROWS)
    *rows, facts = stage.json("hunt", "EmailEvents").lines
    assert rows[0] == {"Subject": "hello", "RecipientEmailAddress": "a@example.com", "UrlCount": 2}
    assert facts == {"rows": 2, "truncated": False, "elapsed_s": 0.25, "mirror_lag_s": 3.0}


def test_csv_is_rfc_4180_and_nothing_in_it_is_a_formula(stage: Stage) -> None:
    hostile = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", 'a "b", c', "x\ny", " =1"]
    scripted(stage.monkeypatch, result("Subject N:int", *([text, -1] for text in hostile)))
    done = stage.run("hunt", "EmailEvents", "--csv")
    assert done.code == 0, done.err
    assert done.out.startswith("Subject,N\r\n")
    records = list(csv.reader(io.StringIO(done.out, newline=""), strict=True))
    assert records[0] == ["Subject", "N"]
    guarded = [f"'{text}" for text in hostile[:6]]
    assert [record[0] for record in records[1:]] == [*guarded, 'a "b", c', "x\ny", " =1"]
    assert {record[1] for record in records[1:]} == {"-1"}  # a number of the engine's stays one
    assert "9 rows in 0.25 s." in done.err


def test_people_see_inert_cells_the_lag_and_what_was_cut_off(stage: Stage) -> None:
    stage.monkeypatch.setenv("COLUMNS", "120")
    scripted(stage.monkeypatch, ROWS)
    done = stage.run("hunt", "EmailEvents")
    assert "\x1b[2J" not in done.out
    assert "https://" not in done.out
    assert "a@example.com" in done.out
    assert "2 rows in 0.25 s; data 3 s behind the database." in done.err
    cut = result("N:long", [1], [2], [3], truncated=True)
    scripted(stage.monkeypatch, cut)
    done = stage.run("hunt", "EmailEvents", "--show", "1")
    assert "… and 2 more rows" in done.out
    assert "cut off" in done.err


def test_a_result_too_wide_for_a_table_is_shown_as_records_without_empty_cells(
    stage: Stage,
) -> None:
    stage.monkeypatch.setenv("COLUMNS", "80")
    names = " ".join(f"Column{number}" for number in range(30))
    scripted(stage.monkeypatch, result(names, ["first", *[""] * 28, "last"]))
    lines = stage.run("hunt", "EmailEvents").out.splitlines()
    assert [line.split() for line in lines if line.strip()] == [
        ["Row", "1"], ["Column0", "first"], ["Column29", "last"],
    ]  # fmt: skip
    assert all(len(line) <= 80 for line in lines)


def test_a_chart_is_drawn_as_bars_in_proportion_and_one_that_cannot_be_says_so(
    stage: Stage,
) -> None:
    stage.monkeypatch.setenv("COLUMNS", "100")
    rows = [["Inbound", 40], ["Outbound", 10], ["Intra-org", 0]]
    scripted(stage.monkeypatch, result("Direction N:long", *rows, chart="barchart"))
    lines = [line.rstrip() for line in stage.run("hunt", "q").out.splitlines() if line.strip()]
    assert [line.count("█") for line in lines] == [40, 10, 0]
    assert [line.split()[-1] for line in lines] == ["40", "10", "0"]
    scripted(stage.monkeypatch, result("Direction N:long", *rows, chart="scatterchart"))
    done = stage.run("hunt", "q")
    assert "█" not in done.out
    assert "render scatterchart is not drawn" in done.err


def test_an_error_names_its_place_in_json_and_shows_it_to_people(stage: Stage) -> None:
    wrong = BadQuery("there is no operator wher", line=2, column=3, length=4, operator="wher")
    scripted(stage.monkeypatch, wrong)
    query = "EmailEvents\n| wher Subject has 'x'"
    done = stage.json("hunt", query)
    assert (done.code, done.out) == (2, "")
    assert json.loads(done.err) == {
        "error": "line 2, column 3: there is no operator wher",
        "line": 2,
        "column": 3,
        "exit_code": 2,
    }
    done = stage.run("hunt", query)
    assert done.code == 2
    shown, mark, said = done.err.splitlines()
    assert shown[mark.index("^") : mark.rindex("^") + 1] == "wher"
    assert said == "clawback: line 2, column 3: there is no operator wher"


@pytest.mark.parametrize(
    ("query", "line", "column", "length"),
    [
        ("日本語日本 | wher", 1, 9, 4),
        ("日" * 200 + " wher", 1, 202, 4),
        ("\tEmailEvents\t| wher", 1, 16, 4),
        ("'\u2028\x0b' //\r\n| wher", 2, 3, 4),
        ("e\u0301e\u0301 wher", 1, 6, 4),
    ],
)
def test_the_mark_stands_under_what_it_means_whatever_the_width_of_characters(
    stage: Stage, query: str, line: int, column: int, length: int
) -> None:
    scripted(stage.monkeypatch, BadQuery("wrong", line=line, column=column, length=length))
    shown, mark, _ = stage.run("hunt", query).err.splitlines()
    assert cell_len(shown[: shown.index("wher")]) == mark.index("^")
    assert mark.strip() == "^^^^"
    assert cell_len(shown) <= 80


def test_a_timespan_is_shown_as_it_can_be_typed(stage: Stage) -> None:
    scripted(stage.monkeypatch, result("late:timespan", ["-1.02:03:04.0050000"]))
    assert "-1.02:03:04.0050000" in stage.run("hunt", "x").out


@pytest.mark.parametrize(
    ("line", "column", "length", "query"),
    [(1, 500, 4, "x" * 499 + "wher"), (1, 1, 999, "wher"), (9, 1, 1, "wher"), (0, 0, 0, "wher"),
     (1, 5, 1, "wher"), (1, 3, 2, "\x1b[2")],
)  # fmt: skip
def test_a_place_anywhere_is_shown_in_the_width_of_the_terminal_or_not_at_all(
    stage: Stage, line: int, column: int, length: int, query: str
) -> None:
    stage.monkeypatch.setenv("COLUMNS", "60")
    scripted(stage.monkeypatch, BadQuery("wrong", line=line, column=column, length=length))
    done = stage.run("hunt", query)
    assert done.code == 2
    assert all(len(one) <= 60 for one in done.err.splitlines())
    assert "\x1b" not in done.err


def test_a_stopped_query_fails_and_says_why(stage: Stage) -> None:
    scripted(stage.monkeypatch, QueryStopped("took more than 3 minutes", StopReason.TIME))
    assert_one_clear_line(stage.run("hunt", "EmailEvents"), 1, "3 minutes")


def test_ctrl_c_cancels_the_query_at_once_and_exits_as_interrupted(stage: Stage) -> None:
    def waits(cancelled: Callable[[], bool]) -> Answer:
        os.kill(os.getpid(), signal.SIGINT)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if cancelled():
                return QueryStopped("cancelled", StopReason.CANCELLED)
        return result("N:int")

    before = signal.getsignal(signal.SIGINT)
    scripted(stage.monkeypatch, waits)
    done = stage.run("hunt", "EmailEvents")
    assert (done.code, done.out) == (130, "")
    assert signal.getsignal(signal.SIGINT) is before


def test_the_query_its_bounds_and_its_limits_reach_the_engine(stage: Stage) -> None:
    engine = scripted(stage.monkeypatch, result("N:int"))
    path = stage.write("query.kql", "\ufeffEmailEvents | take 5\n")
    arguments = ("--since", "7d", "--until", "2040-01-01", "--limit", "7")
    assert stage.run("hunt", "--file", path, *arguments).code == 0
    query, limits = engine.asked[0]
    assert query.text == "EmailEvents | take 5\n"
    assert query.until == datetime(2040, 1, 1, tzinfo=UTC)
    assert query.since is not None
    age = datetime.now(UTC) - query.since
    assert timedelta(days=7) <= age < timedelta(days=7, minutes=1)
    assert limits.rows == 7
    stage.run("hunt", "EmailEvents", "--limit", "99999999")
    assert engine.asked[1][1].rows == 100_000


def test_standard_input_is_read_where_the_file_is_a_dash(stage: Stage) -> None:
    engine = scripted(stage.monkeypatch, result("N:int"))
    stdin = io.TextIOWrapper(io.BytesIO(b"UrlClickEvents | count"))
    stage.monkeypatch.setattr("sys.stdin", stdin)
    assert stage.run("hunt", "--file", "-").code == 0
    assert engine.asked[0][0].text == "UrlClickEvents | count"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "exactly one"),
        (("EmailEvents", "--saved", "x"), "exactly one"),
        (("--saved", "nothing"), "no saved query"),
        (("--file", "/nowhere/x.kql"), "cannot be read"),
        (("EmailEvents", "--since", "yesterday"), "no time"),
        (("EmailEvents", "--since", "9" * 6 + "w"), "before all time"),
        (("EmailEvents", "--since", "1h", "--until", "2h"), "ends before"),
        (("EmailEvents", "--csv", "--json"), "exclude"),
        (("EmailEvents", "--yes"), "--take-action"),
        (("  ",), "empty"),
    ],
)
def test_what_cannot_be_asked_is_one_line_and_reaches_no_engine(
    stage: Stage, arguments: tuple[str, ...], word: str
) -> None:
    engine = scripted(stage.monkeypatch, result("N:int"))
    done = stage.run("hunt", *arguments)
    assert (done.code, done.out) == (2, "")
    assert word in done.err
    assert engine.asked == []


def test_queries_are_saved_listed_run_and_deleted(stage: Stage) -> None:
    engine = scripted(stage.monkeypatch, result("N:int"))
    kept = stage.json("queries", "save", "daily phish", "EmailEvents | count", "--shared").line
    assert (kept["name"], kept["text"], kept["shared"]) == (
        "daily phish", "EmailEvents | count", True,
    )  # fmt: skip
    assert stage.run("hunt", "--saved", "daily phish").code == 0
    assert engine.asked[0][0].text == "EmailEvents | count"
    assert stage.run("queries", "show", "daily phish").out == "EmailEvents | count\n"
    assert "daily phish" in stage.run("queries", "list").out
    assert stage.json("queries", "delete", "daily phish").line["deleted"] is True
    assert_one_clear_line(stage.run("queries", "show", "daily phish"), 2, "no saved query")


def test_a_list_is_proposed_looked_at_approved_and_deleted(stage: Stage) -> None:
    text = '\ufeffAddress,Why\r\na@example.com,"boss, ""big"""\r\n\r\nb@example.com,\x1b[2J\r\n'
    path = stage.write("vips.csv", text)
    proposed = stage.json("lists", "add", "VIPs", path).line
    assert (proposed["rows"], proposed["approved_at"]) == (2, None)
    assert "waits" in stage.run("lists", "list").out
    assert "\x1b" not in stage.run("lists", "show", "VIPs", "--proposed").out
    shown = stage.json("lists", "show", "VIPs", "--proposed").line
    assert shown["content"][0] == ["a@example.com", 'boss, "big"']
    wrong = stage.run("lists", "approve", "VIPs", "--digest", "00")
    assert (wrong.code, "anew" in wrong.err) == (1, True)
    assert stage.json("lists", "approve", "VIPs").code == 2
    approved = stage.json("lists", "approve", "VIPs", "--digest", proposed["digest"]).line
    assert approved["approved_by"]
    assert stage.json("lists", "delete", "VIPs").line["deleted"] is True
    assert stage.json("lists", "list").lines == []


@pytest.mark.parametrize(
    ("content", "word"),
    [("", "empty"), ('A\n"x', "no CSV"), ("A,A\nx,y\n", "two columns"), ("A\nx,y\n", "row 1"),
     (b"A\n\xff\xfe\n", "UTF-8")],
)  # fmt: skip
def test_a_file_that_is_no_list_is_one_clear_line(
    stage: Stage, content: str | bytes, word: str
) -> None:
    path = stage.write("list.csv", content)
    assert_one_clear_line(stage.run("lists", "add", "L", path), 2, word)

"""Lab, sync, settings, check, up: the commands that set everything up."""

from __future__ import annotations

import json
import sqlite3

import pytest
from cli_stage import Stage, assert_one_clear_line
from prefect_double import PrefectDouble

from clawback.mailboxes.graph import credentials

PARTS = {"configuration", "database", "source lab", "moves", "server", "worker", "deployments"}


def test_a_new_lab_configures_an_empty_home_so_that_the_next_commands_work(stage: Stage) -> None:
    stage.monkeypatch.setenv("CLAWBACK_HOME", str(stage.base / "fresh"))
    made = stage.json("lab", "create", stage.base / "new lab", "--mailboxes", "2").line
    assert made["config_written"] is True
    assert stage.json("sync").line["new"] == made["manifest"]["messages"]
    sha256 = made["manifest"]["malicious_sha256"]
    assert stage.json("find", "--sha256", sha256).line["messages"]


def test_the_hints_of_a_new_lab_are_commands_that_work(stage: Stage) -> None:
    import shlex

    stage.monkeypatch.setenv("CLAWBACK_HOME", str(stage.base / "fresh"))
    shown = stage.run("lab", "create", stage.base / "other", "--mailboxes", "6").out
    hints = shown.partition("Next:\n")[2].splitlines()
    assert len(hints) == 4
    for hint in hints:
        program, *arguments = shlex.split(hint)
        assert program == "clawback"
        assert stage.run(*arguments).code == 0, hint


def test_an_existing_configuration_is_left_alone_and_the_lines_to_add_are_shown(
    stage: Stage,
) -> None:
    before = (stage.home / "clawback.toml").read_text()
    made = stage.run("lab", "create", stage.base / "more", "--mailboxes", "1")
    assert (stage.home / "clawback.toml").read_text() == before
    assert "[[sources]]" in made.out
    assert f'root = "{stage.base / "more"}"' in made.out


def test_equal_options_make_equal_labs(stage: Stage) -> None:
    def tree(name: str, *options: str) -> list[tuple[str, bytes]]:
        root = stage.base / name
        assert stage.run("lab", "create", root, "--mailboxes", "2", *options).code == 0
        files = sorted(path for path in root.rglob("*") if path.is_file())
        return [(str(path.relative_to(root)), path.read_bytes()) for path in files]

    one = tree("one", "--seed", "7")
    assert one == tree("two", "--seed", "7")
    assert one != tree("three", "--seed", "8")


def test_an_empty_lab_takes_delivered_messages_unchanged(stage: Stage) -> None:
    stage.monkeypatch.setenv("CLAWBACK_HOME", str(stage.base / "fresh"))
    root = stage.base / "empty"
    assert stage.json("lab", "create", root, "--empty", "--mailboxes", "3").line["manifest"][
        "messages"
    ] == 0  # fmt: skip
    mails = stage.base / "mails"
    mails.mkdir()
    raws = {f"Subject: {n}\r\n\r\nhttps://h.example/{n}\r\n".encode() for n in range(5)}
    for number, raw in enumerate(sorted(raws)):
        (mails / f"{number}.eml").write_bytes(raw)
    delivered = stage.json("lab", "deliver", mails).line
    assert delivered["delivered"] == 5
    stored = {path.read_bytes() for path in root.glob("*/new/*")}
    assert stored == raws
    assert stage.json("sync").line["new"] == 5
    assert len(stage.json("find", "--url", "https://h.example/3").line["messages"]) == 1


def test_a_second_sync_has_nothing_to_do_and_keeps_what_cannot_be_parsed(stage: Stage) -> None:
    assert stage.json("sync").line["new"] == 0
    broken = b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!!not=base64"
    (stage.mailbox() / "new" / "1794000000.M4P1Q1.broken").write_bytes(broken)
    line = stage.json("sync").line
    assert line["new"] == 1
    assert line["index"]["copies"] == stage.manifest["messages"] + 1


def test_settings_are_versions_and_an_equal_value_is_none(stage: Stage) -> None:
    assert stage.json("settings").line["version"] == 0
    one = stage.json("settings", "set", "similar_files=on", "cap=500", "shared_hosts=a.b,c.d")
    assert one.line["version"] == 1
    assert one.line["settings"]["cap"] == 500
    assert one.line["settings"]["shared_hosts"] == ["a.b", "c.d"]
    assert stage.json("settings", "set", "cap=500").line["version"] == 1
    cleared = stage.json("settings", "set", "shared_hosts=").line
    assert (cleared["version"], cleared["settings"]["shared_hosts"]) == (2, [])
    quoted = stage.json("settings", "set", 'simulation_urls=["https://a.example/?x=1,2"]').line
    assert quoted["settings"]["simulation_urls"] == ["https://a.example/?x=1,2"]


def test_settings_show_warns_about_retention_and_legal_hold(stage: Stage) -> None:
    shown = stage.run("settings", "show").out
    assert "purges nothing" in shown
    assert "legal hold" in shown
    assert "until someone empties it" in shown
    line = stage.json("settings", "show").line
    assert line["retention"] == {"lab": {"days": None, "note": "until someone empties it"}}
    assert "legal duty" in line["warning"]


def test_check_is_sound_only_with_everything(stage: Stage, prefect: PrefectDouble) -> None:
    sound = stage.json("check")
    assert sound.code == 0, sound.out
    assert {line["check"] for line in sound.lines} == PARTS
    assert all(set(line) == {"check", "ok", "message"} for line in sound.lines)

    def faults() -> dict[str, str]:
        result = stage.json("check")
        assert result.code == 1
        return {line["check"]: line["message"] for line in result.lines if not line["ok"]}

    prefect.deployments.remove("revert")
    assert "revert" in faults()["deployments"]
    prefect.workers[0]["last_heartbeat_time"] = "2026-01-01T00:00:00+00:00"
    assert "clawback up" in faults()["worker"]
    stage.monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    assert set(faults()) == {"server"}


def test_check_reads_the_indicator_lists(stage: Stage) -> None:
    stage.write("home/feed.txt", "https://ok.example/\nnonsense\n")
    with (stage.home / "clawback.toml").open("a") as file:
        file.write('\n[[lists]]\nname = "feed"\npath = "feed.txt"\n')
    lines = {line["check"]: line for line in stage.json("check").lines}
    assert lines["list feed"]["ok"] is False
    assert "line 2" in lines["list feed"]["message"]


def test_check_says_of_a_missing_library_which_source_needs_it_and_looks_at_the_others(
    stage: Stage,
) -> None:
    with (stage.home / "clawback.toml").open("a") as file:
        file.write(
            '\n[[sources]]\nkind = "graph"\nname = "online"\ntenant_id = "t"\nclient_id = "c"\n'
        )
    stage.monkeypatch.setattr(credentials, "is_installed", lambda: False)
    lines = {line["check"]: line for line in stage.json("check").lines}
    assert lines["source online"]["ok"] is False
    assert "pip install 'clawback[graph]'" in lines["source online"]["message"]
    assert lines["database"]["ok"] is lines["source lab"]["ok"] is True


def test_check_shows_no_password_of_a_database(stage: Stage) -> None:
    stage.monkeypatch.setenv("CLAWBACK_DATABASE_URL", "postgresql://u:hidden-word@127.0.0.1:1/d")
    result = stage.run("check")
    assert result.code == 1
    assert "hidden-word" not in result.out + result.err


def test_every_command_finds_the_server_that_runs_in_its_home(
    stage: Stage, prefect: PrefectDouble
) -> None:
    from clawback.serving.home import Running, sole_owner, write_running

    stage.monkeypatch.delenv("PREFECT_API_URL")
    with sole_owner(stage.home):
        write_running(stage.home, Running(1, 2, 3, prefect.api_url, "http://ui"))
        assert stage.json("check").code == 0


@pytest.mark.parametrize("options", [("--port", "70000"), ("--host", "no.such.host.invalid")])
def test_up_refuses_an_address_that_cannot_be(stage: Stage, options: tuple[str, str]) -> None:
    result = stage.run("up", *options)
    assert result.code == 2
    assert "Traceback" not in result.err


def test_a_row_of_settings_names_its_author(stage: Stage) -> None:
    stage.run("settings", "set", "cap=5")
    with sqlite3.connect(stage.database) as connection:
        rows = connection.execute("SELECT * FROM settings_versions").fetchall()
    connection.close()
    import os
    import pwd

    assert pwd.getpwuid(os.getuid()).pw_name in json.dumps(rows, default=str)


def test_a_delivery_that_is_not_whole_says_so(stage: Stage) -> None:
    mails = stage.base / "mails"
    mails.mkdir()
    (mails / "good.eml").write_bytes(b"Subject: x\n\nbody")
    (mails / "loop.eml").symlink_to("loop.eml")
    result = stage.json("lab", "deliver", mails)
    assert result.code == 1
    assert result.line["delivered"] == 1
    assert [item["path"] for item in result.line["unreadable"]] == ["loop.eml"]


def test_a_lab_is_never_guessed_among_several_sources(stage: Stage) -> None:
    with (stage.home / "clawback.toml").open("a") as file:
        file.write('\n[[sources]]\nkind = "maildir"\nname = "two"\nroot = "../two"\n')
    assert_one_clear_line(stage.run("lab", "deliver", stage.base), 1, "--root")

"""Bad input and broken surroundings: one clear line, the right exit code, and nothing changes."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from cli_stage import Result, Stage, assert_one_clear_line, unprivileged
from prefect_double import PrefectDouble
from sqlalchemy import Engine, event

WAYS = ["find", "investigate"]


@pytest.mark.parametrize("command", WAYS)
@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        pytest.param("--sha256", "nonsense", "64 hex digits", id="no-hash"),
        pytest.param("--sha256", "d41d8cd98f00b204e9800998ecf8427e", "MD5", id="md5"),
        pytest.param("--sha256", "ab" * 31, "has 62", id="short"),
        pytest.param("--sha256", "", "SHA-256", id="nothing"),
        pytest.param("--url", "https://", "no usable host", id="no-host"),
        pytest.param("--url", "hello world", "https://host/path", id="no-url"),
        pytest.param("--url", "javascript:alert(1)", "scheme", id="script"),
        pytest.param("--file", "{base}/none.pdf", "cannot be read", id="no-file"),
        pytest.param("--file", "{base}", "Is a directory", id="directory"),
        pytest.param("--file", "/dev/null", "no regular file", id="device"),
        pytest.param("--indicators", "{base}/none.txt", "cannot be read", id="no-list"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(
    stage: Stage, command: str, option: str, value: str, words: str
) -> None:
    before = stage.records()
    result = stage.run(command, option, value.format(base=stage.base))
    assert_one_clear_line(result, 2, words)
    assert stage.records() == before


@pytest.mark.parametrize("command", WAYS)
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("--file", b"", "has 0 bytes", id="empty-file"),
        pytest.param("--file", b"sixteen bytes ..", "has 16 bytes", id="tiny-file"),
        pytest.param("--indicators", b"", "names no indicator", id="empty-list"),
        pytest.param("--indicators", b"# only\n\n", "names no indicator", id="comments"),
        pytest.param("--indicators", b"https://a.example/\nnope\n", "line 2", id="bad-line"),
        pytest.param("--indicators", b'{"indicator": 1}\n', "line 1", id="bad-json"),
        pytest.param("--indicators", b"\xff\xfe\n", "UTF-8", id="binary"),
    ],
)
def test_a_file_that_says_nothing_is_refused(
    stage: Stage, command: str, name: str, content: bytes, words: str
) -> None:
    before = stage.records()
    assert_one_clear_line(stage.run(command, name, stage.write("given", content)), 2, words)
    assert stage.records() == before


def test_a_file_without_permission_is_refused(stage: Stage) -> None:
    path = stage.write("secret.pdf", b"more than sixteen bytes of it")
    path.chmod(0)
    with unprivileged(stage.base):
        result = stage.run("find", "--file", path)
    assert_one_clear_line(result, 2, "Permission denied", str(path))


@pytest.mark.parametrize("command", WAYS)
def test_exactly_one_selector_is_asked_for(stage: Stage, command: str) -> None:
    none = stage.run(command)
    two = stage.run(command, "--sha256", stage.sha256, "--url", stage.url)
    for result in (none, two):
        assert_one_clear_line(result, 2, "exactly one of --file, --sha256")
    path = stage.run(command, "--sha256", stage.sha256, "--match", "path")
    assert_one_clear_line(path, 2, "--match path goes with --url")


def test_a_message_without_content_is_refused(stage: Stage, prefect: PrefectDouble) -> None:
    before = stage.records()
    empty = stage.run("investigate", "--message", stage.write("empty.eml", b" \n"))
    assert_one_clear_line(empty, 2, "is empty")
    bare = EmailMessage()
    bare.set_content("nothing in here")
    nothing = stage.run("investigate", "--message", stage.write("bare.eml", bare.as_bytes()))
    assert_one_clear_line(nothing, 2, "no file and no link")
    assert stage.records() == before
    assert prefect.runs == {}


@pytest.mark.parametrize(
    "arguments",
    [
        ("investigations", "99"),
        ("actions", "99"),
        ("actions", "--investigation", "99"),
        ("approve", "99", "--reason", "because"),
        ("reject", "99", "--reason", "because"),
        ("revert", "99", "--to", "inbox"),
    ],
)
def test_an_unknown_id_is_named(stage: Stage, arguments: tuple[str, ...]) -> None:
    before = stage.records()
    assert_one_clear_line(stage.run(*arguments), 2, "99")
    assert stage.records() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("approve", "1"), "--reason"),
        (("approve", "one", "--reason", "because"), "integer"),
        (("revert", "1"), "--to"),
        (("revert", "1", "--to", "trash"), "trash"),
        (("frobnicate",), "frobnicate"),
        (("find", "--sha265", "x"), "--sha265"),
        (("actions", "--pending", "--history"), "exclude each other"),
        (("pause", "--reason", " x "), "3 characters"),
    ],
)
def test_a_mistyped_command_is_one_line(
    stage: Stage, arguments: tuple[str, ...], words: str
) -> None:
    before = stage.records()
    assert_one_clear_line(stage.run(*arguments), 2, words)
    assert stage.records() == before


def test_a_reason_that_says_nothing_is_refused(stage: Stage, prefect: PrefectDouble) -> None:
    line = stage.json("investigate", "--sha256", stage.sha256, "--wait").line
    before = stage.records()
    result = stage.run("approve", str(line["actions"][0]["id"]), "--reason", " x ")
    assert_one_clear_line(result, 2, "3 to 1000 characters")
    assert stage.records() == before
    assert prefect.resumed == []


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("similar_file=on", "similar_files, similar_urls, mode"),
        ("similar_files", "KEY=VALUE"),
        ("similar_files=perhaps", "on or off"),
        ("cap=10001", "10000"),
        ("cap=many", "whole number"),
        ("mode=watch", "observe"),
        ("secops_mailboxes=secops", "no mail address"),
        ("simulation_urls=drill.example", "https://host/path"),
        ('simulation_urls=["a', "JSON array"),
        ("allowed_indicators=d41d8cd98f00b204e9800998ecf8427e", "no SHA-256, URL, host"),
        ("shared_hosts=a.example,https://b.example/x", "no host"),
        ("unshared_hosts=two words", "no host"),
        ("many_senders=1", "2"),
    ],
)
def test_a_bad_setting_changes_none_of_them(stage: Stage, assignment: str, words: str) -> None:
    before = stage.records()
    result = stage.run("settings", "set", "similar_urls=on", assignment)
    assert_one_clear_line(result, 2, words)
    assert stage.records() == before


def test_an_indicator_that_is_not_suppressed_cannot_be_lifted(stage: Stage) -> None:
    before = stage.records()
    assert_one_clear_line(stage.run("settings", "lift", stage.sha256), 2, "not suppressed")
    assert_one_clear_line(stage.run("settings", "lift", "nonsense"), 2, "INDICATOR")
    assert stage.records() == before


def test_a_maildir_without_permission_costs_only_itself_and_is_said(stage: Stage) -> None:
    closed = stage.mailbox(1)
    message = EmailMessage()
    message.set_content("https://late.example/x")
    (stage.mailbox(0) / "new" / "1794000000.M3P1Q1.late").write_bytes(message.as_bytes())
    closed.chmod(0)
    with unprivileged(stage.base):
        result = stage.json("sync")
        shown = stage.run("sync")
        check = stage.run("check")
    closed.chmod(0o700)
    assert result.code == 1
    assert result.line["failed_mailboxes"] == 1
    assert result.line["new"] == 1
    assert shown.code == 1
    assert "1 of 5 mailboxes" in shown.err
    assert "run Clawback as the user that owns the mail" in shown.err
    assert "Traceback" not in shown.err
    assert check.code == 1
    assert "1 of 5 mailboxes" in check.out


def test_a_root_that_is_not_there_is_said_by_sync_and_check(stage: Stage) -> None:
    stage.lab.rename(stage.base / "elsewhere")
    rows = stage.rows(but=("sources",))
    sync, check = stage.run("sync"), stage.run("check")
    assert (sync.code, check.code) == (1, 1)
    assert "Traceback" not in sync.err
    assert "✗ source lab" in check.out
    assert stage.rows(but=("sources",)) == rows, "more than that the source gave no answer"


@pytest.mark.parametrize(
    "arguments",
    [("investigate", "--url", "https://a.example/"), ("approve", "1", "--reason", "because"),
     ("reject", "1", "--reason", "because"), ("revert", "1", "--to", "inbox")],
)  # fmt: skip
def test_a_server_that_is_down_changes_nothing(stage: Stage, arguments: tuple[str, ...]) -> None:
    with PrefectDouble() as double, stage.monkeypatch.context() as patch:
        patch.setenv("PREFECT_API_URL", double.api_url)
        assert stage.run("investigate", "--sha256", stage.sha256, "--wait").code == 0
    before = stage.records()
    result = stage.run(*arguments)
    if arguments[0] == "revert":  # what cannot be reverted is said before any server is asked
        assert result.code == 1
    else:
        assert_one_clear_line(result, 1, "clawback up")
    assert stage.records() == before


def test_a_server_without_deployments_keeps_the_investigation_and_says_so(
    stage: Stage, prefect: PrefectDouble
) -> None:
    prefect.deployments.clear()
    result = stage.run("investigate", "--url", stage.url)
    assert_one_clear_line(result, 1, "is recorded", "clawback up")


def test_a_database_of_a_newer_version_is_left_alone(stage: Stage) -> None:
    with contextlib.closing(sqlite3.connect(stage.database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = stage.records()
    for arguments in (("find", "--url", stage.url), ("sync",), ("settings", "set", "cap=5")):
        assert_one_clear_line(stage.run(*arguments), 1, "newer")
    assert "✗ database" in stage.run("check").out
    assert stage.records() == before


def test_a_file_that_is_no_database_is_left_alone(stage: Stage) -> None:
    content = b"this is not a database, but longer than a header of one" * 40
    # SQLite would put the first page back from a log that the last connection left.
    for name in ("-wal", "-shm"):
        stage.database.with_name(stage.database.name + name).unlink(missing_ok=True)
    stage.database.write_bytes(content)
    assert_one_clear_line(stage.run("actions"), 1, "database")
    assert stage.database.read_bytes() == content


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Every connection finds its database file unable to grow: SQLite's own SQLITE_FULL."""

    def limit(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA max_page_count=1")

    event.listen(Engine, "connect", limit)
    yield
    event.remove(Engine, "connect", limit)


def test_a_full_disk_of_the_database_loses_nothing(stage: Stage, full_disk: None) -> None:
    folder = stage.mailbox() / "new"
    for number in range(200):
        message = EmailMessage()
        message.set_content("\n".join(f"https://h{number}-{i}.example/{i}" for i in range(20)))
        (folder / f"1794000000.M{number}P9Q1.full").write_bytes(message.as_bytes())
    before = stage.records()
    assert_one_clear_line(stage.run("sync"), 1, "disk", "full")
    assert stage.records() == before


def test_a_full_disk_under_a_lab_is_one_line(stage: Stage) -> None:
    def full(*arguments: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with stage.monkeypatch.context() as patch:
        patch.setattr("os.write", full)
        result = stage.run("lab", "create", stage.base / "other", "--mailboxes", "1")
    assert_one_clear_line(result, 1, "No space left")


def test_a_lab_is_made_only_where_nothing_is(stage: Stage) -> None:
    before = stage.records()
    assert_one_clear_line(stage.run("lab", "create", stage.lab), 2, "not empty")
    assert_one_clear_line(stage.run("lab", "deliver", stage.base / "none"), 2, "not a directory")
    bad = stage.run("lab", "create", stage.base / "x", "--domain", "No Domain")
    assert_one_clear_line(bad, 2, "domain")
    assert stage.records() == before


@pytest.mark.parametrize(
    ("toml", "words"),
    [("[[sources", "no TOML"), ('[database]\nurll = "x"\n', "urll"), ("", "no mailbox source")],
)
def test_a_configuration_that_cannot_be_used_is_named(stage: Stage, toml: str, words: str) -> None:
    (stage.home / "clawback.toml").write_text(toml)
    assert_one_clear_line(stage.run("sync"), 1, "clawback.toml", words)
    assert stage.run("check").code == 1


def test_with_json_an_error_is_one_object_on_standard_error(stage: Stage) -> None:
    import json

    def error_of(result: Result) -> dict[str, object]:
        assert result.out == ""
        return dict(json.loads(result.err))

    assert error_of(stage.json("find", "--sha256", "x"))["exit_code"] == 2
    assert error_of(stage.json("frobnicate"))["exit_code"] == 2
    assert set(error_of(stage.json("actions", "99"))) == {"error", "exit_code"}


def test_nothing_is_written_outside_of_the_home(stage: Stage, tmp_path: Path) -> None:
    stage.monkeypatch.chdir(tmp_path)
    stage.run("find", "--sha256", stage.sha256)
    stage.run("sync")
    assert list(tmp_path.iterdir()) == []

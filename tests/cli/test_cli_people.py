"""Accounts, tokens and the audit log on the command line."""

from __future__ import annotations

import errno
import io
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cli_stage import Result, Stage, assert_one_clear_line

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
USER_KEYS = {
    "name", "roles", "created_at", "created_by", "password_changed_at", "disabled_at",
    "last_login_at",
}  # fmt: skip


def typed(stage: Stage, text: str, *arguments: str | Path) -> Result:
    stage.monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return stage.json(*arguments)


def add(stage: Stage, name: str, *roles: str) -> Result:
    options = [part for role in roles for part in ("--role", role)]
    return typed(stage, f"{PASSWORD}\n", "user", "add", name, *options, "--password-stdin")


def tamper(stage: Stage, *statements: str) -> None:
    with closing(sqlite3.connect(stage.database, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_the_first_admin_is_made_by_who_may_run_the_command(stage: Stage) -> None:
    made = add(stage, "Alice", "admin", "operator").line
    assert set(made) == USER_KEYS
    assert (made["name"], made["roles"]) == ("alice", ["operator", "admin"])
    assert stage.json("user").lines == stage.json("user", "list").lines == [made]
    assert "alice" in stage.run("user", "list").out
    entry = stage.json("audit", "list", "--event", "user:added").line
    assert (entry["actor"], entry["via"]) == (made["created_by"], "cli-os-user")
    assert entry["verified"] is True


def test_no_password_is_shown_kept_or_taken_from_the_command_line(stage: Stage) -> None:
    result = add(stage, "alice", "admin")
    assert PASSWORD not in result.out + result.err
    assert PASSWORD.encode() not in stage.database.read_bytes()
    assert PASSWORD not in stage.run("audit").out
    refused = stage.run("user", "add", "bob", "--role", "reader", "--password", PASSWORD)
    assert refused.code == 2


def test_roles_passwords_and_the_end_of_an_account(stage: Stage) -> None:
    add(stage, "alice", "admin")
    add(stage, "bob", "reader")
    assert stage.json("user", "roles", "BOB", "--role", "preview").line["roles"] == ["preview"]
    before = stage.json("user", "list").lines[1]["password_changed_at"]
    changed = typed(stage, "another password\r\n", "user", "password", "bob", "--password-stdin")
    assert changed.line["password_changed_at"] >= before
    assert stage.json("user", "disable", "bob").line["disabled_at"] is not None
    assert "disabled" in stage.run("user").out
    assert stage.json("user", "enable", "bob").line["disabled_at"] is None
    assert_one_clear_line(stage.run("user", "disable", "alice"), 1, "last enabled account", "admin")
    assert_one_clear_line(
        stage.run("user", "roles", "alice", "--role", "reader"), 1, "last enabled account"
    )


@pytest.mark.parametrize(
    ("arguments", "text", "code", "word"),
    [
        (("user", "add", "a b", "--role", "reader", "--password-stdin"), PASSWORD, 2, "name"),
        (("user", "add", "x", "--role", "reader", "--password-stdin"), "short\n", 2, "12"),
        (("user", "add", "x", "--role", "reader", "--password-stdin"), "", 2, "12"),
        (("user", "add", "x", "--role", "reader"), PASSWORD, 2, "--password-stdin"),
        (("user", "add", "x", "--password-stdin"), PASSWORD, 2, "--role"),
        (("user", "add", "x", "--role", "root"), PASSWORD, 2, "'reader'"),
        (("user", "add", "alice", "--role", "reader", "--no-password"), "", 1, "already"),
        (
            ("user", "add", "x", "--role", "reader", "--no-password", "--password-stdin"),
            PASSWORD, 2, "exclude each other",
        ),
        (("user", "password", "nobody", "--password-stdin"), PASSWORD, 2, "clawback user list"),
        (("user", "disable", "nobody"), "", 2, "clawback user list"),
        (("token", "issue", "--user", "nobody", "--label", "x"), "", 2, "clawback user list"),
        (("token", "issue", "--user", "alice", "--label", " "), "", 2, "label"),
        (("token", "issue", "--user", "alice", "--label", "x", "--days", "0"), "", 2, "--days"),
        (("token", "issue", "--user", "alice", "--label", "x", "--role", "reader"), "", 2, "reader"),
        (("token", "revoke", "77"), "", 2, "clawback token list"),
        (("audit", "verify", "--head", "3:abc"), "", 2, "NUMBER:DIGEST"),
        (("audit", "verify", "--head", f"{'9' * 5000}:{'0' * 64}"), "", 2, "NUMBER:DIGEST"),
        (("audit", "list", "--event", "login"), "", 2, "login:failed"),
        (("audit", "export", "."), "", 2, "already"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line_and_changes_nothing(
    stage: Stage, arguments: tuple[str, ...], text: str, code: int, word: str
) -> None:
    add(stage, "alice", "admin")
    before = stage.rows()
    stage.monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    result = stage.run(*arguments)
    if arguments == ("audit", "export", "."):
        word = "is there"
    assert_one_clear_line(result, code, word)
    assert stage.rows() == before


def test_a_token_is_shown_once_and_lets_in_until_it_is_revoked(stage: Stage) -> None:
    add(stage, "alice", "admin")
    stage.json("user", "add", "soar", "--role", "operator", "--role", "reader", "--no-password")
    made = stage.json(
        "token",
        "issue",
        "--user",
        "soar",
        "--label",
        "a playbook",
        "--role",
        "reader",
        "--days",
        "7",
    ).line
    secret = made.pop("secret")
    assert re.fullmatch(r"clawback_[\w-]{43}", secret)
    assert (made["user"], made["roles"], made["last_used_at"]) == ("soar", ["reader"], None)
    assert stage.json("token", "list").lines == [made]
    assert stage.json("token", "list", "--user", "alice").lines == []
    assert secret.encode() not in stage.database.read_bytes()
    from clawback.commands.opening import open_context
    from clawback.errors import Denial, Unauthenticated
    from clawback.services.people import authenticate_token

    assert authenticate_token(open_context(), secret).name == "soar"
    assert stage.json("token").line["last_used_at"] is not None
    assert stage.json("token", "revoke", str(made["id"])).line["revoked_at"] is not None
    with pytest.raises(Unauthenticated) as told:
        authenticate_token(open_context(), secret)
    assert told.value.reason is Denial.REVOKED
    assert "revoked" in stage.run("token", "list").out


def test_people_get_the_secret_alone_on_standard_output(stage: Stage) -> None:
    add(stage, "alice", "admin")
    shown = stage.run("token", "issue", "--user", "alice", "--label", "x")
    assert re.fullmatch(r"clawback_[\w-]{43}", shown.out.splitlines()[-1])
    assert "shown this once" in shown.err


def test_every_change_on_the_command_line_says_who_by_which_way_and_that_it_is_certain(
    stage: Stage,
) -> None:
    stage.run("settings", "set", "cap=5")
    stage.run("pause", "--reason", "a test")
    stage.run("resume")
    add(stage, "alice", "admin")
    stage.run("investigate", "--sha256", stage.sha256)
    told = {(e["event"], e["via"], e["verified"]) for e in stage.json("audit").lines}
    assert {
        ("settings:changed", "cli-os-user", True),
        ("remediation:paused", "cli-os-user", True),
        ("remediation:resumed", "cli-os-user", True),
        ("user:added", "cli-os-user", True),
    } <= told
    assert ("alert:received", "automation", False) not in told


def test_a_sound_log_is_verified_and_its_head_can_be_held_against_it(stage: Stage) -> None:
    add(stage, "alice", "admin")
    stage.run("settings", "set", "cap=5")
    report = stage.json("audit", "verify")
    assert report.code == 0
    assert (report.line["sound"], report.line["entries"], report.line["faults"]) == (True, 2, [])
    head = report.line["head"]
    assert head in stage.run("audit", "verify").out
    assert stage.run("audit", "verify", "--head", head).code == 0
    other = f"1:{head.partition(':')[2]}"
    broken = stage.run("audit", "verify", "--head", other)
    assert broken.code == 1
    assert "entry 1 has another digest than the one that was noted" in broken.out


def test_what_is_wrong_is_named_and_the_exit_code_says_so(stage: Stage) -> None:
    add(stage, "alice", "admin")
    for cap in (5, 6, 7):
        stage.run("settings", "set", f"cap={cap}")
    tamper(
        stage,
        "UPDATE history SET actor = 'mallory' WHERE id = 1",
        "DELETE FROM history WHERE id = 3",
        "UPDATE settings_versions SET author = 'mallory' WHERE version = 1",
    )
    shown = stage.run("audit", "verify")
    assert shown.code == 1
    assert "entry 1 was changed" in shown.out
    assert "entry 4 does not follow entry 2: those between are gone" in shown.out
    assert "entry 2 tells of settings version 1, which was changed since" in shown.out
    line = stage.json("audit", "verify").line
    assert (line["sound"], line["faults_found"]) == (False, len(line["faults"]))
    assert {fault["entry"] for fault in line["faults"]} >= {1, 2, 4}


def test_a_broken_log_is_still_listed_and_exported(stage: Stage) -> None:
    add(stage, "alice", "admin")
    tamper(
        stage,
        "UPDATE history SET event = CAST(x'ff41' AS TEXT), details = x'00', actor = 'a\x1b[31m'",
    )
    assert stage.json("audit").code == 0
    shown = stage.run("audit")
    assert shown.code == 0
    assert "\x1b" not in shown.out
    assert stage.run("audit", "export", stage.base / "broken.jsonl").code == 0
    assert stage.run("audit", "verify").code == 1


def test_an_export_that_fails_leaves_no_part_of_a_file(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(stage, "alice", "admin")

    def full(ctx: object, write: Callable[[str], object], **given: object) -> None:
        write("x" * 100_000)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("clawback.services.audit.export", full)
    file = stage.base / "audit.jsonl"
    assert stage.run("audit", "export", file).code != 0
    assert not file.exists()
    file.write_text("mine")
    assert_one_clear_line(stage.run("audit", "export", file), 2, "is there already")
    assert file.read_text() == "mine"


def check_by_the_page(export: str) -> subprocess.CompletedProcess[str]:
    """What the lines in docs/audit.md say of an export."""
    page = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    [program] = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    return subprocess.run(
        [sys.executable, "-c", program],
        input=export, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_an_export_is_checked_by_the_lines_that_the_page_shows(stage: Stage) -> None:
    add(stage, "alice", "admin")
    stage.run("pause", "--reason", 'Größe \u2028 \x7f "quoted" \\ <&>')
    file = stage.base / "audit.jsonl"
    made = stage.json("audit", "export", file).line
    assert (made["file"], made["entries"]) == (str(file), 3)
    assert file.stat().st_mode & 0o777 == 0o600
    export = file.read_text(encoding="ascii")
    sound = check_by_the_page(export)
    assert sound.stdout.strip() == f"sound, head {made['head'].partition(':')[2]}", sound.stderr
    lines = export.splitlines()
    for name in ("number", "at", "actor", "verified", "details", "previous"):
        changed = json.dumps({**json.loads(lines[1]), name: 7})
        found = check_by_the_page("\n".join([lines[0], changed, *lines[2:]]))
        assert found.returncode == 1, name
        assert "is not as it was written" in found.stderr
    assert check_by_the_page("\n".join(lines[1:])).returncode == 1
    assert_one_clear_line(stage.run("audit", "export", file), 2, "is there already")
    assert file.read_text(encoding="ascii") == export


def test_an_export_to_standard_output_is_the_log_alone(stage: Stage) -> None:
    add(stage, "alice", "admin")
    result = stage.run("audit", "export", "-")
    assert [line["event"] for line in result.lines] == ["user:added", "audit:exported"]
    assert "2 entries" in result.err
    assert check_by_the_page(result.out).returncode == 0

"""`clawback find`: the contract of its JSON, live locations, and that it changes nothing."""

from __future__ import annotations

import json
from email.message import EmailMessage

import pytest
from cli_stage import Stage

KEYS = {"indicator", "kind", "refused", "messages", "explanation", "locations", "decision"}
MESSAGE_KEYS = {
    "source", "mailbox", "copy_id", "folder", "content_sha256", "internet_message_id",
    "network_message_id", "why", "match", "duplicate_of",
}  # fmt: skip
EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_json_line_has_exactly_the_keys_of_the_contract(stage: Stage) -> None:
    found = stage.json("find", "--sha256", stage.sha256).line
    assert set(found) == KEYS
    assert found["messages"]
    assert all(set(message) == MESSAGE_KEYS for message in found["messages"])
    assert found["decision"]["effect"] == "AwaitApproval"
    assert {"Mailbox", "Not in mailbox", "On-prem/External", "Unknown"} <= set(found["locations"])


@pytest.mark.parametrize("kind", ["file", "url"])
def test_every_copy_of_a_campaign_is_found_and_no_other(stage: Stage, kind: str) -> None:
    campaign = stage.manifest[kind]
    option = "--sha256" if kind == "file" else "--url"
    found = stage.json("find", option, campaign["indicator"]).line
    assert len(found["messages"]) == campaign["copies"] + campaign["secops_copies"]
    counted: dict[str, int] = {}
    for message in found["messages"]:
        counted[message["mailbox"]] = counted.get(message["mailbox"], 0) + 1
    secops = counted.pop(stage.manifest["secops_mailbox"])
    assert (counted, secops) == (campaign["by_mailbox"], campaign["secops_copies"])


def test_an_excluded_mailbox_is_not_among_the_messages(stage: Stage) -> None:
    secops = stage.manifest["secops_mailbox"]
    assert stage.run("settings", "set", f"secops_mailboxes={secops}").code == 0
    found = stage.json("find", "--sha256", stage.sha256).line
    assert secops not in {message["mailbox"] for message in found["messages"]}
    assert len(found["messages"]) == stage.manifest["file"]["copies"]


def test_the_folder_is_where_the_copy_is_now(stage: Stage) -> None:
    before = stage.json("find", "--sha256", stage.sha256).line["messages"]
    moved = next(m for m in before if m["folder"] == "INBOX")
    junk = stage.lab / moved["mailbox"] / ".Junk"
    for part in ("cur", "new", "tmp"):
        (junk / part).mkdir(parents=True, exist_ok=True)
    for part in ("cur", "new"):
        for path in (stage.lab / moved["mailbox"] / part).iterdir():
            path.rename(junk / "cur" / path.name)
    after = stage.json("find", "--sha256", stage.sha256, "--no-sync").line["messages"]
    folders = {m["copy_id"]: m["folder"] for m in after}
    assert folders[moved["copy_id"]] == "Junk"
    assert set(folders) == {m["copy_id"] for m in before}


def test_a_preview_changes_no_row_and_no_message(stage: Stage) -> None:
    before = stage.records()
    assert stage.json("find", "--sha256", stage.sha256).code == 0
    assert stage.run("find", "--url", stage.url).code == 0
    assert stage.records() == before


def test_a_list_gives_one_line_for_each_indicator_in_its_order(stage: Stage) -> None:
    clothes = list(stage.manifest["malicious_urls"].values())
    listed = [stage.sha256, *clothes, EMPTY_SHA256]
    path = stage.write("list.txt", "\n".join(["# comment", *listed, ""]))
    found = stage.json("find", "--indicators", path).lines
    assert [line["indicator"] for line in found] == listed
    ids = [{m["copy_id"] for m in line["messages"]} for line in found[1:-1]]
    assert ids[0]
    assert all(one == ids[0] for one in ids)


def test_a_list_may_be_json_lines_with_kind_and_match(stage: Stage) -> None:
    lines = [
        {"indicator": stage.url.partition("?")[0] + "?case=other", "match": "path"},
        {"indicator": stage.sha256.upper(), "kind": "file"},
    ]
    path = stage.write("list.jsonl", "\n".join(json.dumps(line) for line in lines))
    by_path, by_hash = stage.json("find", "--indicators", path).lines
    assert len(by_path["messages"]) >= stage.manifest["url"]["copies"]
    assert "URL match" in {rule["rule"] for rule in by_path["decision"]["hits"]}
    assert by_hash["kind"] == "file"
    assert by_hash["messages"]


def test_the_empty_file_and_a_shared_host_are_refused_and_match_nothing(stage: Stage) -> None:
    path = stage.write(
        "list.jsonl",
        f'{EMPTY_SHA256}\n{{"indicator": "https://docs.google.com/", "match": "path"}}\n',
    )
    for line in stage.json("find", "--indicators", path).lines:
        assert line["refused"]
        assert line["messages"] == []
        assert line["decision"]["effect"] == "NoAction"


def test_a_file_is_looked_for_by_its_bytes(stage: Stage) -> None:
    path = stage.base / "sample.pdf"
    made = stage.json(
        "lab", "create", stage.base / "again", "--mailboxes", "1", "--malicious-file", path
    )
    assert made.code == 0, made.err
    assert stage.json("find", "--file", path).line["indicator"] == stage.sha256


def test_an_index_that_never_was_is_made_first_and_else_only_on_demand(stage: Stage) -> None:
    stage.database.unlink()
    assert stage.json("find", "--sha256", stage.sha256, "--no-sync").line["messages"] == []
    assert stage.json("find", "--sha256", stage.sha256).line["messages"]
    message = EmailMessage()
    message["To"] = stage.manifest["mailboxes"][0]
    message.set_content("See https://late.example/arrival now")
    (stage.mailbox() / "new" / "1794000000.M1P1Q1.late").write_bytes(message.as_bytes())
    late = ("find", "--url", "https://late.example/arrival")
    assert stage.json(*late).line["messages"] == []
    assert len(stage.json(*late, "--sync").line["messages"]) == 1


def test_nothing_hostile_reaches_a_terminal(stage: Stage) -> None:
    message = EmailMessage()
    message["To"] = stage.manifest["mailboxes"][0]
    message.set_content("see https://evil.example/a")
    name = "\x1b]0;owned\x07[bold]x[/bold]\u202egpj.exe"
    message.add_attachment(b"%PDF-1.4 harmless enough", maintype="application", subtype="pdf",
                           filename=name)  # fmt: skip
    (stage.mailbox() / "new" / "1794000000.M2P1Q1.evil").write_bytes(message.as_bytes())
    sha256 = "".join(
        item["sha256"]
        for item in stage.json("extract", stage.mailbox() / "new" / "1794000000.M2P1Q1.evil").line[
            "attachments"
        ]
    )
    shown = stage.run("find", "--sha256", sha256, "--sync")
    assert shown.code == 0
    assert "gpj.exe" in shown.out
    for forbidden in ("\x1b", "\x07", "\u202e", "[bold]"):
        assert forbidden not in shown.out
    raw = stage.run("find", "--url", "https://evil.example/a", "--json").out
    assert raw.isascii()
    assert "\x1b" not in raw


@pytest.mark.parametrize("columns", ["80", "120"])
def test_people_see_the_same_facts_within_the_width_of_their_terminal(
    stage: Stage, columns: str
) -> None:
    stage.monkeypatch.setenv("COLUMNS", columns)
    shown = stage.run("find", "--url", stage.url)
    assert max(len(line) for line in shown.out.splitlines()) <= int(columns)
    assert "waits for approval" in shown.out
    assert "hxxps://" in shown.out
    assert "https://" not in shown.out


def test_mail_that_was_not_read_whole_is_told_of_where_people_look_for_copies(stage: Stage) -> None:
    told = "1 mail not read whole"
    assert told not in stage.run("find", "--sha256", stage.sha256).out
    mailbox = stage.lab / stage.manifest["secops_mailbox"] / "cur"
    torn = "Content-Type: text/html\r\n\r\n" + "".join(
        f"<a href='https://{n}.example/'>x</a>" for n in range(10_001)
    )
    (mailbox / "1700000009.M9P9.host:2,S").write_text(torn, encoding="ascii")
    assert told in stage.run("find", "--sync", "--sha256", stage.sha256).out
    assert told in stage.run("check").out

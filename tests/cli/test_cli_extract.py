"""`clawback extract`: the contract of its JSON, and that it needs and leaves nothing."""

from __future__ import annotations

import hashlib
from email.message import EmailMessage
from pathlib import Path

import pytest
from cli_stage import Stage, assert_one_clear_line, unprivileged

from clawback.commands.selectors import read_message
from models.mails import MessageHead

FILE = b"%PDF-1.4 a file of more than sixteen bytes"


def _message(number: int = 0) -> bytes:
    message = EmailMessage()
    message["Subject"] = "See https://subject.example/s"
    message["List-Unsubscribe"] = "<https://list.example/u>"
    message.set_content(f"See HTTPS://Host.Example/{number}#part and more")
    message.add_attachment(FILE, maintype="application", subtype="pdf", filename="a.pdf")
    return message.as_bytes()


def test_the_json_line_has_exactly_the_keys_and_values_of_the_contract(stage: Stage) -> None:
    path = stage.write("one.eml", _message())
    line = stage.json("extract", path).line
    assert set(line) == {
        "path", "content_sha256", "attachments", "urls", "header_urls", "problems",
    }  # fmt: skip
    assert line["path"] == str(path)
    assert line["content_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    [file] = line["attachments"]
    assert file == {
        "sha256": hashlib.sha256(FILE).hexdigest(),
        "filename": "a.pdf",
        "size_bytes": len(FILE),
        "content_type": "application/pdf",
        "where": file["where"],
    }
    assert line["urls"] == [
        {
            "url": "https://host.example/0",
            "raw": "HTTPS://Host.Example/0#part",
            "location": "Body",
            "opened_from": None,
        }
    ]
    assert {url["url"] for url in line["header_urls"]} == {
        "https://subject.example/s", "https://list.example/u",
    }  # fmt: skip
    assert {url["location"] for url in line["header_urls"]} == {"Subject", "Header"}


def test_a_wrapper_is_named_where_a_link_was_opened_from_it(stage: Stage) -> None:
    message = EmailMessage()
    message.set_content("https://www.google.com/url?q=https%3A%2F%2Finner.example%2Fx&sa=D")
    urls = stage.json("extract", stage.write("w.eml", message.as_bytes())).line["urls"]
    inner = next(url for url in urls if url["url"] == "https://inner.example/x")
    assert inner["opened_from"] in {url["url"] for url in urls if url["opened_from"] is None}


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_directory_is_searched_in_order_with_any_number_of_processes(
    stage: Stage, processes: str
) -> None:
    folder = stage.base / "many"
    folder.mkdir()
    for number in range(300):
        (folder / f"{number:03}.eml").write_bytes(_message(number))
    (folder / "notes.txt").write_text("no message")
    lines = stage.json("extract", folder, "--processes", processes).lines
    assert [Path(line["path"]).name for line in lines] == [f"{n:03}.eml" for n in range(300)]
    assert [line["urls"][0]["url"] for line in lines] == [
        f"https://host.example/{n}" for n in range(300)
    ]


def test_a_maildir_is_searched_too(stage: Stage) -> None:
    lines = stage.json("extract", stage.lab).lines
    assert len(lines) == stage.manifest["messages"]


def test_it_needs_no_home_and_makes_none(stage: Stage) -> None:
    home = stage.base / "nowhere"
    stage.monkeypatch.setenv("CLAWBACK_HOME", str(home))
    assert stage.json("extract", stage.write("one.eml", _message())).code == 0
    assert not home.exists()


def test_an_empty_message_is_printed_with_its_problem(stage: Stage) -> None:
    result = stage.json("extract", stage.write("empty.eml", b""))
    assert result.code == 0
    assert result.line["content_sha256"] == hashlib.sha256(b"").hexdigest()
    assert result.line["problems"] == [{"code": "empty", "where": ""}]


def test_an_unreadable_file_is_one_line_and_does_not_keep_the_others_back(stage: Stage) -> None:
    # Without a file: nobody may start a process here, and none is needed to read it.
    good = stage.write("good.eml", b"Subject: x\r\n\r\nhttps://host.example/x")
    closed = stage.write("closed.eml", _message())
    closed.chmod(0)
    with unprivileged(stage.base):
        result = stage.json("extract", closed, good)
        alone = stage.run("extract", closed)
    assert result.code == 2
    assert [line["path"] for line in result.lines] == [str(good)]
    assert "Permission denied" in result.err
    assert_one_clear_line(alone, 2, "Permission denied", str(closed))


def test_paths_without_a_message_are_refused_before_anything_is_printed(stage: Stage) -> None:
    good = stage.write("good.eml", _message())
    assert_one_clear_line(stage.run("extract", good, stage.base / "none.eml"), 2, "no such file")
    (stage.base / "bare").mkdir()
    assert_one_clear_line(stage.run("extract", good, stage.base / "bare"), 2, "holds no messages")


def test_people_see_links_defanged_and_names_inert(stage: Stage) -> None:
    message = EmailMessage()
    message.set_content("https://host.example/\u202egpj")
    message.add_attachment(FILE, maintype="image", subtype="png", filename="\x1b[31mred.png")
    shown = stage.run("extract", stage.write("h.eml", message.as_bytes())).out
    assert "hxxps://host[.]example" in shown
    assert "red.png" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_file_larger_than_a_message_may_be_is_read_by_its_head_and_hashed_whole(
    tmp_path: Path,
) -> None:
    raw = b"Subject: x\r\n\r\nhttps://first.example/a\r\n" + b"y" * 70 + b"\r\n"
    path = tmp_path / "large.eml"
    path.write_bytes(raw + b" z\r\n" * 500_000)

    read = read_message(path, 1_000)
    assert isinstance(read, MessageHead)
    assert (len(read.raw), read.size_bytes) == (1_000, path.stat().st_size)
    assert read.content_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read_message(path, path.stat().st_size) == path.read_bytes()


def test_a_message_above_the_limit_is_named_and_its_head_is_searched(stage: Stage) -> None:
    raw = b"Subject: x\r\n\r\nhttps://first.example/a\r\n" + b"z\r\n" * 1_000_000
    path = stage.write("large.eml", raw)
    with (stage.home / "clawback.toml").open("a") as file:
        file.write("\n[limits]\nmessage_bytes = 1000000\n")
    line = stage.json("extract", path).line
    assert line["problems"] == [{"code": "too-large", "where": ""}]
    assert line["content_sha256"] == hashlib.sha256(raw).hexdigest()
    assert [url["url"] for url in line["urls"]] == ["https://first.example/a"]

"""`clawback hunt … --take-action`: from a result to an action, with a question in between."""

from __future__ import annotations

import json
import os
import pwd

import pytest
from cli_stage import Stage, assert_one_clear_line
from prefect_double import PrefectDouble
from scripted_engine import ScriptedEngine, result, scripted

from models.hunting import HuntResult

WHO = pwd.getpwuid(os.getuid()).pw_name
WHY = ("--reason", "phish by phone")


def campaign(stage: Stage, columns: str = "NetworkMessageId RecipientEmailAddress") -> HuntResult:
    """A result that names the copies of the lab's campaign."""
    found = stage.json("find", "--sha256", stage.sha256, "--sync").line["messages"]
    rows = [
        [one["network_message_id"], one["mailbox"]]
        for one in found
        if one["folder"] in ("INBOX", "Junk")
    ]
    return result(columns, *rows)


def hunting(stage: Stage) -> tuple[ScriptedEngine, int]:
    rows = campaign(stage)
    return scripted(stage.monkeypatch, rows), len(set(rows.rows))


def test_what_a_query_finds_is_soft_deleted_and_can_be_put_back(
    stage: Stage, prefect: PrefectDouble
) -> None:
    _, number = hunting(stage)
    line = stage.json("hunt", "q", "--take-action", "soft_delete", *WHY, "--yes").line
    assert (line["messages"], line["missing"]) == (number, [])
    assert line["run_url"].endswith(next(iter(prefect.runs)))
    found = stage.json("investigations", str(line["investigation_id"])).line
    assert found["status"] == "Remediated"
    assert (found["selection"]["selected_by"], found["selection"]["reason"]) == (WHO, WHY[1])
    [action] = found["actions"]
    assert action["outcomes"] == {"moved": line["copies"]}
    assert (action["decided_by"], action["action_source"], action["cluster_kind"]) == (
        WHO, "Advanced hunting action", "Selected messages",
    )  # fmt: skip
    said = stage.run("actions", str(action["id"])).out
    assert "Selected messages" in said
    assert "phish by phone" in said
    shown = stage.run("investigations", str(line["investigation_id"])).out
    assert "Selected messages" in shown
    back = stage.json("revert", str(action["id"]), "--to", "original", "--wait").line
    assert back["outcomes"] == {"moved": line["copies"]}


def test_it_asks_before_it_acts_and_a_no_does_nothing(stage: Stage, prefect: PrefectDouble) -> None:
    hunting(stage)
    asked = []

    def says_no(text: str, **options: object) -> bool:
        asked.append(text)
        return False

    stage.monkeypatch.setattr("typer.confirm", says_no)
    done = stage.run("hunt", "q", "--take-action", "move_to_junk", *WHY)
    assert done.code == 1
    assert "Nothing was done." in done.out
    assert asked[0].startswith("Move to Junk of ")
    assert stage.json("investigations").lines == []
    assert stage.json("actions").lines == []
    assert prefect.runs == {}


def test_a_proposal_waits_for_another_person_who_is_not_the_one_who_proposes(
    stage: Stage, prefect: PrefectDouble
) -> None:
    hunting(stage)
    arguments = ("--take-action", "soft_delete", *WHY, "--propose", "--yes", "--name", "Phone")
    line = stage.json("hunt", "q", *arguments).line
    found = stage.json("investigations", str(line["investigation_id"])).line
    assert (found["title"], found["status"]) == ("Phone", "Pending Action")
    [action] = found["actions"]
    refused = stage.run("approve", str(action["id"]), "--reason", "fine by me")
    assert_one_clear_line(refused, 1, "another person")
    assert stage.json("actions", str(action["id"])).line["status"] == "Pending"


def test_a_result_without_the_columns_or_cut_off_takes_no_action(
    stage: Stage, prefect: PrefectDouble
) -> None:
    act = ("--take-action", "soft_delete", *WHY, "--yes", "--json")
    for answer, word in (
        (result("NetworkMessageId", ["x"]), "no column RecipientEmailAddress"),
        (result("NetworkMessageId RecipientEmailAddress", ["x", "y"], truncated=True), "cut off"),
        (result("networkmessageid recipientemailaddress", ["", "y"]), "no row"),
    ):
        scripted(stage.monkeypatch, answer)
        done = stage.run("hunt", "q", *act)
        assert (done.code, done.out) == (2, "")
        assert word in json.loads(done.err)["error"]
    assert prefect.runs == {}


def test_the_columns_are_found_in_any_case_and_no_rows_are_no_error(
    stage: Stage, prefect: PrefectDouble
) -> None:
    act = ("--take-action", "move_to_deleted_items", *WHY, "--yes")
    scripted(stage.monkeypatch, campaign(stage, "NETWORKMESSAGEID recipientemailaddress"))
    assert stage.json("hunt", "q", *act).line["copies"] > 0
    scripted(stage.monkeypatch, result("NetworkMessageId RecipientEmailAddress"))
    line = stage.json("hunt", "q", *act).line
    assert (line["messages"], line["investigation_id"]) == (0, None)


def test_without_a_server_nothing_is_recorded(stage: Stage) -> None:
    hunting(stage)
    done = stage.run("hunt", "q", "--take-action", "soft_delete", *WHY, "--yes")
    assert done.code == 1
    assert "clawback up" in done.err
    assert stage.json("investigations").lines == []
    assert stage.json("actions").lines == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--take-action", "soft_delete", "--yes"), "reason"),
        (("--take-action", "hard_delete", *WHY), "soft_delete"),
        (("--take-action", "move_to_inbox", *WHY, "--senders-copy", "--yes"), "sender's copy"),
        (("--take-action", "soft_delete", *WHY, "--json"), "--yes"),
        (("--propose",), "--take-action"),
    ],
)
def test_options_that_do_not_fit_are_refused_before_anything_is_asked(
    stage: Stage, arguments: tuple[str, ...], word: str
) -> None:
    engine = scripted(stage.monkeypatch, result("N:int"))
    done = stage.run("hunt", "q", *arguments)
    assert (done.code, done.out) == (2, "")
    assert word in done.err
    assert engine.asked == []

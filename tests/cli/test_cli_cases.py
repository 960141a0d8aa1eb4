"""Investigate, decide, undo: what is written, what is asked of the server, what is printed."""

from __future__ import annotations

import os
import pwd
from email.message import EmailMessage

from cli_stage import Stage, assert_one_clear_line
from prefect_double import PrefectDouble

WHO = pwd.getpwuid(os.getuid()).pw_name


def _in_inboxes(stage: Stage) -> int:
    found = stage.json("find", "--sha256", stage.sha256, "--sync").line
    return found["locations"]["Mailbox"]


def _pending(stage: Stage) -> int:
    started = stage.json("investigate", "--sha256", stage.sha256, "--wait", "--timeout", "30")
    assert started.code == 0, started.err
    assert started.line["status"] == "Pending Action"
    return started.line["actions"][0]["id"]


def test_an_opted_in_kind_is_remediated_end_to_end(stage: Stage, prefect: PrefectDouble) -> None:
    assert stage.run("settings", "set", "similar_files=on").code == 0
    before = _in_inboxes(stage)
    line = stage.json("investigate", "--sha256", stage.sha256, "--wait").line
    assert line["status"] == "Remediated"
    [action] = line["actions"]
    assert (action["status"], action["decided_by"]) == ("Completed", "Automation")
    assert action["outcomes"] == {"moved": before}
    assert _in_inboxes(stage) == 0


def test_without_waiting_the_started_investigation_is_printed_with_its_run(
    stage: Stage, prefect: PrefectDouble
) -> None:
    prefect.works = False
    line = stage.json("investigate", "--url", stage.url).line
    assert line["run_id"] in prefect.runs
    assert line["run_url"].endswith(f"/v2/runs/flow-run/{line['run_id']}")
    assert stage.json("investigations").line["id"] == line["id"]


def test_the_same_alert_id_is_one_investigation(stage: Stage, prefect: PrefectDouble) -> None:
    prefect.works = False
    first = stage.json("investigate", "--url", stage.url, "--alert-id", "case-7").line
    second = stage.json("investigate", "--url", stage.url, "--alert-id", "case-7").line
    assert first["id"] == second["id"]
    assert len(prefect.runs) == 1


def test_waiting_ends_at_the_time_out_and_the_work_goes_on(
    stage: Stage, prefect: PrefectDouble
) -> None:
    prefect.works = False
    result = stage.run("investigate", "--url", stage.url, "--wait", "--timeout", "1")
    assert result.code == 1
    assert "goes on by itself" in result.err
    assert stage.json("investigations").line["status"] == "Starting"


def test_a_reported_message_is_never_acted_on_beyond_the_lists(
    stage: Stage, prefect: PrefectDouble
) -> None:
    message = EmailMessage()
    message.set_content(f"Is this real? {stage.url}")
    path = stage.write("reported.eml", message.as_bytes())
    line = stage.json("investigate", "--message", path, "--wait").line
    assert {verdict["verdict"] for verdict in line["verdicts"]} == {"Unknown"}
    assert line["actions"] == []


def test_a_list_is_named_as_the_source_of_the_verdict(stage: Stage, prefect: PrefectDouble) -> None:
    path = stage.write("feed.txt", f"{stage.url}\n{stage.url}#again\n")
    line = stage.json("investigate", "--indicators", path, "--wait").line
    assert [verdict["source"] for verdict in line["verdicts"]] == ["list:feed.txt"]


def test_an_approval_is_recorded_under_the_users_name_and_carried_out(
    stage: Stage, prefect: PrefectDouble
) -> None:
    action_id = _pending(stage)
    before = _in_inboxes(stage)
    line = stage.json("approve", str(action_id), "--reason", "help desk confirms", "--wait").line
    assert (line["status"], line["decision"]) == ("Completed", "Approved")
    assert (line["decided_by"], line["decided_via"], line["verified"]) == (
        WHO, "cli-os-user", True,
    )  # fmt: skip
    assert line["outcomes"]["moved"] == before
    [(_, answer)] = prefect.resumed
    assert answer == {"decision": "approve", "reason": "help desk confirms", "analyst": WHO}


def test_an_approval_that_no_run_waits_for_gets_a_new_one(
    stage: Stage, prefect: PrefectDouble
) -> None:
    action_id = _pending(stage)
    prefect.runs.clear()
    line = stage.json("approve", str(action_id), "--reason", "the run was cancelled").line
    assert prefect.resumed == []
    [run] = prefect.runs.values()
    assert (run["flow"], run["parameters"]) == ("approve", {"action_id": action_id, "attempt": 2})
    assert line["run_id"] == run["id"]


def test_a_rejection_moves_nothing_and_suppresses_the_indicator(
    stage: Stage, prefect: PrefectDouble
) -> None:
    action_id, before = _pending(stage), _in_inboxes(stage)
    line = stage.json("reject", str(action_id), "--reason", "a false alarm").line
    assert (line["status"], line["decision"]) == ("Rejected", "Rejected")
    assert _in_inboxes(stage) == before
    hits = stage.json("find", "--sha256", stage.sha256).line["decision"]["hits"]
    assert "suppression" in {rule["rule"] for rule in hits}
    assert stage.json("settings", "lift", stage.sha256).line["lifted"] == stage.sha256
    hits = stage.json("find", "--sha256", stage.sha256).line["decision"]["hits"]
    assert "suppression" not in {rule["rule"] for rule in hits}


def test_a_revert_puts_everything_back_as_an_action_of_its_own(
    stage: Stage, prefect: PrefectDouble
) -> None:
    before = _in_inboxes(stage)
    action_id = _pending(stage)
    assert stage.run("approve", str(action_id), "--reason", "sure", "--wait").code == 0
    line = stage.json("revert", str(action_id), "--to", "original", "--wait").line
    assert line["reverts_action_id"] == action_id
    assert line["outcomes"] == {"moved": before}
    assert _in_inboxes(stage) == before


def test_the_action_center_filters_by_state_person_and_investigation(
    stage: Stage, prefect: PrefectDouble
) -> None:
    done = _pending(stage)
    stage.run("reject", str(done), "--reason", "a false alarm")
    other = stage.json("investigate", "--url", stage.url, "--wait").line
    [waiting] = [action["id"] for action in other["actions"]]

    def ids(*options: str) -> list[int]:
        return [line["id"] for line in stage.json("actions", *options).lines]

    assert ids() == [waiting, done]
    assert ids("--pending") == [waiting]
    assert ids("--history") == [done]
    assert ids("--decided-by", WHO) == [done]
    assert ids("--investigation", str(other["id"])) == [waiting]
    assert ids("--limit", "1") == [waiting]


def test_one_action_lists_each_message_with_its_restore_point(
    stage: Stage, prefect: PrefectDouble
) -> None:
    action_id = _pending(stage)
    stage.run("approve", str(action_id), "--reason", "sure", "--wait")
    messages = stage.json("actions", str(action_id)).line["messages"]
    assert {message["outcome"] for message in messages} == {"moved"}
    assert {message["to_folder"] for message in messages} == {"Recoverable Items"}
    assert "INBOX" in {message["from_folder"] for message in messages}
    shown = stage.run("actions", str(action_id)).out
    assert "no fixed end" in shown
    assert "INBOX → Recoverable Items" in shown


def test_a_second_decision_is_refused_and_says_who_decided(
    stage: Stage, prefect: PrefectDouble
) -> None:
    action_id = _pending(stage)
    stage.run("reject", str(action_id), "--reason", "a false alarm")
    before = stage.records()
    again = stage.run("approve", str(action_id), "--reason", "but still")
    assert_one_clear_line(again, 1, "Rejected already", WHO, "nothing changed")
    assert stage.records() == before


def test_an_approval_is_kept_though_its_run_cannot_be_started(
    stage: Stage, prefect: PrefectDouble
) -> None:
    action_id = _pending(stage)
    prefect.runs.clear()
    prefect.deployments.clear()
    result = stage.run("approve", str(action_id), "--reason", "sure")
    assert result.code == 0
    assert "no run could be started" in result.out
    assert stage.json("actions", str(action_id)).line["status"] == "Running"


def test_the_stop_button_works_without_a_server_and_holds_moves(stage: Stage) -> None:
    line = stage.json("pause", "--reason", "a call from legal").line
    assert (line["paused"], line["reason"], line["author"]) == (True, "a call from legal", WHO)
    assert stage.json("settings", "show").line["pause"]["paused"] is True
    assert stage.json("resume").line["paused"] is False
    assert stage.json("settings", "show").line["pause"]["paused"] is False
    assert "Nothing was paused" in stage.run("resume").out


def test_what_if_tells_what_would_have_run_and_saves_nothing(
    stage: Stage, prefect: PrefectDouble
) -> None:
    _pending(stage)
    told = stage.json("settings", "what-if", "similar_files=true", "cap=500").line
    assert told["happened"]["waited"]["decisions"] == 1
    assert told["edited"]["ran"]["decisions"] == 1
    assert told["edited"]["ran"]["messages"] > 1
    [change] = told["changes"]
    assert (change["happened"], change["edited"], change["fate"]) == ("waited", "ran", "pending")
    assert told["settings"]["cap"] == 500
    assert stage.json("settings").line["version"] == 0
    shown = stage.run("settings", "what-if", "similar_files=true")
    assert "Runs by itself" in shown.out
    assert "1 decision change" in shown.out
    refused = stage.run("settings", "what-if", "cap=20000")
    assert refused.code == 2
    assert "cap" in refused.err

"""A request that is sent twice under one key is carried out once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from api_stage import Stage, problem
from route_examples import selected

from clawback.api import idempotency
from models.people import Role
from models.replies import Claim, Standing
from tests.services.scene import FILE_SHA256

ALERT = {"indicators": [{"indicator": FILE_SHA256}]}
WHY = {"reason": "it is phishing"}
QUERY = {"query": "EmailEvents | take 2"}


def test_the_same_key_gives_the_same_answer_and_does_it_once(stage: Stage) -> None:
    headers = {"Idempotency-Key": '"k-1"'}
    first = stage.post("/alerts", ALERT, headers=headers)
    second = stage.post("/alerts", ALERT, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.headers["location"] == second.headers["location"]
    assert second.headers["idempotency-replayed"] == "true"
    assert len(stage.get("/investigations")["items"]) == 1
    other = stage.post("/alerts", {**ALERT, "source": "other"}, headers=headers)
    problem(other, 422, "key-reused")
    problem(stage.post("/pause", WHY, headers=headers), 422, "key-reused")
    stage.scene.clock.forward(hours=24, seconds=1)
    stage.post("/alerts", {**ALERT, "source": "other"}, headers=headers)
    assert len(stage.get("/investigations")["items"]) == 2


def test_a_key_that_is_taken_again_for_another_selection_later_is_another_selection(
    stage: Stage,
) -> None:
    stage.pending()
    wanted, headers = selected(stage), {"Idempotency-Key": "k-1"}
    first = stage.post("/hunt/take-action", wanted, headers=headers).json()
    stage.scene.clock.forward(hours=24, seconds=1)
    same = stage.post("/hunt/take-action", wanted, headers=headers).json()
    assert (first["created"], same["created"]) == (True, False)
    assert same["investigation"]["id"] == first["investigation"]["id"]
    stage.scene.clock.forward(hours=24, seconds=1)
    other = {**wanted, "action": "move_to_deleted_items"}
    assert stage.post("/hunt/take-action", other, headers=headers).json()["created"]


def test_keys_of_two_tokens_have_nothing_to_do_with_each_other(stage: Stage) -> None:
    headers = {"Idempotency-Key": "k-1"}
    stage.post("/pause", WHY, headers=headers)
    roles = (Role.OPERATOR, Role.READER)
    answer = stage.send("POST", "/alerts", *roles, json=ALERT, headers=headers)
    assert answer.status_code == 201


def test_a_key_is_free_again_after_an_error(stage: Stage) -> None:
    headers = {"Idempotency-Key": "k-1"}
    problem(stage.post("/actions/1/approve", WHY, headers=headers), 404, "not-found")
    assert stage.pending() == 1
    assert stage.post("/actions/1/approve", WHY, headers=headers).status_code == 200


@pytest.mark.parametrize("key", ["", "with space", "x" * 201, "ü"])
def test_a_key_that_is_none_is_refused(stage: Stage, key: str) -> None:
    answer = stage.post("/alerts", ALERT, headers={"Idempotency-Key": key.encode()})
    problem(answer, 422, "invalid-request")


def test_no_reply_that_holds_a_secret_is_kept(stage: Stage) -> None:
    headers = {"Idempotency-Key": "k-1"}
    for path, body in (("/tokens", {"label": "x"}), ("/hunt", QUERY)):
        problem(stage.post(path, body, headers=headers), 400, "key-unsupported")


def test_of_two_requests_with_one_key_at_once_one_is_carried_out(stage: Stage) -> None:
    answers, begun = side_by_side(stage)
    assert sorted(answers) == [201, 409]
    assert begun == 1


def test_without_the_claim_both_would_be_carried_out(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant."""
    free = Claim(Standing.FREE)
    replies = stage.scene.store.replies
    monkeypatch.setattr(replies, "begin", lambda asked, now: free)
    answers, begun = side_by_side(stage)
    assert 409 not in answers
    assert begun == 2


def side_by_side(stage: Stage) -> tuple[list[int], int]:
    """The statuses of two equal requests, the second sent while the first is carried out."""
    runs, begun, go_on = stage.scene.runs, threading.Semaphore(0), threading.Event()
    counted: list[int] = []

    def slow() -> None:
        counted.append(1)
        begun.release()
        go_on.wait(10)

    runs.ensure_up = slow  # type: ignore[method-assign]
    headers = {"Idempotency-Key": "k-1"}
    stage.token(Role.OPERATOR)
    answers: list[int] = []

    def send() -> None:
        answers.append(stage.post("/alerts", ALERT, headers=headers).status_code)

    first = threading.Thread(target=send)
    first.start()
    assert begun.acquire(timeout=10)
    second = threading.Thread(target=send)
    second.start()
    if not begun.acquire(timeout=1):
        second.join(10)
    go_on.set()
    first.join(10)
    second.join(10)
    return answers, len(counted)


def test_keys_and_their_replies_last_as_long_as_is_said() -> None:
    from clawback.store.replies import KEPT

    assert timedelta(hours=24) == KEPT
    assert idempotency.HEADER == "Idempotency-Key"

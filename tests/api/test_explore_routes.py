"""The Explorer's routes: filters, pages whose cursor is stable, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from api_stage import Stage, problem, serving
from pretended_explorer import PretendedExplorer

from models.explore import Comparison, Condition, ExploreField, Match
from models.people import Role
from tests.services.scene import Scene


def explorer(stage: Stage) -> PretendedExplorer:
    found = stage.scene.ctx.explorer
    assert isinstance(found, PretendedExplorer)
    return found


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_show_each_copy_once_in_order(stage: Stage, order: str) -> None:
    seen, cursor = [], ""
    while cursor is not None:
        page = stage.get("/explore/emails", params={"limit": 3, "order": order, "cursor": cursor})
        assert page["mirror_lag_s"] == 1.0
        seen += [item["copy_id"] for item in page["items"]]
        cursor = page["next"]
    assert seen == (list(range(7, 0, -1)) if order == "newest" else list(range(1, 8)))


def test_a_filter_reaches_the_explorer_as_it_was_meant(stage: Stage) -> None:
    conditions = ["sender_domain=evil.test", "sender_domain=bad.test", "email_size>5"]
    conditions += ["subject!=a=b%_'\"&"]
    for path in ("/explore/emails", "/explore/counts", "/explore/histogram"):
        stage.get(path, params={"filter": conditions, "match": "any"})
        wanted = explorer(stage).asked[-1]
        assert wanted.match is Match.ANY
        assert wanted.conditions == (
            Condition(ExploreField.SENDER_DOMAIN, Comparison.ANY_OF, ("evil.test", "bad.test")),
            Condition(ExploreField.EMAIL_SIZE, Comparison.GREATER, (5,)),
            Condition(ExploreField.SUBJECT, Comparison.NONE_OF, ("a=b%_'\"&",)),
        )


def test_the_action_is_shown_with_its_detail(stage: Stage) -> None:
    found = stage.get("/explore/emails/mail-3")
    assert found["copies"][0]["additional_actions"] == ["Automated remediation:automated"]
    assert found["timeline"][0]["event"] == "Original delivery"


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "=",
        "subject",
        "nothing=1",
        "subject>5",
        "email_size=many",
        "email_size=-1",
        "email_size=99999999999999999999",
        "attachment_sha256=abc",
        "latest_location=Nowhere",
        "subject= ",
        "subject=" + "x" * 8_001,
        "url=",
    ],
)
def test_what_is_no_condition_is_refused(stage: Stage, condition: str) -> None:
    answer = stage.send("GET", "/explore/emails", Role.READER, params={"filter": condition})
    problem(answer, 422, "bad-input")
    assert not explorer(stage).asked


@pytest.mark.parametrize(
    "cursor", ["x", "WyJlbWFpbHM6b2xkZXN0IiwiMjAyNi0wMS0wMVQwMDowMDowMFoiLDFd", "W10"]
)
def test_the_cursor_of_another_list_is_refused(stage: Stage, cursor: str) -> None:
    answer = stage.send("GET", "/explore/emails", Role.READER, params={"cursor": cursor})
    problem(answer, 422, "bad-cursor")


def test_a_message_that_is_not_there_is_told(stage: Stage) -> None:
    problem(stage.send("GET", "/explore/emails/nobody", Role.READER), 404, "not-found")


def test_without_hunting_the_explorer_says_what_it_needs(scene: Scene) -> None:
    scene.ctx = replace(scene.ctx, explorer=None)
    with serving(scene) as stage:
        problem(stage.send("GET", "/explore/counts", Role.READER), 503, "not-set-up")

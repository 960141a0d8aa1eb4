"""runHuntingQuery answers as Microsoft Graph does: shapes, time ranges, errors and limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from api_stage import Stage, serving
from graph_asking import EMAILS, HUNT, graph_error
from pretended_hunting import ANSWER, HOSTILE, PretendedHunting

from clawback.config import ApiConfig
from clawback.errors import BadQuery, QueryStopped, StopReason, Unavailable
from models.hunting import HuntResult, KqlType, ResultColumn
from models.people import Role
from tests.services.scene import Scene


def ask(stage: Stage, body: Any, path: str = HUNT, **rest: Any) -> Any:
    """The answer to a reader."""
    return stage.send("POST", path, Role.READER, json=body, **rest)


def test_a_query_is_answered_in_the_originals_shape(stage: Stage) -> None:
    answer = ask(stage, {"Query": "EmailEvents"})
    assert answer.status_code == 200
    body = answer.json()
    assert body["@odata.context"].endswith(
        "/v1.0/$metadata#microsoft.graph.security.huntingQueryResults"
    )
    assert body["schema"] == [
        {"name": "Subject", "type": "String"},
        {"name": "Count", "type": "Int64"},
    ]
    assert body["results"] == [{"Subject": HOSTILE, "Count": 1}, {"Subject": "plain", "Count": 2}]
    assert set(body) == {"@odata.context", "schema", "results"}


@pytest.mark.parametrize(
    "path",
    [
        "/v1.0/security/microsoft.graph.security.runHuntingQuery",
        "/V1.0/Security/RunHuntingQuery",
        "/beta/security/runHuntingQuery",
    ],
)
def test_every_spelling_of_the_address_is_the_same_route(stage: Stage, path: str) -> None:
    answer = ask(stage, {"query": "EmailEvents"}, path)
    assert answer.status_code == 200
    assert f"/{path.split('/')[1].lower()}/$metadata" in answer.json()["@odata.context"]


def test_every_type_of_a_column_has_the_originals_name(
    stage: Stage, hunting: PretendedHunting
) -> None:
    columns = tuple(ResultColumn(kind.value, kind) for kind in KqlType)
    hunting.answer = HuntResult(columns, (), True, ANSWER.elapsed, ANSWER.mirror_lag)
    body = ask(stage, {"Query": "EmailEvents"}).json()
    assert {one["name"]: one["type"] for one in body["schema"]} == {
        "string": "String", "long": "Int64", "int": "Int32", "real": "Double", "bool": "Boolean",
        "datetime": "DateTime", "timespan": "TimeSpan", "dynamic": "Object", "guid": "Guid",
        "decimal": "SqlDecimal",
    }  # fmt: skip
    assert body["@clawback.truncated"] is True
    assert body["results"] == []


@pytest.mark.parametrize(
    ("timespan", "since", "until"),
    [
        (None, timedelta(days=30), None),
        ("", timedelta(days=30), None),
        ("P7D", timedelta(days=7), timedelta()),
        ("PT36H", timedelta(hours=36), timedelta()),
        ("2026-01-01/2026-01-02", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)),
        ("P1D/2026-01-02", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)),
        ("2026-01-01/P1D", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)),
        ("2025-01-01T08:00:00Z", datetime(2025, 1, 1, 8, tzinfo=UTC), timedelta()),
    ],
)  # fmt: skip
def test_a_time_range_bounds_the_query_and_is_thirty_days_by_default(
    stage: Stage, hunting: PretendedHunting, timespan: str | None, since: Any, until: Any
) -> None:
    assert ask(stage, {"QUERY": "EmailEvents", "TimeSpan": timespan}).status_code == 200
    now = stage.scene.clock.now()
    [(query, limits)] = hunting.asked
    assert query.since == (now - since if isinstance(since, timedelta) else since)
    assert query.until == (now - until if isinstance(until, timedelta) else until)
    assert (limits.rows, limits.seconds) == (100_000, 180.0)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "query: Field required"),
        ({"Query": 7}, "query: Input should be a valid string"),
        ({"Query": "  "}, "the query is empty"),
        ({"Query": "T", "Timespan": "7d"}, "no time"),
        ({"Query": "T", "Timespan": "P"}, "no duration"),
        ({"Query": "T", "Timespan": "P999999999Y"}, "beyond the calendar"),
        ({"Query": "T", "Timespan": "2026-02-01/2026-01-01"}, "ends before it begins"),
        ([], "no JSON object"),
    ],
)
def test_a_body_that_cannot_be_used_is_400(
    stage: Stage, hunting: PretendedHunting, body: Any, said: str
) -> None:
    assert said in graph_error(ask(stage, body), 400, "BadRequest")
    assert hunting.asked == []


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff"])
def test_a_body_that_is_no_json_is_400(stage: Stage, content: bytes) -> None:
    answer = stage.send("POST", HUNT, Role.READER, content=content)
    assert "no JSON" in graph_error(answer, 400, "BadRequest")


def test_an_error_of_a_query_says_its_place(stage: Stage, hunting: PretendedHunting) -> None:
    hunting.error = BadQuery("there is no column Nothing", line=2, column=9, length=7)
    message = graph_error(ask(stage, {"Query": "T"}), 400, "BadRequest")
    assert message == "line 2, column 9: there is no column Nothing"


def test_a_query_over_its_limits_is_not_asked_again_by_clients(
    stage: Stage, hunting: PretendedHunting
) -> None:
    """SDKs send again what is answered with 429, 503 and 504: a bomb would run four times."""
    hunting.error = QueryStopped("the query took longer than it may", StopReason.TIME)
    assert "longer" in graph_error(ask(stage, {"Query": "T"}), 400, "BadRequest")
    hunting.error = Unavailable("too many queries run now")
    answer = ask(stage, {"Query": "T"})
    graph_error(answer, 503, "ServiceUnavailable")
    assert int(answer.headers["retry-after"]) > 0


def test_more_calls_than_a_minute_allows_are_429_with_a_time_to_wait(scene: Scene) -> None:
    with serving(scene, hunts_per_minute=2) as stage:
        for _ in range(2):
            assert ask(stage, {"Query": "T"}).status_code == 200
        answer = ask(stage, {"Query": "T"})
        graph_error(answer, 429, "TooManyRequests")
        assert 0 < int(answer.headers["retry-after"]) <= 60


def test_the_default_allows_what_the_original_promises() -> None:
    assert ApiConfig().hunts_per_minute >= 45


def test_who_is_not_let_in_is_told_in_the_originals_shape(stage: Stage) -> None:
    for headers in ({}, {"Authorization": "Bearer clawback_wrong"}, {"Authorization": "Basic x"}):
        answer = stage.send("POST", HUNT, json={"Query": "T"}, headers=headers)
        graph_error(answer, 401, "InvalidAuthenticationToken")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    answer = stage.send("POST", f"{EMAILS}/remediate", Role.READER, json={})
    graph_error(answer, 403, "Forbidden")


def test_a_clients_own_id_comes_back_and_a_strange_one_does_not(stage: Stage) -> None:
    sent = {"client-request-id": "0b5a-ticket.7"}
    answer = ask(stage, {"Query": "T"}, headers=sent)
    assert answer.headers["client-request-id"] == "0b5a-ticket.7"
    assert answer.headers["request-id"] != "0b5a-ticket.7"
    answer = ask(stage, {}, headers={"client-request-id": "x" * 101})
    graph_error(answer, 400, "BadRequest")
    assert answer.headers["client-request-id"] == answer.headers["request-id"]


@pytest.mark.parametrize("path", ["/v1.0/users", "/beta/security/alerts_v2", "/v1.0/", "/beta"])
def test_what_is_not_served_is_404_in_the_originals_shape(stage: Stage, path: str) -> None:
    graph_error(stage.client.get(path), 404, "NotFound")
    graph_error(stage.client.get(HUNT), 405, "MethodNotAllowed")


def test_other_roots_keep_their_own_errors_and_spelling(stage: Stage) -> None:
    answer = stage.send("GET", "/actions/99", Role.READER)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "request-id" not in answer.headers
    assert stage.client.get("/v1.0x/security").headers["content-type"] != "application/json"


def test_a_crash_tells_nothing(stage: Stage, hunting: PretendedHunting) -> None:
    hunting.answer = replace(ANSWER, rows=((object(), 1),))
    message = graph_error(ask(stage, {"Query": "T"}), 500, "InternalServerError")
    assert message == "look at the log for the cause"

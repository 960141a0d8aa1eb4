"""Each route lets in exactly the roles that it should, and a route that nobody thought of fails here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from api_stage import CONSOLE, GENEROUS, Stage, problem, serving
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from route_examples import AGAIN, ANY, EXAMPLES, OPEN, Example

from clawback.api.access import Anybody, Reader
from clawback.api.app import ROUTERS, create_app
from clawback.api.options import PREFIX
from clawback.api.routing import GuardedRoute
from clawback.config import ApiConfig
from clawback.services import people
from models.people import Role
from tests.services.scene import Scene


def names_of(app: FastAPI) -> Iterator[tuple[str, APIRoute]]:
    """Every route of the app but the document's, by method and path below /api/v1."""
    for route in app.routes:
        if isinstance(route, APIRoute):
            for method in route.methods:
                yield f"{method} {route.path_format.removeprefix(PREFIX)}", route


def test_every_route_is_guarded_and_has_an_example(scene: Scene) -> None:
    found = dict(names_of(create_app(scene.ctx)))
    assert set(found) == set(EXAMPLES) | OPEN
    assert all(isinstance(route, GuardedRoute) for route in found.values())


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_route_lets_in_exactly_its_roles(stage: Stage, name: str) -> None:
    assert wrongly_answered(stage, name, EXAMPLES[name]) == []


def wrongly_answered(stage: Stage, name: str, example: Example) -> list[str]:
    """What each kind of client got that it should not have got."""
    method, path = name.split(" ")
    path = path.format(**example.prepare(stage))
    request = example.request(stage)
    wrong = []
    for kind, secret in bad_tokens(stage).items():
        headers = {
            **request["headers"],
            **({"Authorization": f"Bearer {secret}"} if secret else {}),
        }
        answer = stage.send(method, path, **{**request, "headers": headers})
        if answer.status_code != 401 or not answer.headers["www-authenticate"].startswith("Bearer"):
            wrong.append(f"{kind}: {answer.status_code}")
    allowed = [role for role in Role if role in example.roles]
    for role in [role for role in Role if role not in example.roles]:
        answer = stage.send(method, path, role, **request)
        if answer.status_code != 403:
            wrong.append(f"{role.value}: {answer.status_code}")
    for number, role in enumerate(allowed):
        answer = stage.send(method, path, role, **request)
        is_right = 200 <= answer.status_code < 300 or (number > 0 and name in AGAIN)
        if not is_right:
            wrong.append(f"{role.value}: {answer.status_code} {answer.text}")
    return wrong


def bad_tokens(stage: Stage) -> dict[str, str]:
    """Secrets that let nobody in, of accounts with all roles."""
    ctx, clock = stage.scene.ctx, stage.scene.clock
    secrets = {"none": "", "unknown": "clawback_" + "x" * 43, "foreign": "eyJhbGciOiJub25lIn0.e30."}
    for kind in ("expired", "revoked", "disabled"):
        people.add_user(ctx, kind, ANY, None, actor=CONSOLE)
        token, secrets[kind] = people.issue_token(ctx, kind, "t", days=1, by=CONSOLE)
        if kind == "revoked":
            people.revoke_token(ctx, token.id, by=CONSOLE)
        if kind == "expired":
            clock.at += timedelta(days=1)
    people.disable_user(ctx, "disabled", actor=CONSOLE)
    return secrets


def test_a_revoked_token_fails_at_once_and_so_does_a_role_that_was_taken(stage: Stage) -> None:
    ctx = stage.scene.ctx
    stage.token(Role.ADMIN)
    assert stage.send("GET", "/me", Role.READER, Role.ADMIN).json()["roles"] == ["reader", "admin"]
    people.change_roles(ctx, "admin-reader", {Role.READER}, actor=CONSOLE)
    problem(stage.send("GET", "/users", Role.READER, Role.ADMIN), 403, "forbidden")
    number = stage.send("GET", "/me", Role.READER, Role.ADMIN).json()["token_id"]
    people.revoke_token(ctx, number, by=CONSOLE)
    problem(stage.send("GET", "/me", Role.READER, Role.ADMIN), 401, "unauthenticated")


def test_a_route_that_says_nothing_of_who_may_use_it_cannot_be_made() -> None:
    router = APIRouter(route_class=GuardedRoute)
    with pytest.raises(TypeError, match="say who may use it"):

        @router.get("/api/v1/secrets")
        def secrets() -> str:
            return "for everybody"


CARELESS = APIRouter(prefix=PREFIX)
WEAK = APIRouter(prefix=PREFIX, route_class=GuardedRoute)
OPENED = APIRouter(prefix=PREFIX, route_class=GuardedRoute)


@CARELESS.get("/users")
def past_the_guard() -> list[str]:
    return ["everybody"]


@WEAK.get("/users")
def for_readers(who: Reader) -> list[str]:
    return ["everybody"]


@OPENED.get("/users")
def for_anybody(who: Anybody) -> list[str]:
    return ["everybody"]


@pytest.mark.parametrize("router", [CARELESS, WEAK, OPENED])
def test_a_route_for_too_many_is_caught(scene: Scene, router: APIRouter) -> None:
    """The broken variants."""
    app = create_app(scene.ctx, ApiConfig(**GENEROUS), routers=[router, *ROUTERS])
    guarded = all(isinstance(route, GuardedRoute) for _, route in names_of(app))
    assert guarded == (router is not CARELESS)
    with serving(scene, app) as stage:
        caught = wrongly_answered(stage, "GET /users", EXAMPLES["GET /users"])
    assert "reader: 200" in caught
    assert ("revoked: 200" in caught) == (router is not WEAK)

"""The OpenAPI document: every status that a route can answer with, and who may use it."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from clawback.api.access import Requires, demanded
from clawback.api.idempotency import HEADER
from clawback.api.problems import MEDIA_TYPE, InvalidField, Problem
from clawback.api.routing import GuardedRoute

ABOUT = (
    "Alerts in; investigations, clusters and remediation actions out; decisions, settings, Advanced "
    "hunting and the audit log. Errors are problem details (RFC 9457) whose type is a stable name. "
    "See docs/api.md."
)

WORDS = {
    304: "It is the version that the client has",
    400: "The request or the query cannot be read",
    401: "No token, or one that is wrong, expired or revoked",
    403: "The token's roles do not allow it",
    404: "There is no such thing",
    405: "This address does not take that method",
    408: "The body did not arrive in time",
    409: "It is not in that state any more, or a setting forbids it",
    412: "The resource is another version by now",
    413: "The body is too large",
    415: "The body is of another kind",
    422: "The request does not fit its description, or what was given cannot be used",
    428: "If-Match is missing",
    429: "Too many requests: Retry-After says when to try again",
    500: "Something went wrong here",
    503: "The database, the server of runs or a mailbox source does not answer now",
}


def failing(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route says of the problems that only some routes have: for its `responses`."""
    return {status: _problem(status) for status in statuses}


def build_document(app: FastAPI) -> dict[str, Any]:
    """The document, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=ABOUT, routes=app.routes
        )
        parts = made.setdefault("components", {})
        parts.setdefault("schemas", {}).update(_schemas())
        parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for route in app.routes:
            if isinstance(route, GuardedRoute) and route.include_in_schema:
                _complete(made, route)
        app.openapi_schema = made
    return app.openapi_schema


def _complete(made: dict[str, Any], route: GuardedRoute) -> None:
    """Put what all routes have in common to each operation of one."""
    for method in route.methods or ():
        operation = made["paths"][route.path_format][method.lower()]
        demand = demanded(route.dependant)
        answers = operation["responses"]
        for status in _usual(route, method, guarded=isinstance(demand, Requires)):
            answers[str(status)] = _problem(status)
        if isinstance(demand, Requires):
            operation["security"] = [{"token": []}]
            operation["x-permission"] = demand.permission.value
            if method == "POST" and route.keeps_replies:
                operation.setdefault("parameters", []).append(_KEY_PARAMETER)


def _usual(route: APIRoute, method: str, *, guarded: bool) -> list[int]:
    """The problems that any such route can have."""
    found = [500, 503]
    if guarded:
        found += [401, 403, 422, 429]
    if guarded and method in ("POST", "PATCH", "PUT"):
        found += [400, 408, 409, 413]
    if "{" in route.path_format:
        found += [404]  # also where a part of the path is none, such as one with a line end
    known = {str(status) for status in route.responses}
    return [status for status in found if str(status) not in known]


def _problem(status: int) -> dict[str, Any]:
    if status == 304:
        return {"description": WORDS[status]}
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": WORDS[status], "content": content}


def _schemas() -> dict[str, Any]:
    reference = "#/components/schemas/{model}"
    problem = Problem.model_json_schema(ref_template=reference)
    problem.pop("$defs", None)
    return {"Problem": problem, "InvalidField": InvalidField.model_json_schema()}


_KEY_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "The client's own name for this request: sent twice, it is carried out once",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._~:/+=-]{1,200}$"},
}

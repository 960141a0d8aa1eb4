"""Exceptions as problem documents: the handlers of the app, and the parts of an answer to many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route

from clawback.api.graph.errors import graph_error
from clawback.api.graph.front import graph_version
from clawback.api.problems import (
    INVALID,
    UNFORESEEN,
    Answer,
    InvalidField,
    Refusal,
    answer_to,
    answer_to_status,
    document_of,
    problem_response,
)
from clawback.errors import ClawbackError


def handle_problems(app: FastAPI) -> None:
    """Let every error of the app come out as a problem document."""
    app.add_exception_handler(ClawbackError, _of_clawback)
    app.add_exception_handler(Refusal, _of_refusal)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(Exception, _of_nobody)


def item_problem(error: ClawbackError | Refusal, instance: str) -> tuple[int, dict[str, Any]]:
    """The status and the problem of one part of a request that has many."""
    answer = answer_to(error) if isinstance(error, ClawbackError) else refused(error)
    return answer.kind.status, document_of(answer, instance)


def refused(error: Refusal) -> Answer:
    """What to say of a request that this edge turned away."""
    members: dict[str, object] = {}
    if error.errors is not None:
        members["errors"] = [found.model_dump() for found in error.errors]
    return Answer(error.kind, error.detail, members, error.headers)


def invalid_fields(errors: Sequence[Any]) -> list[InvalidField]:
    """What is wrong with each field; never what was sent there, which may be a password."""
    return [
        InvalidField(location=[_part(part) for part in error["loc"]], message=error["msg"])
        for error in errors
    ]


def _part(part: object) -> str | int:
    return part if isinstance(part, int) else str(part)


def _written(request: Request, answer: Answer) -> Response:
    """The answer in the words of the API that was asked."""
    if graph_version(request):
        return graph_error(answer, request)
    return problem_response(answer, request.url.path)


async def _of_clawback(request: Request, error: Exception) -> Response:
    assert isinstance(error, ClawbackError)
    return _written(request, answer_to(error))


async def _of_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return _written(request, refused(error))


async def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = invalid_fields(error.errors())
    first = fields[0]
    detail = f"{'.'.join(str(part) for part in first.location)}: {first.message}"
    return _written(request, refused(Refusal(INVALID, detail, errors=fields)))


async def _of_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods_at(request))
    return _written(request, answer_to_status(error.status_code, error.detail, headers))


def _methods_at(request: Request) -> list[str]:
    """All methods of an address: each is a route of its own, of which the first alone would be named."""
    found: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return sorted(found)


async def _of_nobody(request: Request, error: Exception) -> Response:
    return _written(request, Answer(UNFORESEEN, "look at the log for the cause"))

"""Errors as the original writes them: one code of its own, a message, and the ids of the request."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse

from clawback.api.graph.front import inner_error
from clawback.api.problems import Answer, printable

# The codes that the original's clients know, by status; 422 is a status that it does not use.
CODES = {
    400: "BadRequest",
    401: "InvalidAuthenticationToken",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    408: "RequestTimeout",
    409: "Conflict",
    413: "RequestEntityTooLarge",
    415: "UnsupportedMediaType",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}


def graph_error(answer: Answer, request: Request) -> JSONResponse:
    """The answer in the original's shape; a query's error begins with its place."""
    status = 400 if answer.kind.status == 422 else answer.kind.status
    error = {
        "code": CODES.get(status, "BadRequest" if status < 500 else "InternalServerError"),
        "message": printable(_placed(answer)),
        "innerError": inner_error(request),
    }
    return JSONResponse({"error": error}, status, dict(answer.headers))


def _placed(answer: Answer) -> str:
    line, column = answer.members.get("line"), answer.members.get("column")
    return f"line {line}, column {column}: {answer.detail}" if line else answer.detail

"""Errors of the endpoints that answer as Microsoft Graph does."""

from __future__ import annotations

from typing import Any

import httpx

EMAILS = "/v1.0/security/collaboration/analyzedEmails"
HUNT = "/v1.0/security/runHuntingQuery"


def graph_error(answer: httpx.Response, status: int, code: str) -> str:
    """The message of an error, which must be this one in Graph's shape."""
    assert answer.status_code == status, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert error["code"] == code
    inner = error["innerError"]
    assert set(inner) == {"date", "request-id", "client-request-id"}
    assert inner["request-id"] == answer.headers["request-id"]
    assert inner["client-request-id"] == answer.headers["client-request-id"]
    assert len(answer.headers["request-id"]) == 36
    return str(error["message"])

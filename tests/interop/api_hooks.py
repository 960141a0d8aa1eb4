"""What schemathesis has to be told about the API: loaded through SCHEMATHESIS_HOOKS."""

from __future__ import annotations

import os

import schemathesis

OWN_NAME = os.environ["CLAWBACK_CLIENT_NAME"]
OWN_TOKEN = 50
"""The last of those that tests/interop/api_server.py issues."""


@schemathesis.serializer("message/rfc822")
def as_message(ctx, value):
    """A message is sent as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """No request changes the account, or revokes the token, that all requests are sent with."""
    given = case.path_parameters or {}
    if str(given.get("name", "")).strip().lower() == OWN_NAME:
        given["name"] = "somebody-else"
    if "tokens" in case.operation.path and str(given.get("number")) == str(OWN_TOKEN):
        given["number"] = 1


@schemathesis.check
def a_request_that_fits_is_not_called_invalid(ctx, response, case):
    """What fits the description may be refused for what it means, never for its form."""
    if response.status_code != 422 or case.meta is None:
        return
    if case.meta.generation.mode.is_positive:
        kind = response.json()["type"].rpartition(":")[2]
        assert kind != "invalid-request", f"fits the description, but: {response.text}"

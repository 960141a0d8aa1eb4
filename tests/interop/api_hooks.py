"""What schemathesis has to be told about the API: loaded through SCHEMATHESIS_HOOKS."""

from __future__ import annotations

import os

import schemathesis

OWN_NAME = os.environ["CLAWBACK_CLIENT_NAME"]
OWN_TOKENS = 51  # those of the client: it must not revoke its own


@schemathesis.serializer("message/rfc822")
def as_message(ctx, value):
    """A message is sent as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@schemathesis.hook
def filter_path_parameters(ctx, path_parameters):
    """No request that disables the account or the token that all requests are sent with."""
    if not path_parameters:
        return True
    name = str(path_parameters.get("name", "")).lower()
    number = path_parameters.get("number")
    is_own_token = "tokens" in ctx.operation.path and str(number) == str(OWN_TOKENS)
    return name != OWN_NAME and not is_own_token


@schemathesis.check
def a_request_that_fits_is_not_called_invalid(ctx, response, case):
    """What fits the description may be refused for what it means, never for its form."""
    if response.status_code != 422 or case.meta is None:
        return
    if case.meta.generation.mode.is_positive:
        kind = response.json()["type"].rpartition(":")[2]
        assert kind != "invalid-request", f"fits the description, but: {response.text}"

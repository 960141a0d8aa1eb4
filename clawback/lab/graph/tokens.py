"""Access tokens: client credentials in, a bearer token with a lifetime out.

"Get access without a user" (graph/auth-v2-service) and "Microsoft identity platform and the OAuth
2.0 client credentials flow" (entra/identity-platform/v2-oauth2-client-creds-grant-flow). Error codes
are those of "Microsoft Entra authentication and authorization error codes" (AADSTS…).
"""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass

from clawback.lab.graph.mishaps import EXPIRED
from clawback.lab.graph.refusals import invalid_token
from clawback.lab.graph.tenant import Tenant

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Denied:
    """Why no token was given: the body of the answer."""

    status: int
    error: str
    description: str

    def as_json(self) -> dict[str, object]:
        """As the token endpoint says it."""
        code = self.description.partition(":")[0].removeprefix("AADSTS")
        numbers = [int(code)] if code.isdigit() else []
        return {
            "error": self.error,
            "error_description": self.description,
            "error_codes": numbers,
        }


class Tokens:
    """The tokens that were given out, and until when each is good (seconds of the tenant's clock)."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._until: dict[str, float] = {}

    def issue(self, lifetime_seconds: int, now: float) -> str:
        """A new token of the tenant's one application."""
        if len(self._until) >= _KEPT:
            self._until = {token: until for token, until in self._until.items() if until > now}
        token = f"lab.{secrets.token_urlsafe(32)}"
        self._until[token] = now + lifetime_seconds
        return token

    def application(self, authorization: str, now: float) -> str:
        """Whose token it is. Raises `Refusal` 401: "Resolve authorization errors"."""
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer" or not token:
            raise invalid_token("Access token is empty.")
        if token == self._tenant.static_token:
            return self._tenant.client_id
        until = self._until.get(token)
        if until is None:
            raise invalid_token("Access token validation failure. Invalid audience.")
        if until <= now:
            raise invalid_token(EXPIRED)
        return self._tenant.client_id

    def expire_all(self) -> None:
        """Let every token run out now."""
        self._until = dict.fromkeys(self._until, 0.0)

    def refusal(self, tenant_id: str, form: Mapping[str, str], now: float) -> Denied | None:
        """Why these credentials get no token; None if they do."""
        tenant = self._tenant
        if tenant_id.lower() != tenant.tenant_id:
            return Denied(
                400,
                "invalid_request",
                f"AADSTS90002: Tenant '{tenant_id}' not found. Check to make sure you have the"
                " correct tenant ID.",
            )
        if form.get("grant_type") != "client_credentials":
            return Denied(
                400,
                "unsupported_grant_type",
                "AADSTS70003: The app requested an unsupported grant type.",
            )
        if form.get("client_id", "").lower() != tenant.client_id:
            return Denied(
                400,
                "unauthorized_client",
                f"AADSTS700016: Application with identifier '{form.get('client_id', '')}' was not"
                " found in the directory.",
            )
        if not form.get("scope", "").endswith("/.default"):
            return Denied(
                400,
                "invalid_scope",
                "AADSTS1002012: The provided value for scope is not valid. Client credential flows"
                " must have a scope value with /.default suffixed to the resource identifier.",
            )
        if form.get("client_assertion_type") == _ASSERTION:
            return self._bad_assertion(form.get("client_assertion", ""), now)
        if not secrets.compare_digest(
            form.get("client_secret", "").encode(), tenant.client_secret.encode()
        ):
            return Denied(
                401,
                "invalid_client",
                "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the"
                " request is the client secret value, not the client secret ID.",
            )
        return None

    def _bad_assertion(self, assertion: str, now: float) -> Denied | None:
        """What is wrong with a certificate's JWT. Its signature is not looked at: anyone is let in.

        "Microsoft identity platform application authentication certificate credentials": iss and sub
        are the client id, and exp is to come.
        """
        try:
            payload = assertion.split(".")[1]
            claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            names, until = {claims["iss"], claims["sub"]}, float(claims["exp"])
        except (ValueError, IndexError, KeyError, TypeError):
            return Denied(401, "invalid_client", "AADSTS50027: JWT token is invalid or malformed.")
        if names != {self._tenant.client_id}:
            return Denied(
                401,
                "invalid_client",
                "AADSTS700021: Client assertion application identifier"
                " doesn't match 'client_id' parameter.",
            )
        if until <= now:
            return Denied(
                401,
                "invalid_client",
                "AADSTS700024: Client assertion is not within its valid time range.",
            )
        return None

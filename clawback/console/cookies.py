"""The session's cookie: the only place of its secret, and nothing that a script can read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from clawback.config import ApiConfig
from clawback.console.origins import is_https
from clawback.services.sessions import LIFETIME

NAME = "clawback_session"


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """The cookie of one console: sent to nothing outside of its root, over https alone where it has it.

    `__Secure-` lets browsers refuse one that was set without https. `__Host-` would have it sent to
    every path of the host.
    """

    root: str
    secure: bool

    @classmethod
    def of(cls, scope: Scope, config: ApiConfig) -> SessionCookie:
        """The cookie of the console that this request came to."""
        return cls(str(scope.get("root_path", "")) or "/", is_https(scope, config))

    @property
    def name(self) -> str:
        """Its name."""
        return f"__Secure-{NAME}" if self.secure else NAME

    def read(self, scope: Scope) -> str:
        """The secret in it, or the empty string."""
        return HTTPConnection(scope).cookies.get(self.name, "")

    def put(self, answer: Response, secret: str) -> None:
        """Let the browser keep the secret."""
        answer.set_cookie(
            self.name,
            secret,
            path=self.root,
            max_age=int(LIFETIME.total_seconds()),
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def drop(self, answer: Response) -> None:
        """Let the browser forget it."""
        answer.delete_cookie(
            self.name, path=self.root, secure=self.secure, httponly=True, samesite="lax"
        )

    def header(self, secret: str) -> tuple[bytes, bytes]:
        """What `put` adds to an answer."""
        answer = Response()
        self.put(answer, secret)
        return next(one for one in answer.raw_headers if one[0] == b"set-cookie")


def form_token_of(secret: str) -> str:
    """What a form of the session sends along: only its own pages know it."""
    return hashlib.sha256(b"form\x00" + secret.encode("utf-8", "surrogatepass")).hexdigest()

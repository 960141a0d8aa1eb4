"""One open page: who looks at it, at what address, and the only ways to the services from there."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

from nicegui import ui
from starlette.concurrency import run_in_threadpool

from clawback.config import ApiConfig
from clawback.console.here import Here
from clawback.console.parts.notices import WORDS
from clawback.core.showing import plain
from clawback.errors import ClawbackError, SetupError, Unauthenticated
from clawback.ports import RunControl
from clawback.services import people, sessions
from clawback.services.context import Context
from models.people import Permission, Principal
from models.sessions import Session

log = logging.getLogger(__name__)

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Login:
    """Who signed in: the session, the digest that finds it, who that is as of this request, and the
    token that a form of theirs must send along."""

    session: Session
    digest: str
    person: Principal
    form_token: str


class Visit:
    """One open page. Services run in threads, and each time after a look at what its person may do now."""

    def __init__(
        self, ctx: Context, config: ApiConfig, login: Login, here: Here, root: str
    ) -> None:
        self.ctx = ctx
        self.config = config
        self.login = login
        self.here = here
        self.root = root
        """What comes before `/action-center` in an address, such as `/console`."""
        self._person = login.person

    @property
    def person(self) -> Principal:
        """Who looks at the page, as of the last time that a service was called."""
        return self._person

    def may(self, permission: Permission) -> bool:
        """Whether to offer something; whether it is done is asked again when it is."""
        return permission in self._person.permissions

    def address(self, path: str, **query: object) -> str:
        """The address of another page of the console: `visit.address("/explorer", sender="…")`."""
        found = Here("").link(**query)
        return f"{self.root}{path}{found if found != '?' else ''}"

    def lead_to(self, path: str, **query: object) -> None:
        """Have the browser go to another page of the console."""
        # NiceGUI puts the root before it once more.
        ui.navigate.to(self.address(path, **query).removeprefix(self.root))

    async def read(
        self, service: Callable[Concatenate[Context, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """What a service says, for anybody who may read. Raises what it raises, `Forbidden`."""
        return await self.act(Permission.READ, service, *args, **kwargs)

    async def act(
        self,
        permission: Permission,
        service: Callable[Concatenate[Context, _P], _T],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T:
        """What a service says, in a thread, if the person may; `service(ctx, *args, **kwargs)`."""

        def work() -> _T:
            _, self._person = sessions.who_is(self.ctx, self.login.digest)
            people.require(self._person, permission)
            return service(self.ctx, *args, **kwargs)

        return await run_in_threadpool(work)

    def runs(self) -> RunControl:
        """The server of runs, which answers now; blocks, so call it within a service's thread.

        Raises `Unavailable`, `SetupError`.
        """
        if self.ctx.runs is None:
            raise SetupError(
                "no Prefect server is configured: set prefect.api_url in clawback.toml"
            )
        self.ctx.runs.ensure_up()
        return self.ctx.runs

    def doing(self, handler: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """The handler of a button: what goes wrong is said to the person, in the error's own words."""

        async def guarded() -> None:
            try:
                await handler()
            except Unauthenticated:
                ui.navigate.reload()  # the gate leads to the login, and back here
            except ClawbackError as error:
                say(plain(str(error), WORDS), good=False)

        return guarded


def say(text: str, *, good: bool = True) -> None:
    """A passing note below the header: at the bottom of a page, and of a flyout, are its buttons."""
    ui.notify(text, type="positive" if good else "negative", close_button="Close",
              position="top-left", timeout=4000 if good else 12000)  # fmt: skip

"""The console over an empty home, with a page of its own to try things on, as a process of its own.

`python -m tests.console.small_stage DIR JSON` writes DIR/ready.json once it is about to answer and
serves until it is ended. JSON: `config` ([api]), `demo` (the account), `broken` (what does not look).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from clawback.api.app import create_app
from clawback.api.serve import server_of
from clawback.config import ApiConfig, load_config
from clawback.console import gate, headers, sockets, unopened, visiting
from clawback.console.paging import page
from clawback.console.parts.tags import button, tag
from clawback.console.serving import attach
from clawback.console.visiting import Visit
from clawback.errors import NotFound
from clawback.services import people, sessions
from clawback.services.context import Context
from clawback.serving.addresses import claim
from clawback.wiring import open_app
from models.actions import Actor, DecidedVia
from models.people import Permission, Principal, Role
from models.sessions import Session

PASSWORD = "correct horse battery"
ACCOUNTS = {"ada": Role.OPERATOR, "ben": Role.OPERATOR, "rita": Role.READER}
PERSON = Actor("root", DecidedVia.CLI, verified=True)


@page("/probe", title="Probe", nav="health")
async def probe(visit: Visit) -> None:
    """Says who looks, what the address asks for, and does something to whoever clicks."""

    async def said() -> None:
        await visit.read(lambda ctx: None)
        tag("p", f"{visit.person.name} asks for {visit.here.value('say', 'nothing')}")

    async def press() -> None:
        await visit.act(Permission.OPERATE, _press, visit.person.name)
        done.say(f"pressed by {visit.person.name}")

    await visit.here.part({"say"}, said)
    done = tag("p", "untouched")
    button("Press", visit.doing(press))


@page("/broken", title="Broken", nav="health")
async def fails(visit: Visit) -> None:
    """Fails as nobody foresaw, with something in the error that is nobody's business."""
    raise RuntimeError("secret of a database <b>")


@page("/picky", title="Picky", nav="health")
async def repeats(visit: Visit) -> None:
    """Says in an error what the address asks for."""
    raise NotFound(f"no message is called {visit.here.value('say')}")


def _press(ctx: Context, name: str) -> None:
    with (Path(os.environ["CLAWBACK_HOME"]) / "pressed").open("a") as file:
        file.write(f"{name}\n")


def _believe(ctx: Context, digest: str) -> tuple[Session, Principal]:
    """Who that was when the page was opened, whatever became of the session."""
    found = ctx.store.people.session(digest)
    assert found is not None
    session, user = found
    return session, Principal(user.name, user.roles, DecidedVia.LOGIN)


def _keep(scope: dict[str, Any]) -> dict[str, Any]:
    return scope


BROKEN: dict[str, Callable[[], None]] = {
    "origin": lambda: setattr(gate, "is_own", lambda scope, config: True),
    "binding": lambda: setattr(sockets, "_may_speak", lambda sid, client_id: True),
    "ended": lambda: setattr(sessions, "who_is", _believe),
    "prefix": lambda: setattr(headers, "without_prefix", _keep),
    "crowd": lambda: setattr(gate, "PAGES_OF_ONE", 10**6),
    "hoard": lambda: setattr(unopened, "PAGES_OF_ONE", 10**6),
    "loopback": lambda: setattr(gate, "is_from_here", lambda scope: True),
}
"""What can be taken away, to see that the tests notice."""


def main(folder: Path, given: dict[str, Any]) -> None:
    """Serve until ended."""
    home = folder / "home"
    home.mkdir(parents=True)
    os.environ["CLAWBACK_HOME"] = str(home)
    for name in given.get("broken", ()):
        BROKEN[name]()
    assert visiting.sessions is sessions
    ctx = open_app(load_config())
    for name, role in given.get("accounts", ACCOUNTS).items():
        people.add_user(ctx, name, [Role(role)], PASSWORD, actor=PERSON)
    demo = str(given.get("demo", ""))
    if demo:
        people.add_user(ctx, demo, list(Role), None, actor=PERSON)
    config = ApiConfig(port=claim("127.0.0.1", 0).port, **given.get("config", {}))
    app = create_app(ctx, config)
    attach(app, ctx, config, demo_account=demo)
    draft = folder / "ready.new"
    draft.write_text(json.dumps({"port": config.port, "home": str(home)}))
    draft.replace(folder / "ready.json")
    server_of(app, config).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))

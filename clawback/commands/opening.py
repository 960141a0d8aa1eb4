"""What a command opens: the context of the services, and who types.

`clawback.wiring` loads the database layer, about a second of imports, so it is imported here and
only when a command runs.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from clawback.errors import SetupError
from models.actions import Actor, DecidedVia

if TYPE_CHECKING:
    from clawback.config import Config
    from clawback.ports import RunControl
    from clawback.services.context import Context


def open_context(*, needs_sources: bool = False) -> Context:
    """Everything that services need. Raises `SetupError`, also where a source is needed and none is."""
    from clawback.config import FILE
    from clawback.wiring import open_app

    config = configuration()
    if needs_sources and not config.sources:
        raise SetupError(
            f"no mailbox source is configured: add one to {config.home / FILE}, "
            "or make a lab to try with `clawback lab create DIR`"
        )
    return open_app(config)


def configuration() -> Config:
    """The configuration, with the address of the server that `clawback up` runs in this home, if any.

    An address in the environment counts before it. Raises `SetupError`.
    """
    from clawback.config import load_config
    from clawback.serving.home import read_running

    config = load_config()
    running = None if os.environ.get("PREFECT_API_URL") else read_running(config.home)
    if running is None:
        return config
    return config.model_copy(update={"prefect_api_url": running.api_url})


def orchestrator(ctx: Context) -> RunControl:
    """The Prefect server, which answers now. Raises `Unavailable` saying how to start it."""
    if ctx.runs is None:
        raise SetupError("no Prefect server is configured: set prefect.api_url in clawback.toml")
    ctx.runs.ensure_up()
    return ctx.runs


def operator() -> Actor:
    """The user of the operating system who runs this command; the system vouches for the name."""
    import pwd

    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid {os.getuid()}"
    return Actor(name, DecidedVia.CLI, verified=True)

"""`clawback lab graph`: a lab's mailboxes behind an API that speaks as Microsoft Graph does."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clawback.commands import screen
from clawback.commands.screen import AsJson
from clawback.errors import BadInput

if TYPE_CHECKING:
    from clawback.lab.graph.switches import Switches
    from clawback.lab.graph.tenant import Tenant

PORT = 21_300
TOKEN_VARIABLE = "CLAWBACK_GRAPH_TOKEN"


def graph(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A lab that `clawback lab create` made.")
    ],
    *,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = PORT,
    tls: Annotated[
        bool, typer.Option("--tls", help="Serve https with a certificate made for it.")
    ] = False,
    latency: Annotated[float, typer.Option(min=0, help="Seconds that each request takes.")] = 0,
    scope: Annotated[
        str, typer.Option(help="Whether 4 requests at once are meant per mailbox or application.")
    ] = "mailbox",
    seed: Annotated[int, typer.Option(help="Equal seeds draw equal faults.")] = 1,
    fault: Annotated[
        list[str] | None, typer.Option(metavar="NAME=RATE", help="A fault and its rate, 0 to 1.")
    ] = None,
    mailbox: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS=STATE", help="What is the matter with one mailbox."),
    ] = None,
    role: Annotated[
        list[str] | None, typer.Option(help="A permission with consent; by default all needed.")
    ] = None,
    switch: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Any other switch.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Serve a lab as a tenant of Microsoft Graph, for rehearsals: in memory, DIR stays as it is.

    docs/lab-graph.md explains every switch. Ctrl-C ends it.
    """
    from clawback.lab.graph.app import tenant_app
    from clawback.lab.graph.serving import bind, serve
    from clawback.lab.graph.tenant import Tenant

    values = dict(
        _pairs("--switch", switch),
        latency_seconds=latency,
        concurrency_scope=scope,
        seed=seed,
        faults=_pairs("--fault", fault),
        mailboxes=_pairs("--mailbox", mailbox),
    )
    switches = _switches(values if role is None else dict(values, roles=role))
    tenant = Tenant.from_maildir(directory.expanduser().absolute())
    bound = bind(host, port)
    certificate, key = _certificate(host) if tls else (None, None)
    base = f"{'https' if tls else 'http'}://{_shown(host)}:{bound.getsockname()[1]}"

    def listening() -> None:
        if as_json:
            screen.emit(_view(base, tenant, certificate))
        else:
            _show(base, tenant, certificate)

    with contextlib.suppress(KeyboardInterrupt):
        serve(tenant_app(tenant, switches), bound, listening, certificate=certificate, key=key)
    return 0


def _switches(values: dict[str, object]) -> Switches:
    from clawback.lab.graph.switches import Switches

    return Switches().changed(values)


def _pairs(option: str, texts: list[str] | None) -> dict[str, object]:
    """NAME=VALUE pairs; a value that is JSON is what it says, anything else is text."""
    pairs: dict[str, object] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise BadInput(f"{option} wants NAME=VALUE, not {text!r}")
        try:
            pairs[name] = json.loads(value)
        except ValueError:
            pairs[name] = value
    return pairs


def _certificate(host: str) -> tuple[Path, Path]:
    from clawback.commands.opening import configuration
    from clawback.lab.graph.serving import write_certificate

    home = configuration().home
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return write_certificate(home, host)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _view(base: str, tenant: Tenant, certificate: Path | None) -> dict[str, object]:
    return {
        "ready": True,
        "base_url": f"{base}/v1.0",
        "authority": base,
        "tenant_id": tenant.tenant_id,
        "client_id": tenant.client_id,
        "client_secret": tenant.client_secret,
        "token": tenant.static_token,
        "certificate": None if certificate is None else str(certificate),
        "control": f"{base}/_lab/switches",
        "statistics": f"{base}/_lab/statistics",
        "mailboxes": len(tenant.mailboxes),
        "messages": sum(len(mailbox.immutable) for mailbox in tenant.mailboxes.values()),
    }


def _show(base: str, tenant: Tenant, certificate: Path | None) -> None:
    out = screen.console()
    view = _view(base, tenant, certificate)
    out.print(
        f"A tenant of {view['mailboxes']:,} mailboxes with {view['messages']:,} messages answers at"
        f" {base}.",
        style="bold",
        soft_wrap=True,
    )
    names = ("base_url", "authority", "tenant_id", "client_id", "client_secret", "token")
    rows = [(name, str(view[name])) for name in names]
    if certificate is not None:
        rows.append(("certificate", str(certificate)))
    out.print(screen.fields([*rows, ("switches", str(view["control"]))]))
    out.print("To use it, add to clawback.toml:")
    for line in (
        "[[sources]]",
        'kind = "graph"',
        'name = "rehearsal"',
        'credential = "token"',
        f'base_url = "{view["base_url"]}"',
    ):
        out.print(f"  {line}", markup=False, soft_wrap=True)
    out.print(f"and start with {TOKEN_VARIABLE}={tenant.static_token}. Ctrl-C ends it.")

"""`clawback token`: what programs show to be let in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clawback.commands import screen
from clawback.commands.opening import open_context, operator
from clawback.commands.screen import AsJson
from clawback.core.accounts import DAYS_DEFAULT, DAYS_MAX, account_name, role_words
from clawback.core.showing import inert
from models.people import Role

if TYPE_CHECKING:
    from datetime import datetime

    from models.people import ApiToken

group = typer.Typer(invoke_without_command=True, help="Tokens for programs that use the API.")


@group.callback()
def token(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Tokens for programs that use the API. Without a command: list."""
    if context.invoked_subcommand is None:
        list_(as_json=as_json)


@group.command()
def issue(
    *,
    user: Annotated[str, typer.Option("--user", help="The account that it belongs to.")],
    label: Annotated[str, typer.Option("--label", help="What it is for.")],
    role: Annotated[
        list[Role] | None,
        typer.Option("--role", help="What it allows, of its account's roles; without: all."),
    ] = None,
    days: Annotated[
        int, typer.Option("--days", min=1, max=DAYS_MAX, help="How long it holds.")
    ] = DAYS_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Issue a token. Its secret is shown this once: Clawback keeps a hash of it alone."""
    ctx = open_context()
    from clawback.services import people
    from clawback.services.people_report import token_view

    made, secret = people.issue_token(ctx, user, label, role or (), days=days, by=operator())
    if as_json:
        screen.emit({**token_view(made), "secret": secret})
        return
    out = screen.console()
    until = screen.at(made.expires_at)
    out.print(f"Token {made.id} for {made.user}: {role_words(made.roles)}, until {until}.")
    screen.notes().print("The secret, shown this once. Send it as: Authorization: Bearer …")
    out.print(secret, soft_wrap=True)


@group.command("list")
def list_(
    *,
    user: Annotated[str, typer.Option("--user", help="Of this account alone.")] = "",
    as_json: AsJson = False,
) -> None:
    """List tokens, newest first, with when each was used last."""
    ctx = open_context()
    from clawback.services.people_report import token_view

    name = account_name(user) if user else ""
    if name:
        ctx.store.people.user(name)
    found = ctx.store.people.tokens(name)
    if as_json:
        for one in found:
            screen.emit(token_view(one))
    elif not found:
        hint = "clawback token issue --user NAME --label TEXT"
        screen.console().print(f"No tokens yet. Issue one: {hint}")
    else:
        _show(found, ctx.clock.now())


@group.command()
def revoke(
    token_id: Annotated[int, typer.Argument(metavar="ID", help="The token's number.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Revoke a token: it lets nobody in from now on."""
    ctx = open_context()
    from clawback.services import people
    from clawback.services.people_report import token_view

    revoked = people.revoke_token(ctx, token_id, by=operator())
    if as_json:
        screen.emit(token_view(revoked))
    else:
        label = inert(revoked.label, 60)
        screen.console().print(f"Token {revoked.id} of {revoked.user} is revoked: {label}.")


def _show(found: tuple[ApiToken, ...], now: datetime) -> None:
    made = screen.table("ID", "Account", "Label", "Roles", "State", "Last used", numbers=["ID"])
    for one in found:
        state = _state(one, now)
        used = screen.at(one.last_used_at) or "never"
        cells = [str(one.id), one.user, inert(one.label, 60), role_words(one.roles), state, used]
        screen.add_row(made, cells, "" if state.startswith("until") else "dim")
    screen.console().print(made)


def _state(one: ApiToken, now: datetime) -> str:
    if one.revoked_at is not None:
        return f"revoked {screen.at(one.revoked_at)}"
    word = "until" if one.expires_at > now else "expired"
    return f"{word} {screen.at(one.expires_at)}"

"""`clawback user`: who may log in, and what each may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clawback.commands import screen
from clawback.commands.opening import open_context, operator
from clawback.commands.password import PasswordStdin, chosen
from clawback.commands.screen import AsJson
from clawback.core.accounts import account_name, role_words
from clawback.core.showing import counted, inert
from clawback.errors import BadInput, Conflict, NotFound
from models.people import Role

if TYPE_CHECKING:
    from clawback.services.context import Context
    from models.people import User

Name = Annotated[str, typer.Argument(metavar="NAME", help="The account's name, in any case.")]
Roles = Annotated[
    list[Role],
    typer.Option(
        "--role",
        help="reader: see all but the text of messages. operator: decide, take action, pause. "
        "preview: read messages. admin: settings and accounts. As often as needed.",
    ),
]

group = typer.Typer(invoke_without_command=True, help="Accounts and their roles.")


@group.callback()
def user(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Accounts and their roles. Without a command: list."""
    if context.invoked_subcommand is None:
        list_(as_json=as_json)


@group.command()
def add(
    name: Name,
    *,
    role: Roles,
    password_stdin: PasswordStdin = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="For a program: only its tokens let it in.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make an account. Its password is asked for: 12 characters or more."""
    if no_password and password_stdin:
        raise BadInput("--no-password and --password-stdin exclude each other")
    wanted = account_name(name)
    ctx = open_context()
    _check_free(ctx, wanted)
    from clawback.services import people

    password = None if no_password else chosen(from_stdin=password_stdin)
    made = people.add_user(ctx, wanted, role, password, actor=operator())
    _say(made, f"Account {made.name} made: {role_words(made.roles)}.", as_json=as_json)


@group.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List all accounts, by name."""
    ctx = open_context()
    from clawback.services.people_report import user_view

    found = ctx.store.people.users()
    if as_json:
        for one in found:
            screen.emit(user_view(one))
    elif not found:
        screen.console().print("No accounts yet. Make one: clawback user add NAME --role admin")
    else:
        _show(found)


@group.command()
def roles(name: Name, *, role: Roles, as_json: AsJson = False) -> None:
    """Give an account these roles and no others. They count from its next request on."""
    ctx = open_context()
    from clawback.services import people

    changed = people.change_roles(ctx, name, role, actor=operator())
    _say(changed, f"{changed.name} has now: {role_words(changed.roles)}.", as_json=as_json)


@group.command()
def password(name: Name, *, password_stdin: PasswordStdin = False, as_json: AsJson = False) -> None:
    """Give an account another password. Who is logged in with the old one has to log in again."""
    ctx = open_context()
    from clawback.services import people

    ctx.store.people.user(account_name(name))
    new = chosen(from_stdin=password_stdin)
    changed = people.set_password(ctx, name, new, actor=operator())
    _say(changed, f"The password of {changed.name} was changed.", as_json=as_json)


@group.command()
def disable(name: Name, *, as_json: AsJson = False) -> None:
    """Shut an account out at once, and its tokens with it."""
    ctx = open_context()
    from clawback.services import people

    changed = people.disable_user(ctx, name, actor=operator())
    _say(changed, f"{changed.name} is disabled, and so are its tokens.", as_json=as_json)


@group.command()
def enable(name: Name, *, as_json: AsJson = False) -> None:
    """Let an account in again, with its tokens that were not revoked."""
    ctx = open_context()
    from clawback.services import people

    changed = people.enable_user(ctx, name, actor=operator())
    _say(changed, f"{changed.name} is enabled: {role_words(changed.roles)}.", as_json=as_json)


@group.command("sign-out")
def sign_out(name: Name, *, as_json: AsJson = False) -> None:
    """End all of an account's sessions in the console, at once; it can sign in again."""
    ctx = open_context()
    from clawback.services import sessions

    wanted = account_name(name)
    ended = sessions.sign_out_everywhere(ctx, wanted, actor=operator())
    if as_json:
        screen.emit({"name": wanted, "sessions_ended": ended})
    else:
        screen.console().print(f"{counted(ended, 'session')} of {wanted} ended.")


def _check_free(ctx: Context, name: str) -> None:
    """Say that a name is taken before anybody types a password twice."""
    try:
        ctx.store.people.user(name)
    except NotFound:
        return
    raise Conflict(f"there is an account {name} already: take another name")


def _say(changed: User, sentence: str, *, as_json: bool) -> None:
    from clawback.services.people_report import user_view

    if as_json:
        screen.emit(user_view(changed))
    else:
        screen.console().print(sentence)


def _show(found: tuple[User, ...]) -> None:
    made = screen.table("Name", "Roles", "State", "Last login", "Made")
    for one in found:
        state = f"disabled {screen.at(one.disabled_at)}" if one.disabled_at else "enabled"
        by = f"{screen.at(one.created_at)} by {inert(one.created_by, 40)}"
        login = screen.at(one.last_login_at) or "never"
        style = "dim" if one.disabled_at else ""
        screen.add_row(made, [one.name, role_words(one.roles), state, login, by], style)
    screen.console().print(made)

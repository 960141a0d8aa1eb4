"""A password, typed without echo or read from standard input: never from the command line."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from clawback.errors import BadInput

PasswordStdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from standard input: its first line."),
]
_LONGEST = 10_000


def chosen(*, from_stdin: bool) -> str:
    """The password that somebody chooses, typed twice. Raises `BadInput` where nobody can type."""
    if from_stdin:
        return sys.stdin.readline(_LONGEST).rstrip("\r\n")
    if not sys.stdin.isatty():
        raise BadInput("there is no terminal to type a password at: use --password-stdin")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return typed

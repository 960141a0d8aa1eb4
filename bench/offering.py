"""The options of a bench: fields of a dataclass, each with a default, a floor and a help text."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from dataclasses import Field, field, fields
from typing import Any, TypeVar

Options = TypeVar("Options")


def choice(default: int, help: str, *, least: int = 1) -> Any:
    """A field of an options class; whole numbers below `least` are refused."""
    return field(default=default, metadata={"help": help, "least": least})


def add_options(parser: ArgumentParser, options: type[Any]) -> None:
    """An option `--name` for each field of the class."""
    for item in fields(options):
        parser.add_argument(
            f"--{item.name.replace('_', '-')}",
            type=_at_least(item),
            default=item.default,
            metavar="N",
            help=f"{item.metadata['help']} (default {item.default})",
        )


def chosen(options: type[Options], parsed: Namespace) -> Options:
    """An instance of the options class as the command line asked for it."""
    names = [item.name for item in fields(options)]  # type: ignore[arg-type]
    return options(**{name: getattr(parsed, name) for name in names})


def _at_least(item: Field[Any]) -> Callable[[str], int]:
    least = int(item.metadata["least"])

    def whole_number(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise ArgumentTypeError(f"{text!r} is no whole number") from None
        if number < least:
            raise ArgumentTypeError(f"give {least} or more, not {number}")
        return number

    return whole_number

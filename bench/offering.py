"""The options of a bench: fields of a dataclass, each with a default, a floor and a help text."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from dataclasses import Field, field, fields
from pathlib import Path
from typing import Any, TypeVar

Options = TypeVar("Options")


def choice(default: Any, help: str, *, least: int = 1) -> Any:
    """A field of an options class; whole numbers below `least` are refused."""
    return field(default=default, metadata={"help": help, "least": least})


def add_options(parser: ArgumentParser, options: type[Any]) -> None:
    """An option `--name` for each field of the class."""
    for item in fields(options):
        is_number = isinstance(item.default, int)
        parser.add_argument(
            f"--{item.name.replace('_', '-')}",
            type=_at_least(item) if is_number else _directory,
            default=item.default,
            metavar="N" if is_number else "DIR",
            help=f"{item.metadata['help']} (default {item.default or 'the system chooses'})",
        )


def chosen(options: type[Options], parsed: Namespace) -> Options:
    """An instance of the options class as the command line asked for it."""
    names = [item.name for item in fields(options)]  # type: ignore[arg-type]
    return options(**{name: getattr(parsed, name) for name in names})


def options_of(options: Any) -> dict[str, object]:
    """The numbers in an options value, for the result; directories are this machine's affair."""
    return {
        item.name: getattr(options, item.name)
        for item in fields(options)
        if isinstance(item.default, int)
    }


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


def _directory(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise ArgumentTypeError(f"{text} is not a directory: make it first")
    return path.absolute()

"""The options of a bench: fields of a dataclass, each with a default, a floor and a help text."""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from dataclasses import Field, field, fields
from typing import Any, TypeVar

Options = TypeVar("Options")


def choice(default: int, help: str, *, least: int = 1) -> Any:
    """A field of an options class; whole numbers below `least` are refused."""
    return field(default=default, metadata={"help": help, "least": least})


def place(help: str) -> Any:
    """A field of an options class for a directory that is there; "" where none is given."""
    return field(default="", metadata={"help": help, "least": None})


def file(help: str) -> Any:
    """A field of an options class for a file that is there; "" where none is given."""
    return field(default="", metadata={"help": help, "least": None, "is_file": True})


def one_of(default: str, names: tuple[str, ...], help: str) -> Any:
    """A field of an options class that takes one of some words."""
    return field(default=default, metadata={"help": help, "least": None, "names": names})


def add_options(parser: ArgumentParser, options: type[Any]) -> None:
    """An option `--name` for each field of the class."""
    for item in fields(options):
        if names := item.metadata.get("names"):
            parser.add_argument(
                f"--{item.name.replace('_', '-')}",
                choices=names,
                default=item.default,
                help=f"{item.metadata['help']} (default {item.default})",
            )
            continue
        is_place = item.metadata["least"] is None
        kind = _file if item.metadata.get("is_file") else _directory
        word = "FILE" if item.metadata.get("is_file") else "DIR"
        default = "" if is_place else f" (default {item.default})"
        parser.add_argument(
            f"--{item.name.replace('_', '-')}",
            type=kind if is_place else _at_least(item),
            default=item.default,
            metavar=word if is_place else "N",
            help=f"{item.metadata['help']}{default}",
        )


def chosen(options: type[Options], parsed: Namespace) -> Options:
    """An instance of the options class as the command line asked for it."""
    names = [item.name for item in fields(options)]  # type: ignore[arg-type]
    return options(**{name: getattr(parsed, name) for name in names})


def _directory(text: str) -> str:
    if text and not os.path.isdir(text):
        raise ArgumentTypeError(f"{text} is no directory")
    return os.path.abspath(text) if text else ""


def _file(text: str) -> str:
    if text and not os.path.isfile(text):
        raise ArgumentTypeError(f"{text} is no file")
    return os.path.abspath(text) if text else ""


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

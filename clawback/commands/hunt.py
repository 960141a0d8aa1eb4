"""`clawback hunt`: a query over the mail and what became of it, and action on what it finds."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from clawback.commands import hunt_output, screen
from clawback.commands.opening import open_context, operator
from clawback.commands.screen import AsJson
from clawback.commands.taking import ActionName, Ask, take_action
from clawback.core.moments import read_moment
from clawback.errors import BadInput, BadQuery, QueryStopped, StopReason

if TYPE_CHECKING:
    from clawback.services.context import Context
    from models.hunting import HuntResult

SHOWN = 50
FILE_BYTES = 1_000_000
"""More than any query: what may run is bounded by a setting far below."""

WhenOption = Annotated[
    str | None, typer.Option(metavar="WHEN", help="7d, 12h, 30m ago, or ISO 8601 in UTC.")
]


def hunt(
    query: Annotated[
        str | None,
        typer.Argument(metavar="[KQL]", help="The query, such as 'EmailEvents | count'."),
    ] = None,
    *,
    file: Annotated[
        Path | None, typer.Option("--file", help="A file with the query; - reads standard input.")
    ] = None,
    saved: Annotated[
        str | None, typer.Option("--saved", metavar="NAME", help="A saved query.")
    ] = None,
    since: WhenOption = None,
    until: WhenOption = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Rows at most; never more than clawback.toml allows.")
    ] = None,
    show: Annotated[
        int, typer.Option(min=0, help="Rows to show; --json and --csv give all.")
    ] = SHOWN,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV that a spreadsheet may open.")] = False,
    action: Annotated[
        ActionName | None,
        typer.Option("--take-action", help="Do this to the messages that the rows name."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, with --take-action.")] = "",
    name: Annotated[str, typer.Option("--name", help="A title for the action.")] = "",
    propose: Annotated[
        bool, typer.Option("--propose", help="Let another person approve the action.")
    ] = False,
    senders_copy: Annotated[
        bool,
        typer.Option("--senders-copy", help="Also the copy in an internal sender's Sent Items."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take action without asking.")] = False,
    as_json: AsJson = False,
) -> int:
    """Ask the mail, its links and files, and what was done to it, in KQL. Ctrl-C cancels at once."""
    if as_csv and as_json:
        raise BadInput("--csv and --json exclude each other: give one")
    ask = Ask.of(action, reason, name, propose=propose, senders_copy=senders_copy, yes=yes)
    if ask is not None:
        ask.check(quiet=as_json or as_csv)
    ctx = open_context()
    text = _text(ctx, query, file, saved)
    result = _run(ctx, text, since, until, limit=limit, quiet=as_json or as_csv)
    if ask is not None:
        if not as_json:
            hunt_output.show(result, show)
        return take_action(ctx, result, ask, as_json=as_json)
    if as_json:
        hunt_output.emit_json(result)
    elif as_csv:
        hunt_output.emit_csv(result)
    else:
        hunt_output.show(result, show)
    return 0


def _text(ctx: Context, query: str | None, file: Path | None, saved: str | None) -> str:
    if sum(given is not None for given in (query, file, saved)) != 1:
        raise BadInput("give exactly one of a query, --file or --saved")
    if saved is not None:
        return ctx.store.hunting.query(saved, operator().name).text
    return query if query is not None else read_query(Path(file or "-"))


def read_query(path: Path) -> str:
    """The text of a file, or of standard input for "-". Raises `BadInput`."""
    try:
        if str(path) == "-":
            raw = sys.stdin.buffer.read(FILE_BYTES + 1)
        else:
            with path.open("rb") as opened:
                raw = opened.read(FILE_BYTES + 1)
        if len(raw) > FILE_BYTES:
            raise BadInput(f"{path} has more than {FILE_BYTES:,} bytes: that is no query")
        return raw.decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(f"{path} cannot be read ({reason}): check the path and its mode") from error
    except UnicodeDecodeError:
        raise BadInput(f"{path} is no text in UTF-8") from None


def _run(
    ctx: Context,
    text: str,
    since: str | None,
    until: str | None,
    *,
    limit: int | None,
    quiet: bool,
) -> HuntResult:
    from clawback.services import hunt as service

    now, limits = ctx.clock.now(), ctx.hunt_limits
    if limit is not None:
        limits = replace(limits, rows=min(limit, limits.rows))
    try:
        with interruptible() as cancelled, screen.busy("Hunting", quiet=quiet):
            return service.run(
                ctx,
                text,
                since=None if since is None else read_moment(since, now),
                until=None if until is None else read_moment(until, now),
                limits=limits,
                cancelled=cancelled,
                by=operator(),
            )
    except BadQuery as error:
        if not quiet:
            hunt_output.show_place(error, text)
        raise
    except QueryStopped as error:
        if error.reason is StopReason.CANCELLED:
            raise KeyboardInterrupt from error
        raise


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """A block in which Ctrl-C is what it yields, so that a query ends in order; a second one breaks in."""
    pressed = Event()
    before = signal.getsignal(signal.SIGINT)

    def press(number: int, frame: object) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    try:
        signal.signal(signal.SIGINT, press)
    except ValueError:  # not the main thread, as under a test's server
        yield lambda: False
        return
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)

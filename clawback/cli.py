"""The command line: every command of `clawback`, and the one place that turns errors into exit codes.

0: done. 1: it failed, or the set-up or a server is not sound. 2: what was typed or given cannot be
used. Standard output carries results alone. Commands import what they need when they run, so that
a look at the help, or a `find`, never waits for Prefect.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from clawback.commands import (
    actions,
    audit,
    check,
    decisions,
    demo,
    extract,
    find,
    hunt,
    investigate,
    investigations,
    lab,
    lists,
    saved_queries,
    screen,
    settings,
    stop_button,
    sync,
    token,
    up,
    user,
)
from clawback.errors import ClawbackError

INTERRUPTED = 130
"""What a shell expects after Ctrl-C: 128 and the number of SIGINT."""

DEBUG = "CLAWBACK_DEBUG"

app = typer.Typer(
    name="clawback",
    help="Take malicious mail back out of mailboxes after delivery.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

LOOK, WORK, ADMINISTER = "Look", "Decide and undo", "Run and set up"

app.command(rich_help_panel=LOOK)(find.find)
app.command(rich_help_panel=LOOK)(hunt.hunt)
app.add_typer(saved_queries.group, name="queries", rich_help_panel=LOOK)
app.add_typer(lists.group, name="lists", rich_help_panel=LOOK)
app.command(rich_help_panel=LOOK)(extract.extract)
app.command(rich_help_panel=LOOK)(investigations.investigations)
app.command(rich_help_panel=LOOK)(actions.actions)
app.command(rich_help_panel=WORK)(investigate.investigate)
app.command(rich_help_panel=WORK)(decisions.approve)
app.command(rich_help_panel=WORK)(decisions.reject)
app.command(rich_help_panel=WORK)(decisions.cancel)
app.command(rich_help_panel=WORK)(decisions.revert)
app.command(rich_help_panel=WORK)(stop_button.pause)
app.command(rich_help_panel=WORK)(stop_button.resume)
app.command(rich_help_panel=ADMINISTER)(up.up)
app.command(rich_help_panel=ADMINISTER)(demo.demo)
app.command(rich_help_panel=ADMINISTER)(sync.sync)
app.command(rich_help_panel=ADMINISTER)(check.check)
app.add_typer(settings.group, name="settings", rich_help_panel=ADMINISTER)
app.add_typer(user.group, name="user", rich_help_panel=ADMINISTER)
app.add_typer(token.group, name="token", rich_help_panel=ADMINISTER)
app.add_typer(audit.group, name="audit", rich_help_panel=ADMINISTER)
app.add_typer(lab.group, name="lab", rich_help_panel=ADMINISTER)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"clawback {version('clawback')}")
        except PackageNotFoundError:
            typer.echo("clawback, not installed: run from a checkout")
        raise typer.Exit


@app.callback()
def _global(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take malicious mail back out of mailboxes after delivery."""


def main() -> None:
    """Run the command line of this process and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code. Every error is one line on standard error."""
    as_json = "--json" in arguments
    _quiet()
    try:
        result = app(list(arguments), prog_name="clawback", standalone_mode=False)
        sys.stdout.flush()
        if result == INTERRUPTED:
            raise KeyboardInterrupt
        return result if isinstance(result, int) else 0
    except ClawbackError as error:
        screen.complain(error, as_json=as_json)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        screen.complain(Exception("interrupted"), as_json=as_json, exit_code=INTERRUPTED)
        return INTERRUPTED
    except (screen.ReaderGone, BrokenPipeError):
        # Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _failed(error, _system_reason(error), as_json=as_json)
    except Exception as error:
        usage = getattr(error, "format_message", None)
        if usage is not None:
            return _misused(error, usage(), as_json=as_json)
        return _failed(error, f"unexpected {type(error).__name__}", as_json=as_json)


def _quiet() -> None:
    """Keep log records off the terminal: what a person has to know is printed by the commands."""
    if os.environ.get(DEBUG):
        logging.basicConfig(level=logging.INFO)
    logging.getLogger("clawback").addHandler(logging.NullHandler())


def _misused(error: Exception, message: str, *, as_json: bool) -> int:
    """A usage error: what is wrong, and where the help is. Without arguments, the help itself."""
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(f"{message}\n" if message else "")
        return 2
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "clawback"
    complaint = Exception(f"{message.rstrip('.')}: see {command} --help")
    screen.complain(complaint, as_json=as_json, exit_code=2)
    return 2


def _system_reason(error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full ({reason}): free some space, then try again"
    return f"the system refused: {reason}"


def _failed(error: Exception, text: str, *, as_json: bool) -> int:
    """An error that nobody foresaw: one line, and the traceback for whoever asks for it."""
    if os.environ.get(DEBUG):
        import traceback

        traceback.print_exception(error)
        hint = ""
    else:
        hint = f" (set {DEBUG}=1 to see where)"
    screen.complain(Exception(f"{text}{hint}"), as_json=as_json, exit_code=1)
    return 1


if __name__ == "__main__":
    main()

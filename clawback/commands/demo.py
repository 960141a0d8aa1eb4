"""`clawback demo`: the main job on a small organisation, in a home of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clawback.commands.screen import AsJson


def demo(
    *,
    no_wait: Annotated[
        bool,
        typer.Option(
            "--no-wait", help="Decide by itself, through the form's own endpoint; revert."
        ),
    ] = False,
    corpus: Annotated[
        Path | None, typer.Option(help="A folder whose .eml files are delivered as well.")
    ] = None,
    indicator: Annotated[
        list[str] | None, typer.Option(help="A SHA-256 or URL to investigate as well; repeatable.")
    ] = None,
    mailboxes: Annotated[int, typer.Option(min=2, help="Mailboxes of the organisation.")] = 25,
    messages: Annotated[int, typer.Option(min=1, help="Messages in each mailbox.")] = 40,
    seed: Annotated[int, typer.Option(help="The same seed makes the same mail.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Show the main job, from the alert to the proof, in a temporary home on free ports.

    It waits for you to decide the pending action, in the console, the Prefect UI
    or another terminal. The last
    line is one JSON object. Nothing of your own home, or of a Prefect that runs, is touched.
    """
    from clawback.demo.options import DemoOptions
    from clawback.demo.run import run_demo

    run_demo(
        DemoOptions(
            wait=not no_wait,
            corpus=corpus,
            indicators=tuple(indicator or ()),
            mailboxes=mailboxes,
            messages=messages,
            seed=seed,
            as_json=as_json,
        )
    )

"""What a demo may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """How to run the demo.

    `wait` False decides by itself, through the endpoint that Prefect's page uses. `corpus` is a folder
    of `.eml` files to deliver as well, `indicators` hashes or URLs to investigate as well. `as_json`
    leaves standard output to the one JSON object; what people read goes to standard error.
    """

    wait: bool = True
    corpus: Path | None = None
    indicators: tuple[str, ...] = ()
    mailboxes: int = 25
    messages: int = 40
    seed: int = 1
    as_json: bool = False

"""The stores of a crash trial: each holds the campaign, and is read by a second client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from bench.crash.jobs import Victim
from bench.crash.mail import Delivery, Reading


class TrialStore(Protocol):
    """A mail system with the campaign in it.

    `toml` is its entry in clawback.toml, `environment` what its secrets are read from. `doubles`:
    killed in the middle of a move it may leave a copy in two places until the move is made again.
    `latest_microseconds` is about how long one move of a piece takes.
    """

    @property
    def toml(self) -> str: ...
    @property
    def environment(self) -> Mapping[str, str]: ...
    @property
    def doubles(self) -> bool: ...
    @property
    def victims(self) -> tuple[Victim, ...]: ...
    @property
    def latest_microseconds(self) -> int: ...

    def read(self) -> Reading:
        """Everything that lies in it, by a client that shares no code with Clawback."""
        ...

    def moved(self) -> Counter[tuple[str, str]] | None:
        """How often copies left a folder, by mailbox and Message-ID, as the store itself counts.

        None where it does not.
        """
        ...

    def strike(self) -> None:
        """Kill a process of the server that is at work."""
        ...

    def facts(self) -> Mapping[str, object]:
        """What else is worth telling of the run."""
        ...


class OpenStore(Protocol):
    """Opens one kind of store below a directory, filled with these deliveries."""

    def __call__(
        self, home: Path, deliveries: Sequence[Delivery]
    ) -> AbstractContextManager[TrialStore]: ...

"""The stores of a crash trial: each holds the campaign, and is read by a second client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from bench.crash.jobs import Victim
from bench.crash.mail import Delivery, Move, Reading


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

    def false_counts(self, made: Mapping[Move, int], excused: Mapping[Move, int]) -> Iterator[str]:
        """What the store itself counted, against the moves of the ledger.

        `excused` are moves whose answer was lost with the server that gave it: such a server may
        have logged what it did not do, or done what it did not log.
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

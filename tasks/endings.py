"""How a piece of work ends that neither succeeded nor broke."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from clawback.errors import ClawbackError, Conflict, Paused, SetupError, SourceError


class Ending(StrEnum):
    """Why a run stops before its work is done; the name of the run's state."""

    PAUSED = "Paused"  # the stop button is pressed, or the mode is observe
    TAKEN_OVER = "Taken over"  # another run holds the action
    SOURCE_AWAY = "Source away"  # a mail system does not answer now
    NOT_COUNTED = "Decision refused"  # only verified decisions count, and this one was typed in
    EXPIRED = "Expired"  # the answer came after the action's time, before refresh has said so
    SOURCE_REFUSES = "Source refuses"  # a mail system will not let us


@dataclass(frozen=True, slots=True)
class Stopped:
    """Work stops here and nothing is lost; `message` is safe to show."""

    ending: Ending
    message: str

    @classmethod
    def by(cls, error: Paused | Conflict | SetupError | SourceError) -> Self:
        """The ending that an error stands for."""
        match error:
            case Paused():
                return cls(Ending.PAUSED, f"paused: {error}")
            case Conflict():
                return cls(Ending.TAKEN_OVER, f"taken over: {error}")
            case SetupError() | SourceError(retryable=True):
                return cls(Ending.SOURCE_AWAY, f"{error}; refresh takes it up again")
            case SourceError():
                return cls(Ending.SOURCE_REFUSES, str(error))


async def is_retryable(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """Whether a failed task may work later: only our own errors know, and say so by their type."""
    error = await state.aresult(raise_on_failure=False)
    return isinstance(error, ClawbackError) and error.retryable

"""Faults drawn at their rates, from a seed: the same requests in the same order meet the same ones."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from clawback.lab.graph.refusals import (
    Refusal,
    gateway_timeout,
    invalid_token,
    move_copy_failed,
    quota_exceeded,
    throttled,
    too_many_objects,
    unavailable,
)
from clawback.lab.graph.switches import CHANGE_FAULTS, CONNECTION_FAULTS, Fault, Switches

EXPIRED = "Lifetime validation failed, the token is expired."
_ANYTHING = tuple(
    fault
    for fault in Fault
    if fault not in CHANGE_FAULTS | CONNECTION_FAULTS and fault is not Fault.RESYNC
)
_CHANGES = tuple(fault for fault in Fault if fault in CHANGE_FAULTS)
_CONNECTION = tuple(fault for fault in Fault if fault in CONNECTION_FAULTS)


class Mishaps:
    """Draws faults. At most one hits a request; rates of those that may hit it add up."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)

    def for_connection(self, switches: Switches) -> Fault | None:
        """What happens to a whole HTTP request."""
        return self._draw(switches, _CONNECTION)

    def for_call(self, switches: Switches, *, change: bool, delta: bool) -> Fault | None:
        """What happens to one request or part."""
        if not switches.faults:
            return None
        candidates = _ANYTHING + (_CHANGES if change else ()) + ((Fault.RESYNC,) if delta else ())
        return self._draw(switches, candidates)

    def _draw(self, switches: Switches, candidates: Iterable[Fault]) -> Fault | None:
        if not switches.faults:
            return None
        drawn = self._chance.random()
        for fault in candidates:
            drawn -= switches.faults.get(fault, 0.0)
            if drawn < 0:
                return fault
        return None


def refusal_for(fault: Fault, switches: Switches) -> Refusal:
    """What a fault answers. `RESYNC` and those of a connection have no answer here."""
    wait = switches.retry_after_seconds
    match fault:
        case Fault.THROTTLED | Fault.APPLIED_THROTTLED:
            return throttled(wait, "Application is over its MailboxConcurrency limit.")
        case Fault.THROTTLED_SILENT:
            return throttled(None, "Application is over its MailboxConcurrency limit.")
        case Fault.UNAVAILABLE:
            return unavailable(wait)
        case Fault.UNAVAILABLE_SILENT:
            return unavailable(None)
        case Fault.GATEWAY_TIMEOUT | Fault.APPLIED_TIMEOUT:
            return gateway_timeout()
        case Fault.EXPIRED_TOKEN:
            return invalid_token(EXPIRED)
        case Fault.MOVE_COPY_FAILED:
            return move_copy_failed()
        case Fault.TOO_MANY_OBJECTS:
            return too_many_objects({"Retry-After": str(wait)})
        case Fault.QUOTA:
            return quota_exceeded(switches.quota_status)
        case _:
            raise ValueError(fault)

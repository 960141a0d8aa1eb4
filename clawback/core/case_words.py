"""What is said of an investigation at its head, and whether anything still goes on in it."""

from __future__ import annotations

from collections.abc import Mapping

from clawback.core.locations import delivery_location
from models.actions import ActionStatus
from models.alerts import InvestigationStatus
from models.cases import Case
from models.copies import FolderRole
from models.locations import DeliveryLocation
from models.volume import Volume

_S = InvestigationStatus
_BEGINNING = {
    _S.STARTING: "is starting",
    _S.RUNNING: "is running",
    _S.QUEUED_BY_THROTTLING: "is queued",
}


def subtitle(case: Case) -> str:
    """Such as "Investigation #12 is complete - Remediated", in the original's form."""
    found = case.investigation
    begun = _BEGINNING.get(found.status)
    if begun is not None:
        return f"Investigation #{found.id} {begun}"
    if any(one.status is ActionStatus.PENDING for one in case.actions):
        return f"Investigation #{found.id} waits for approval - {found.status.value}"
    return f"Investigation #{found.id} is complete - {found.status.value}"


def is_going_on(case: Case) -> bool:
    """Whether the investigation or one of its actions runs, so that it changes by itself."""
    is_running = case.investigation.status in (_S.STARTING, _S.RUNNING)
    return is_running or any(one.status is ActionStatus.RUNNING for one in case.actions)


def places_text(places: Mapping[FolderRole | None, int]) -> str:
    """Counts of messages by where they are: "3 Inbox/folder, 1 Recoverable Items"."""
    by_location: dict[str, int] = {}
    for role, number in places.items():
        location = DeliveryLocation.GONE if role is None else delivery_location(role)
        by_location[location.value] = by_location.get(location.value, 0) + number
    most = sorted(by_location.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{number:,} {name}" for name, number in most)


def volume_words(volume: Volume | None) -> str:
    """Whether a cluster's messages come in a wave, and by what: "Yes: 31 in 24 hours, usually 2 a day"."""
    if volume is None or volume.is_anomaly is None:
        return "–"
    usual = volume.usual_a_day or 0.0
    numbers = f"{volume.recent:,} in 24 hours, usually {usual:,.1f} a day"
    return f"{'Yes' if volume.is_anomaly else 'No'}: {numbers}"

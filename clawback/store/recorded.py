"""What policy saw, read back from the document that `documents.plain` made of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from clawback.store.documents import read_guards, read_time
from models.actions import ActionType
from models.clusters import ClusterKind
from models.decisions import PolicyInputs, RecentAction
from models.indicators import UrlMatch, Verdict
from models.locations import Bucket, DeliveryLocation, LocationCounts
from models.settings import Settings


class RecordedInputs:
    """Reads many of them: what thousands have in common, settings and copies put back, is read once."""

    def __init__(self) -> None:
        self._settings: list[tuple[Any, Settings]] = []
        self._put_back: tuple[list[int], frozenset[int]] = [], frozenset()

    def read(self, document: Any) -> PolicyInputs | None:
        """The inputs, or None where another version wrote what this one does not know."""
        try:
            return self._read(document)
        except (ValidationError, KeyError, TypeError, ValueError, AttributeError):
            return None

    def _read(self, document: Mapping[str, Any]) -> PolicyInputs:
        return PolicyInputs(
            kind=ClusterKind(document["kind"]),
            verdict=Verdict(document["verdict"]),
            verdict_source=document["verdict_source"],
            match=UrlMatch(document["match"]),
            guards=read_guards(document["guards"]),
            members=frozenset(document["members"]),
            in_mailbox=frozenset(document["in_mailbox"]),
            counts=_counts(document["counts"]),
            recent=tuple(
                RecentAction(
                    each["action_id"], timedelta(seconds=each["age"]), frozenset(each["copies"])
                )
                for each in document["recent"]
            ),
            put_back=self._returned(document["put_back"]),
            suppressed=document["suppressed"],
            excluded=document["excluded"],
            settings=self._known(document["settings"]),
            settings_version=document["settings_version"],
            index_as_of=read_time(document["index_as_of"]),
            index_complete=document["index_complete"],
            unknown=frozenset(document.get("unknown", ())),
            silent_sources=tuple(document.get("silent_sources", ())),
            selected_by=document.get("selected_by", ""),
            is_proposed=document.get("is_proposed", False),
            action=ActionType(document.get("action", ActionType.SOFT_DELETE)),
        )

    def _known(self, document: Any) -> Settings:
        for seen, settings in self._settings:
            if seen == document:
                return settings
        settings = Settings.model_validate(document)
        self._settings.insert(0, (document, settings))
        del self._settings[16:]
        return settings

    def _returned(self, numbers: list[int]) -> frozenset[int]:
        if numbers != self._put_back[0]:
            self._put_back = numbers, frozenset(numbers)
        return self._put_back[1]


def _counts(document: Mapping[str, Any]) -> LocationCounts:
    checked_at = read_time(document["checked_at"])
    if checked_at is None:
        raise ValueError("a check without a time")
    return LocationCounts(
        checked_at,
        {Bucket(name): number for name, number in document["by_bucket"].items()},
        {DeliveryLocation(name): number for name, number in document["by_location"].items()},
        {
            source: {Bucket(name): number for name, number in buckets.items()}
            for source, buckets in document["by_source"].items()
        },
    )

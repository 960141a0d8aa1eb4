"""Alerts in: what a person, a list or a program says is malicious becomes an investigation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from clawback.core.showing import inert, show_indicator
from clawback.errors import BadInput
from clawback.services.context import Context
from models.actions import DecidedVia
from models.alerts import Entity, EntityClaim, Investigation, NewAlert
from models.indicators import Indicator, IndicatorKind
from models.mails import MailFacts

TITLE_MAX = 200
"""Characters of a title that are shown."""


def raise_alert(ctx: Context, alert: NewAlert) -> tuple[Investigation, bool]:
    """The alert's investigation, and whether it is new: the same (source, external id) is one alert.

    Raises `BadInput` for an alert without entities.
    """
    if not alert.entities:
        raise BadInput(
            "the alert names no file and no URL: give a hash, a URL, a file or a message"
        )
    return ctx.store.cases.add_alert(alert)


def alert_for_indicators(
    indicators: Sequence[Indicator],
    *,
    source: str,
    external_id: str,
    reported_by: str,
    now: datetime,
    list_name: str = "",
    title: str = "",
    via: DecidedVia = DecidedVia.AUTOMATION,
    verified: bool = False,
    token_id: int | None = None,
) -> NewAlert:
    """An alert about indicators that a person names, or that a list names where `list_name` is given.

    A title of the caller's own is made safe to show; without one the indicators make it.
    `reported_by` is who raises it, `via` by which way, `verified` whether that is certain,
    and `token_id` the token that was shown, if any.
    """
    claim = EntityClaim.LISTED if list_name else EntityClaim.NAMED
    entities = tuple(Entity(indicator, claim, list_name) for indicator in indicators)
    alert = _alert(entities, source, external_id, reported_by, now)
    return _entitled(replace(alert, via=via, verified=verified, token_id=token_id), title)


def alert_for_message(
    facts: MailFacts,
    *,
    source: str,
    external_id: str,
    reported_by: str,
    now: datetime,
    title: str = "",
    via: DecidedVia = DecidedVia.AUTOMATION,
    verified: bool = False,
    token_id: int | None = None,
) -> NewAlert:
    """An alert about a reported message: each file and link in it is looked up on the lists.

    Header links take no part: they never cluster by themselves. `title` as for indicators.
    """
    files = [
        Indicator(IndicatorKind.FILE, attachment.sha256, attachment.sha256)
        for attachment in facts.attachments
    ]
    urls = [Indicator(IndicatorKind.URL, url.url, url.url) for url in facts.urls]
    entities = tuple(Entity(item, EntityClaim.PART) for item in dict.fromkeys([*files, *urls]))
    alert = _alert(entities, source, external_id, reported_by, now)
    return _entitled(replace(alert, via=via, verified=verified, token_id=token_id), title)


def _entitled(alert: NewAlert, title: str) -> NewAlert:
    safe = inert(title, TITLE_MAX).strip()
    return replace(alert, title=safe) if safe else alert


def _alert(
    entities: tuple[Entity, ...], source: str, external_id: str, reported_by: str, now: datetime
) -> NewAlert:
    return NewAlert(
        source=source,
        external_id=external_id,
        title=_title(entities),
        entities=entities,
        reported_by=reported_by,
        received_at=now,
    )


def _title(entities: Sequence[Entity]) -> str:
    if not entities:
        return "Empty alert"
    if entities[0].claim is EntityClaim.PART:
        return f"Reported message with {len(entities)} files and links"
    first = entities[0].indicator
    word = "file" if first.kind is IndicatorKind.FILE else "URL"
    more = f" and {len(entities) - 1} more" if len(entities) > 1 else ""
    return f"Malicious {word} {show_indicator(first)}{more}"

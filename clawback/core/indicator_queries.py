"""Where else to look for what a cluster is about: a hunting query, and a filter of the Explorer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import assert_never

from clawback.core.kql_text import kql_string
from models.explore import ExploreField
from models.indicators import Indicator, IndicatorKind, UrlMatch

_PORT = re.compile(r":[0-9]+$")
_COLUMNS = (
    "Timestamp, NetworkMessageId, RecipientEmailAddress, SenderFromAddress, Subject, "
    "DeliveryAction, LatestDeliveryLocation, ThreatTypes"
)


def hunting_query(indicator: Indicator, network_message_ids: Sequence[str] = ()) -> str:
    """A query over the indicator's mail; of a selection, over these messages."""
    match indicator.kind:
        case IndicatorKind.FILE:
            found = f"EmailAttachmentInfo | where SHA256 == {kql_string(indicator.value)}"
        case IndicatorKind.URL:
            found = f"EmailUrlInfo | where {_about_url(indicator)}"
        case IndicatorKind.SELECTION:
            listed = ", ".join(kql_string(one) for one in network_message_ids)
            return _over(f"({listed})")
        case _:
            assert_never(indicator.kind)
    return _over(f"((\n    {found}\n    | project NetworkMessageId))")


def explorer_conditions(
    indicator: Indicator, network_message_ids: Sequence[str] = ()
) -> tuple[str, ...]:
    """Conditions as `read_filter` of the Explorer reads them.

    The Explorer knows whole URLs alone: of a path it shows all mail with links to its host.
    """
    match indicator.kind, indicator.match:
        case IndicatorKind.FILE, _:
            return (f"{ExploreField.ATTACHMENT_SHA256.value}={indicator.value}",)
        case IndicatorKind.URL, UrlMatch.PATH:
            host = _PORT.sub("", indicator.value.partition("/")[0])
            return (f"{ExploreField.URL_DOMAIN.value}={host}",)
        case IndicatorKind.URL, _:
            return (f"{ExploreField.URL.value}={indicator.value}",)
        case _:
            field = ExploreField.NETWORK_MESSAGE_ID.value
            return tuple(f"{field}={one}" for one in network_message_ids)


def _over(ids: str) -> str:
    return (
        f"EmailEvents\n| where NetworkMessageId in {ids}\n"
        f"| project {_COLUMNS}\n| sort by Timestamp desc"
    )


def _about_url(indicator: Indicator) -> str:
    if indicator.match is UrlMatch.EXACT:
        return f"Url == {kql_string(indicator.value)}"
    ways = (
        f"Url {how} {kql_string(f'{scheme}://{indicator.value}{end}')}"
        for scheme in ("https", "http")
        for how, end in (("==", ""), ("startswith", "?"))
    )
    return " or ".join(ways)

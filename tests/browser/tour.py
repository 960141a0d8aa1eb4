"""Every page of the console, as addresses with a name: what is looked at by axe, and by people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode


@dataclass(frozen=True, slots=True)
class Stop:
    """One page: a name, who looks, the address, and a selector of what has to be there.

    `clicks` is a selector of what is clicked first.
    """

    name: str
    user: str
    path: str
    waits_for: str = "#content h1"
    width: int = 1280
    clicks: tuple[str, ...] = ()


def tour(said: dict[str, Any]) -> Iterator[Stop]:
    """All stops, for a stage that said so of itself."""
    investigation, email = said["investigations"][-1], said["emails"][0]
    pending = said["pending"][0] if said["pending"] else 0
    done = said["completed"][-1]
    yield Stop("action-center-pending", "ada", "/action-center/pending")
    yield Stop(
        "action-center-open", "ada", f"/action-center/pending?open={pending}", "aside.flyout"
    )
    yield Stop("action-center-history", "ada", "/action-center/history")
    yield Stop("action-center-done", "ada", f"/action-center/history?open={done}", "aside.flyout")
    yield Stop(
        "approve-on-a-phone", "ada", f"/action-center/pending?open={pending}", "aside.flyout", 390
    )
    yield Stop("investigations", "ada", "/investigations")
    for tab in TABS:
        yield Stop(f"investigation-{tab}", "ada", f"/investigations/{investigation}?tab={tab}")
    for of in ("emails", "clusters"):
        path = f"/investigations/{investigation}?tab=entities&of={of}"
        yield Stop(f"investigation-{of}", "ada", path, "#content table")
    messages = f"/investigations/{investigation}?tab=log&of=messages"
    yield Stop("investigation-messages", "ada", messages, "#content table")
    yield Stop(
        "investigation-on-a-phone", "ada", f"/investigations/{investigation}", ".graph .card", 390
    )
    yield Stop("explorer", "ada", "/explorer?range=30d", ".values-found")
    yield Stop("explorer-open", "ada", f"/explorer?range=30d&open={email}", "aside.flyout")
    yield Stop("email", "ada", f"/email/{email}")
    yield Stop("hunting", "ada", "/hunting?table=EmailEvents")
    yield Stop("hunting-chart", "ada", _hunt(CHART), ".chart canvas", clicks=("[data-runs]",))
    yield Stop("hunting-rows", "ada", _hunt(ROWS), "[aria-label=Answer]", clicks=("[data-runs]",))
    yield Stop("hunting-error", "ada", _hunt(WRONG), ".kql-error", clicks=("[data-runs]",))
    yield Stop("take-action", "ada", f"/take-action?source=explorer&message={email}")
    chosen = "/take-action?" + urlencode(
        [
            *(("message", one) for one in said["emails"][:8]),
            ("action", "propose"),
            ("description", "two people reported it"),
            ("draft", "tour"),
            ("name", "Phish of Monday"),
            ("source", "explorer"),
        ]
    )
    for step, waits_for in WIZARD.items():
        yield Stop(f"take-action-{step}", "ada", f"{chosen}&step={step}", waits_for)
    yield Stop("review-on-a-phone", "ada", f"{chosen}&step=review", WIZARD["review"], 390)
    yield Stop("settings", "root-admin", "/settings")
    yield Stop(
        "settings-what-if",
        "root-admin",
        "/settings",
        ".what-if .verdict",
        clicks=("label:has-text('Similar URLs')", "button:has-text('What if')"),
    )
    yield Stop("settings-read-only", "rita", "/settings")
    yield Stop("health", "ada", "/health")
    yield Stop("audit", "root-admin", "/audit")


WIZARD = {
    "messages": "text=Address to leave out",
    "details": "textarea",
    "review": "text=What policy says",
}
CHART = (
    'EmailEvents\n| where EmailDirection == "Inbound"\n'
    "| summarize Messages = count(), People = dcount(RecipientEmailAddress) by SenderFromDomain\n"
    "| top 12 by Messages\n| render barchart"
)
ROWS = (
    "EmailEvents\n| where isnotempty(ThreatTypes)\n"
    "| project Timestamp, Subject, SenderFromAddress, RecipientEmailAddress, ThreatTypes, ReportId"
)
WRONG = "EmailEvents\n| where Subjekt has 'invoice'"


def _hunt(query: str) -> str:
    return f"/hunting?range=all&table=EmailEvents&query={quote(query)}"


TABS = ("graph", "alerts", "mailboxes", "evidence", "entities", "log", "pending", "history")

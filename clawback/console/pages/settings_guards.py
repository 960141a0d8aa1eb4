"""What policy looks at beside the settings: guards by name, and suppressed indicators."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from clawback.console.parts.layout import panel, when
from clawback.console.parts.table import Column, Row, Table
from clawback.console.parts.tags import button, link, tag
from clawback.console.visiting import Visit, say
from clawback.core.guard_notes import GUARDS
from clawback.core.policy import RULES
from clawback.core.setting_diffs import title_of
from clawback.core.showing import plain, show_indicator
from clawback.services.lifting import lift
from clawback.services.settings_history import Overview
from models.indicators import GuardLevel, Indicator, IndicatorKind, UrlMatch
from models.listing import Suppression
from models.people import Permission


def show_guards() -> None:
    """The rules of policy in order, and each guard with why it is there."""
    with panel("Rules and guards"):
        with tag("details"):
            tag(
                "summary", f"The {len(RULES)} rules of policy, in the order in which they are asked"
            )
            with tag("ol", cls="rules"):
                for rule in RULES:
                    with tag("li"):
                        tag("strong", rule.name)
                        tag("span", f" {(rule.look.__doc__ or '').partition(chr(10))[0]}")
        with tag("details"):
            tag("summary", f"The {len(GUARDS)} guards on files and URLs")
            Table(
                "Guards",
                [
                    Column("guard", "Guard"),
                    Column("level", "What follows"),
                    Column("why", "Why", wide=True),
                    Column("settings", "Settings", wide=True),
                ],
                [
                    Row(
                        note.code,
                        (
                            note.title,
                            "No action"
                            if note.level is GuardLevel.REFUSE
                            else "Waits for approval",
                            note.why,
                            ", ".join(title_of(key) for key in note.settings) or "–",
                        ),
                    )
                    for note in GUARDS
                ],
            )


def show_suppressions(
    visit: Visit, overview: Overview, lifted: Callable[[], Awaitable[None]]
) -> None:
    """Indicators that wait for a person whatever the settings say; lifting needs the role admin."""
    with panel("Suppressed indicators"):
        tag(
            "p",
            "Their action was rejected, cancelled or reverted: they never run by themselves until "
            "somebody lifts that.",
            cls="quiet",
        )
        if not overview.suppressions:
            tag("p", "No indicator is suppressed.")
            return
        with tag("ul", cls="suppressions"):
            for held in overview.suppressions:
                _show_suppression(visit, held, lifted)
        if overview.more_suppressions:
            tag("p", f"The newest {len(overview.suppressions)} are shown.", cls="quiet")


def _show_suppression(
    visit: Visit, held: Suppression, lifted: Callable[[], Awaitable[None]]
) -> None:
    indicator = Indicator(
        IndicatorKind(held.kind), held.indicator, held.indicator, UrlMatch(held.match)
    )

    async def do_lift() -> None:
        await visit.act(Permission.ADMINISTER, lift, indicator, by=visit.person.actor)
        say(f"{show_indicator(indicator)} is no longer suppressed.")
        await lifted()

    with tag("li"):
        with tag("div", cls="grow"):
            tag("code", show_indicator(indicator))
            by_path = " by its host and path" if indicator.match is UrlMatch.PATH else ""
            with tag("p", cls="quiet"):
                tag("span", f"{plain(held.reason)}{by_path}. {when(held.created_at)}. ")
                address = visit.address("/action-center/history", open=held.action_id)
                link(f"Action {held.action_id:,}", address)
        if visit.may(Permission.ADMINISTER):
            button("Lift", visit.doing(do_lift), cls="small",
                   aria_label=f"Lift {show_indicator(indicator)}")  # fmt: skip

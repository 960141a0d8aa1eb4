"""One open action: all that is looked at before deciding, and the buttons that decide."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from clawback.console.pages.action_center_buttons import show_buttons
from clawback.console.pages.action_center_deciding import Deciding
from clawback.console.pages.action_center_results import show_history, show_results
from clawback.console.pages.action_center_table import expiry_tone, expiry_words, threat_type
from clawback.console.parts.layout import facts, flyout, when
from clawback.console.parts.table import Column, Row, Table
from clawback.console.parts.tags import Tag, badge, link, tag
from clawback.console.visiting import Visit
from clawback.core.case_tones import OF_ACTION, OF_REMEDIATION, OF_VERDICT
from clawback.core.explain import names_line, selection_line, share_line, unmatched_line
from clawback.core.showing import counted, plain, show_indicator
from clawback.services import report
from clawback.services.action_center import ActionCase, time_left
from models.action_list import ClusterSummary, ListedAction
from models.actions import AUTOMATION, ActionStatus, RemediationAction
from models.decisions import RuleResult
from models.indicators import Verdict
from models.locations import Bucket, LocationCounts
from models.since import SinceAnalysis
from models.volume import Volume

SAMPLE_SHOWN = 5
ACTED = frozenset(ActionStatus) - {
    ActionStatus.PENDING,
    ActionStatus.REJECTED,
    ActionStatus.EXPIRED,
}
"""Where single messages have results, or may have some."""

THREATS = ("Malware", "Phish", "High Confidence Phish", "Spam")
DELIVERIES = ("Delivered", "Junked", "Replaced", "Blocked")
NOT_TOLD = frozenset({"Replaced"})
"""What no mail system here tells; of threats it is those that the cluster has no number of."""


class OpenAction:
    """The action that is open, and the parts of it that change while it waits or runs.

    They change in place: what was opened, scrolled or focused beside them stays so.
    """

    def __init__(self, listed: ListedAction) -> None:
        action = listed.action
        self.action_id = action.id
        self.status = action.status
        self._counts = listed.counts
        self._locations: Tag | None = None
        self._bar = tag("progress", max=max(action.copies, 1), aria_label="Progress")
        self._words = tag("p", role="status")
        self.show_progress(action)

    @property
    def is_gone(self) -> bool:
        """Whether it is shown no longer: another one was built meanwhile."""
        return self._bar.is_deleted

    def build_locations(self) -> None:
        """Where the messages are; nothing until somebody has looked."""
        self._locations = tag("div")
        with self._locations:
            _location_tiles(self._counts)

    def follow(self, listed: ListedAction) -> None:
        """Show how far the same action is now, and where its messages are."""
        self.show_progress(listed.action)
        if self._locations is None or listed.counts == self._counts:
            return
        self._counts = listed.counts
        self._locations.clear()
        with self._locations:
            _location_tiles(self._counts)

    def show_progress(self, action: RemediationAction) -> None:
        """How far it has got; nothing of one that does not run."""
        done = sum(action.outcomes.values())
        self._bar.props["value"] = done
        self._words.say(f"{done:,} of {counted(action.copies, 'message')} done.")
        for one in (self._bar, self._words):
            one.set_visibility(action.status is ActionStatus.RUNNING)


async def show_action(
    visit: Visit, case: ActionCase, deciding: Deciding, now: datetime
) -> OpenAction:
    """The open action, as it is now."""
    action = case.action
    closes = visit.here.link(open=None, result=None, rpage=None)
    with flyout(f"Action {action.id}: {action.type.value}", closes):
        _state(case, now)
        shown = OpenAction(case.listed)
        _action(visit, case)
        _cluster(case)
        shown.build_locations()
        _original_tiles(case)
        _since(case.since)
        _recoverable(case, now)
        _why(case)
        _sample(case.cluster)
        if action.status in ACTED:
            await show_results(visit, action)
        show_history(case.history)
        show_buttons(visit, case, deciding)
    return shown


def _state(case: ActionCase, now: datetime) -> None:
    action = case.action
    left = time_left(action, now)
    with tag("p", cls="row state"):
        badge(action.status.value, OF_ACTION[action.status])
        if words := expiry_words(left):
            badge(words, expiry_tone(left))


def _action(visit: Visit, case: ActionCase) -> None:
    action = case.action
    number = action.investigation_id
    facts(
        {
            "Investigation": lambda: link(f"{number}", visit.address(f"/investigations/{number}")),
            "Messages": f"{action.copies:,}",
            **_decided(case),
            "Action source": action.source.value,
            "Waiting since" if action.status is ActionStatus.PENDING else "Created": when(
                action.created_at
            ),
            **_if_there("Selected", case.selection and selection_line(case.selection)),
            **_if_there("Ended", when(action.ended_at)),
            **_if_there("Expires", when(action.expires_at) if not action.decided_at else ""),
            **_if_there(
                "Puts back", action.reverts_action_id and f"action {action.reverts_action_id}"
            ),
            "Prefect run": lambda: _run_link(case),
        }
    )


def _if_there(name: str, value: object) -> Mapping[str, object]:
    return {name: value} if value else {}


def _decided(case: ActionCase) -> Mapping[str, object]:
    """Who decided, when and why; nothing while nobody did."""
    action = case.action
    if cancelled := report.cancellation(case.history):
        return {"Cancelled": plain(cancelled, 400)}
    if not action.status.decision:
        return {}
    mark = "" if action.verified or action.decided_by in ("", AUTOMATION) else " (not verified)"
    return {
        "Decision": action.status.decision,
        **_if_there("Decided by", action.decided_by and f"{plain(action.decided_by)}{mark}"),
        **_if_there("Decided at", when(action.decided_at)),
        **_if_there("Reason", plain(report.decision_reason(case.history), 400)),
    }


def _run_link(case: ActionCase) -> None:
    address = case.run_url or case.investigation_run_url
    if address:
        link("Open in Prefect", address, target="_blank", rel="noopener", data_run=True)
    else:
        tag("span", "–")


def _cluster(case: ActionCase) -> None:
    cluster = case.cluster
    verdict = cluster.verdict or Verdict.UNKNOWN
    tag("h3", "Email cluster details")
    facts(
        {
            "Verdict": partial(badge, verdict.value, OF_VERDICT[verdict]),
            "Remediation status": partial(badge, case.status.value, OF_REMEDIATION[case.status]),
            "Email count": f"{case.listed.emails:,}",
            "Name": cluster.name if case.selection is None else plain(case.title, 200),
            "Volume anomaly": volume_words(case.volume),
            "Indicator": show_indicator(cluster.indicator, whole=True),
            "Query time": when(cluster.query_at),
            "First seen": when(cluster.facts.first_seen_at),
            "Last seen": when(cluster.facts.last_seen_at),
            "Reach": share_line(cluster.facts),
            "Senders": f"{cluster.facts.senders:,}",
            **_if_there("File names", names_line(cluster.facts.file_names)),
            **_if_there("File types", names_line(cluster.facts.file_types)),
            **_if_there("Left out", _left_out(cluster)),
        }
    )
    _tiles("Threats", _threats(case), threat_type(case.listed))


def _location_tiles(counts: LocationCounts | None) -> None:
    if counts is None:
        return
    shown = {
        bucket.value: counts.by_bucket.get(bucket, 0)
        for bucket in Bucket
        if bucket is not Bucket.UNKNOWN or counts.unknown
    }
    _tiles("Latest delivery location", shown, f"checked {when(counts.checked_at)}")


def _original_tiles(case: ActionCase) -> None:
    found = case.cluster.by_delivery
    shown = {name: None if name in NOT_TOLD else found.get(name, 0) for name in DELIVERIES}
    _tiles("Original delivery locations", shown)


def _threats(case: ActionCase) -> dict[str, int | None]:
    found = case.cluster.by_threat
    return {name: found.get(name) for name in THREATS}


def _left_out(cluster: ClusterSummary) -> str:
    return ", ".join(
        f"{plain(why)} ({number:,})" for why, number in sorted(cluster.excluded.items())
    )


def _tiles(title: str, numbers: Mapping[str, int | None], note: str = "") -> None:
    """Numbers side by side; None is a dash: nothing here counts that."""
    with tag("h3", title):
        if note:
            tag("small", note, cls="quiet")
    with tag("dl", cls="tiles"):
        for name, number in numbers.items():
            with tag("div", cls="tile" if number else "tile none"):
                tag("dt", name)
                tag("dd", "–" if number is None else f"{number:,}")


def volume_words(found: Volume) -> str:
    """Whether the messages come in a wave, and the figures by which that is said."""
    usual = f"{found.recent:,} in 24 hours"
    if found.usual_a_day is not None:
        usual += f", usually {found.usual_a_day:,.1f} a day in the {found.days} days before"
    match found.is_anomaly:
        case None:
            return "No statement: too few days are known, or a person selected the messages"
        case True:
            return f"Yes: {usual}"
        case False:
            return f"No: {usual}"


def _since(found: SinceAnalysis) -> None:
    with tag("h3", "What changed since the analysis"):
        if found.looked_at_at is not None:
            tag("small", f"mailboxes read until {when(found.looked_at_at)}", cls="quiet")
    lines = since_lines(found)
    with tag("ul", cls="rules"):
        for line in lines:
            tag("li", line)


def since_lines(found: SinceAnalysis) -> list[str]:
    """What is other now than when it was analysed, one thing a line."""
    then = "not checked" if found.in_mailbox_then is None else f"{found.in_mailbox_then:,}"
    lines = [f"In a mailbox: {then} then, {found.in_mailbox_now:,} now."]
    if not found.is_changed:
        return [*lines, "Nothing moved, nothing is gone, no more arrived."]
    if found.late_arrivals:
        lines.append(
            f"{counted(found.late_arrivals, 'message')} more arrived, "
            f"{found.late_in_mailbox:,} of them into a mailbox: this action does not take them."
        )
    for number, words in (
        (found.moved_by_clawback, "moved by Clawback."),
        (found.moved_by_others, "moved by a person, a rule or the mail system."),
        (found.gone, "gone from the mailbox."),
    ):
        if number:
            lines.append(f"{counted(number, 'message')} {words}")
    return lines


def _recoverable(case: ActionCase, now: datetime) -> None:
    words = recoverable_words(case, now)
    if words:
        tag("h3", "Recoverable until")
        tag("p", words)


def recoverable_words(case: ActionCase, now: datetime) -> str:
    """Until when messages can be put back: those that were moved, or would be."""
    left, action = case.undo.left, case.action
    if action.status is ActionStatus.PENDING:
        if case.recoverable_days is None:
            return "Once approved: no fixed end."
        return f"Once approved: for {counted(case.recoverable_days, 'day')}, counted from the move."
    if not left.messages:
        return ""
    what = counted(left.messages, "message")
    if left.first_until is None:
        return f"{what}: no fixed end."
    if left.first_until <= now:
        return f"{what}: the first ran out at {when(left.first_until)}."
    return f"{what}: the first until {when(left.first_until)}."


def _why(case: ActionCase) -> None:
    if case.decision is None:
        return
    decision = case.decision
    tag("h3", "Why policy decided so")
    tag("p", plain(decision.reason, 1_200))
    _mind(case)
    _rules("Rules that hit", decision.hits, is_open=True)
    _rules("Rules that did not hit", decision.misses, is_open=False)


def _mind(case: ActionCase) -> None:
    """What an analyst must not overlook."""
    minded = [plain(guard, 400) for guard in case.cluster.guards]
    if case.unmatched:
        minded.append(unmatched_line(case.unmatched, case.cluster.members))
    if case.selection is not None and case.selection.is_proposed:
        minded.append("It was proposed: a person other than who proposed it approves it.")
    for words in minded:
        with tag("p", cls="mind"):
            badge("Mind", "warn")
            tag("span", words)


def _rules(title: str, rules: tuple[RuleResult, ...], *, is_open: bool) -> None:
    if not rules:
        return
    with tag("details", open=is_open):
        tag("summary", f"{title} ({len(rules)})")
        with tag("ul", cls="rules"):
            for rule in rules:
                with tag("li"):
                    tag("code", plain(rule.rule))
                    tag("span", f" {plain(rule.reason, 400)}")


def _sample(cluster: ClusterSummary) -> None:
    shown = cluster.sample[:SAMPLE_SHOWN]
    tag("h3", "Sample of messages")
    Table(
        "Sample of messages",
        [
            Column("subject", "Subject", wide=True),
            Column("sender", "Sender", wide=True),
            Column("recipient", "Recipient", wide=True),
            Column("received", "Received", wide=True),
        ],
        [
            Row(
                str(number),
                [
                    plain(one.subject) or "(no subject)",
                    plain(f"{one.from_name} {one.from_address}".strip()),
                    plain(one.mailbox),
                    when(one.received_at),
                ],
            )
            for number, one in enumerate(shown)
        ],
        empty="The cluster has no messages.",
    )
    if cluster.members > len(shown):
        tag("p", f"{len(shown)} of {cluster.members:,}.", cls="quiet")

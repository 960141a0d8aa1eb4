"""Clusters, decisions and actions in words: Markdown for people, with counts and no addresses.

Every name that came out of a message passes `showing.inert`. The same text goes into the approval
form, the artifacts of a run, the console and the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from clawback.core.reasons import most_frequent_reasons
from clawback.core.showing import counted, inert, show_indicator
from clawback.core.volume import volume_words
from models.actions import RemediationAction
from models.clusters import Cluster, ClusterFacts
from models.copies import Retention
from models.decisions import Decision, Effect, RuleResult
from models.locations import Bucket, DeliveryLocation, LocationCounts
from models.selecting import Selection

NAMES_SHOWN = 5
_PROPOSED = (
    "**Mind:** it was proposed, so a person other than that one approves it, by a way that knows who "
    "they are: `clawback approve` or the API. This form does not."
)
_REASON_LIMIT = 300
_LINK = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9._~/-]*)?")


def counts_line(counts: LocationCounts) -> str:
    """One line: "Mailbox 12, Not in mailbox 3, On-prem/External 0"; Unknown only where there is."""
    shown = [bucket for bucket in Bucket if bucket is not Bucket.UNKNOWN or counts.unknown]
    return ", ".join(f"{bucket.value} {counts.by_bucket.get(bucket, 0):,}" for bucket in shown)


def cluster_markdown(cluster: Cluster, counts: LocationCounts | None) -> str:
    """A cluster at a glance: indicator, locations and the facts that help to judge it."""
    parts = [f"## {cluster.name}", f"Indicator: {show_indicator(cluster.indicator, whole=True)}"]
    if counts is not None:
        parts.append(locations_markdown(counts))
    parts.append(_facts(cluster))
    if cluster.guards:
        parts.append(
            "\n".join(f"- Mind: {inert(one.reason, _REASON_LIMIT)}" for one in cluster.guards)
        )
    return "\n\n".join(parts)


def locations_markdown(counts: LocationCounts) -> str:
    """Two tables: messages per source and bucket, and per latest delivery location."""
    places = [_row("Latest delivery location", "Messages"), _rule(2)]
    for location in DeliveryLocation:
        if number := counts.by_location.get(location, 0):
            places.append(_row(location.value, f"{number:,}"))
    checked = f"Locations checked {_time(counts.checked_at)}."
    return "\n\n".join((buckets_markdown(counts), "\n".join(places), checked))


def buckets_markdown(counts: LocationCounts) -> str:
    """One table: messages per source and bucket."""
    buckets = [one for one in Bucket if one is not Bucket.UNKNOWN or counts.unknown]
    rows = [_row("Source", *(bucket.value for bucket in buckets)), _rule(len(buckets) + 1)]
    for source, by_bucket in counts.by_source.items():
        rows.append(_row(inert(source, 40), *(f"{by_bucket.get(one, 0):,}" for one in buckets)))
    rows.append(_row("all", *(f"{counts.by_bucket.get(one, 0):,}" for one in buckets)))
    return "\n".join(rows)


def decision_markdown(cluster: Cluster, counts: LocationCounts, decision: Decision) -> str:
    """The decision with its rules, then the cluster that it is about."""
    return f"{rules_markdown(decision)}\n\n{cluster_markdown(cluster, counts)}"


def rules_markdown(decision: Decision) -> str:
    """The decision with every rule that was looked at, in the order of the policy."""
    parts = [f"### {_heading(decision.effect)}", inert(decision.reason, 4 * _REASON_LIMIT)]
    if decision.effect is not Effect.NO_ACTION:
        parts.append(f"It is about {counted(len(decision.copies), 'message')}.")
    if decision.hits:
        parts.append("Rules that hit:\n\n" + _rules(decision.hits))
    if decision.misses:
        parts.append("Rules that did not hit:\n\n" + _rules(decision.misses))
    parts.append(f"Decided {_time(decision.decided_at)}.")
    return "\n\n".join(parts)


def approval_markdown(
    action: RemediationAction,
    cluster: Cluster,
    counts: LocationCounts,
    decision: Decision | None,
    *,
    investigation_link: str = "",
    selection: Selection | None = None,
    retentions: Mapping[str, Retention] | None = None,
    unmatched: int = 0,
) -> str:
    """What a person reads before approving or rejecting, short enough to see the form below it.

    Kind, indicator, counts, senders, reasons, expiry and the link to the investigation, whose page
    has every rule. `retentions` maps each source to how long it keeps what was soft-deleted.
    `unmatched` messages were read again since and no longer carry the indicator.
    `selection` says who picked the messages, and why.
    `investigation_link` comes from the orchestrator; anything but a plain http or https address is
    left out.
    """
    what = f"**{action.type.value}** of {counted(action.copies, 'message')}: {cluster.name}"
    why = "" if decision is None else inert(decision.reason, 4 * _REASON_LIMIT)
    linked = bool(_LINK.fullmatch(investigation_link))
    ends = [
        ""
        if action.expires_at is None
        else f"Expires {_time(action.expires_at)}; then nothing moves.",
        f"Every rule and location: <{investigation_link}>" if linked else "",
    ]
    parts = [
        what,
        "" if selection is None else f"**Selected:** {selection_line(selection)}",
        _PROPOSED if selection is not None and selection.is_proposed else "",
        why,
        f"**Mind:** {unmatched_line(unmatched, action.copies)}" if unmatched else "",
        buckets_markdown(counts),
        _facts(cluster),
        recoverability_markdown(retentions or {}),
        "  \n".join(end for end in ends if end),
    ]
    return "\n\n".join(part for part in parts if part)


def selection_line(selection: Selection) -> str:
    """Who selected the messages, by what way, and why in that person's words."""
    who = f"by {inert(selection.actor.name, 60)} via {selection.actor.via.value}"
    return f"{who}: {inert(selection.reason, _REASON_LIMIT)}"


def unmatched_line(unmatched: int, copies: int) -> str:
    """That an action holds messages which do not carry its indicator by the newer reading."""
    verb, pronoun = ("carries", "it") if unmatched == 1 else ("carry", "them")
    return (
        f"{unmatched:,} of {counted(copies, 'message')} no longer {verb} the indicator: "
        f"mail was read again since, by a newer version. Approving removes {pronoun} all the same."
    )


def recoverability_markdown(retentions: Mapping[str, Retention]) -> str:
    """How long moved messages can be put back, per source; empty without sources."""
    lines = []
    for source, kept in sorted(retentions.items()):
        span = "no fixed end" if kept.days is None else f"for {counted(kept.days, 'day')}"
        note = f" ({inert(kept.note, _REASON_LIMIT)})" if kept.note else ""
        lines.append(f"- {inert(source, 40)}: {span}{note}")
    if not lines:
        return ""
    return "Moved messages can be put back:\n\n" + "\n".join(lines)


def counted_mailboxes(number: int) -> str:
    """A number with its noun, whose plural is no plain s."""
    return f"{number:,} mailbox" if number == 1 else f"{number:,} mailboxes"


def share_line(facts: ClusterFacts) -> str:
    """How much of the organisation it touches: "25 mailboxes of the 300 known (8.3%)"."""
    known = f" of the {facts.known_mailboxes:,} known" if facts.known_mailboxes else " of the known"
    return f"{counted_mailboxes(facts.mailboxes)}{known} ({facts.organisation_share:.1%})"


def names_line(names: Mapping[str, int], shown: int = NAMES_SHOWN) -> str:
    """Names with the number of mails that carry each, most frequent first, safe to show."""
    most = sorted(names.items(), key=lambda pair: (-pair[1], pair[0]))
    listed = ", ".join(
        f"{inert(name, 60) or '(none)'} ({number:,})" for name, number in most[:shown]
    )
    return listed + (f" and {len(most) - shown} more" if len(most) > shown else "")


def seen_line(facts: ClusterFacts) -> str:
    """When the index first and last saw a copy."""
    return f"first {_time(facts.first_seen_at)}, last {_time(facts.last_seen_at)}"


def reason_lines(cluster: Cluster) -> list[str]:
    """Why most of the messages are in, as list items; the reasons are safe to show already."""
    return [
        f"- Why: {counted(number, 'message')}: {why}"
        for why, number in most_frequent_reasons(cluster.members)
        if why
    ]


def _facts(cluster: Cluster) -> str:
    facts = cluster.facts
    lines = [
        f"- {counted(len(cluster.members), 'message')} of {counted(facts.mails, 'mail')} "
        f"in {share_line(facts)}",
        f"- {counted(facts.senders, 'sender')}, {counted(facts.subjects, 'subject')}",
        f"- First seen {_time(facts.first_seen_at)}, last seen {_time(facts.last_seen_at)}",
    ]
    if facts.volume is not None and facts.volume.is_anomaly is not None:
        lines.append(f"- Volume anomaly: {volume_words(facts.volume)}")
    if facts.volume is not None and facts.volume.is_anomaly is not None:
        lines.append(f"- Volume anomaly: {volume_words(facts.volume)}")
    lines += _names(facts)
    lines += reason_lines(cluster)
    if cluster.external_recipients:
        lines.append(
            f"- {counted(cluster.external_recipients, 'recipient')} without a mailbox here "
            "(On-prem/External), not reached by any action"
        )
    for reason, number in sorted(cluster.excluded.items()):
        lines.append(f"- Left out: {counted(number, 'message')} ({inert(reason, 60)})")
    return "\n".join([*lines, f"- Query time {_time(cluster.query_at)}"])


def _names(facts: ClusterFacts) -> list[str]:
    lines = []
    for title, names in (("File names", facts.file_names), ("File types", facts.file_types)):
        if not names:
            continue
        lines.append(f"- {title}: {names_line(names)}")
    return lines


def _rules(rules: Sequence[RuleResult]) -> str:
    return "\n".join(
        f"- {inert(one.rule, 60)}: {inert(one.reason, _REASON_LIMIT)}" for one in rules
    )


def _heading(effect: Effect) -> str:
    match effect:
        case Effect.REMEDIATE:
            return "Remediate"
        case Effect.AWAIT_APPROVAL:
            return "Await approval"
        case Effect.NO_ACTION:
            return "No action"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(columns: int) -> str:
    return f"|{' --- |' * columns}"


def _time(at: datetime | None) -> str:
    return "unknown" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"

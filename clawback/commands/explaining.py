"""What an analyst needs to judge a cluster, as the lines that every command shows of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clawback.core.showing import counted

if TYPE_CHECKING:
    from clawback.services.context import Context
    from models.clusters import Cluster


def explanation(cluster: Cluster) -> list[tuple[str, str]]:
    """Names and values, safe to show; those that do not apply are empty."""
    from clawback.core.explain import names_line, seen_line, share_line
    from clawback.core.reasons import most_frequent_reasons

    facts = cluster.facts
    if not cluster.members:
        return []
    reasons = [
        f"{counted(number, 'message')}: {why}"
        for why, number in most_frequent_reasons(cluster.members)
        if why
    ]
    return [
        ("Share", share_line(facts)),
        ("From", f"{counted(facts.senders, 'sender')}, {counted(facts.subjects, 'subject')}"),
        ("Seen", seen_line(facts)),
        ("File names", names_line(facts.file_names)),
        ("File types", names_line(facts.file_types)),
        ("Why", "\n".join(reasons)),
    ]


def selected(ctx: Context, investigation_id: int) -> str:
    """Who selected an investigation's messages, and why; empty where nobody did."""
    from clawback.core.explain import selection_line

    found = ctx.store.cases.selection(investigation_id)
    if found is None:
        return ""
    proposed = "; proposed, so another person approves" if found.is_proposed else ""
    missing = f"; {counted(found.missing, 'message')} not in the index" if found.missing else ""
    return f"{selection_line(found)}{proposed}{missing}"

"""One request for each route that its roles may send with success, and who they are.

Written by hand: what a route says of itself is what is tested.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from api_stage import CONSOLE, Stage
from pretended_emails import email

from clawback.core.report_ids import report_id
from clawback.services import approvals, named_lists, people
from models.actions import Choice
from models.people import Role
from tests.services.scene import FILE, FILE_SHA256, message

ANY = frozenset(Role)
OPERATOR = frozenset({Role.OPERATOR})
ADMIN = frozenset({Role.ADMIN})
PREVIEW = frozenset({Role.PREVIEW})
WHY = {"reason": "it is phishing"}
CLICK = {
    "clicked_at": "2026-03-02T08:00:00Z",
    "url": "https://portal.parcel.test/",
    "report_id": "1",
}
ALERT = {"indicators": [{"indicator": FILE_SHA256}]}

GRAPH = "/v1.0/security/collaboration"

Prepared = Callable[[Stage], dict[str, Any]]


@dataclass(frozen=True)
class Example:
    """Who may send it, what `prepare` gives for the path, and the rest of the request."""

    roles: frozenset[Role]
    prepare: Prepared = lambda stage: {}
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None

    def request(self, stage: Stage) -> dict[str, Any]:
        """What httpx needs beyond method and path."""
        body = self.body(stage) if callable(self.body) else self.body
        if self.content is not None:
            return {"content": self.content, "headers": dict(self.headers)}
        if body is None:
            return {"headers": dict(self.headers)}
        headers = {"Content-Type": "application/json", **self.headers}
        return {"content": json.dumps(body), "headers": headers}


def action(stage: Stage) -> dict[str, Any]:
    """An action that waits."""
    return {"number": stage.pending()}


def ended(stage: Stage) -> dict[str, Any]:
    """An action that moved its message."""
    number = stage.pending()
    approvals.decide(stage.scene.ctx, number, Choice.APPROVE, actor=CONSOLE, reason="phishing")
    asyncio.run(stage.scene.execute(number))
    return {"number": number}


def suppressed(stage: Stage) -> dict[str, Any]:
    """An indicator whose action was rejected."""
    number = stage.pending()
    approvals.decide(stage.scene.ctx, number, Choice.REJECT, actor=CONSOLE, reason="newsletter")
    return {}


def cluster(stage: Stage) -> dict[str, Any]:
    """A cluster of one message."""
    return {"number": stage.scene.ctx.store.cases.action(stage.pending()).cluster_id}


def investigation(stage: Stage) -> dict[str, Any]:
    """An investigation with a cluster."""
    return {"number": stage.scene.ctx.store.cases.action(stage.pending()).investigation_id}


def account(stage: Stage) -> dict[str, Any]:
    """An account of somebody."""
    people.add_user(stage.scene.ctx, "somebody", {Role.READER}, None, actor=CONSOLE)
    return {"name": "somebody"}


def own_token(stage: Stage) -> dict[str, Any]:
    """A token of each account, the last of which is asked for."""
    account(stage)
    token, _ = people.issue_token(stage.scene.ctx, "somebody", "spare", by=CONSOLE)
    return {"number": token.id}


def proposal(stage: Stage) -> dict[str, Any]:
    """A named list that waits for approval."""
    named_lists.propose(stage.scene.ctx, "vips", ["name"], [["a"]], by=CONSOLE)
    return {"name": "vips"}


def approved(stage: Stage) -> dict[str, Any]:
    """A named list that queries may use."""
    proposal(stage)
    named_lists.approve(stage.scene.ctx, "vips", digest(stage)["digest"], by=CONSOLE)
    return {"name": "vips"}


def digest(stage: Stage) -> dict[str, str]:
    """What an administrator looked at."""
    return {"digest": named_lists.info(stage.scene.ctx, "vips", proposed=True).digest}


def selected(stage: Stage) -> dict[str, Any]:
    """What to do to the message of the only action."""
    ctx = stage.scene.ctx
    [entry] = ctx.store.ledger.entries(1)
    number = entry.copy.copy_id
    _, network_id = ctx.store.index.message_ids([number])[number]
    message_ = {"network_message_id": network_id, "recipient_email_address": entry.copy.mailbox}
    return {"action": "move_to_junk", "messages": [message_], **WHY}


def copy(stage: Stage) -> dict[str, Any]:
    """A message that is in its mailbox."""
    [entry] = stage.scene.ctx.store.ledger.entries(stage.pending())
    return {"copy_id": entry.copy.copy_id}


def remediated(stage: Stage) -> dict[str, Any]:
    """What to do to the message of the only action, as Microsoft Graph asks for it."""
    [one] = selected(stage)["messages"]
    name = report_id(one["network_message_id"], one["recipient_email_address"])
    return {"action": "moveToJunk", "displayName": "phish", "analyzedEmails": [{"id": name}]}


def remediation(stage: Stage) -> dict[str, Any]:
    """A remediation that was asked for."""
    action(stage)
    body = {"displayName": "phish", **remediated(stage)}
    answer = stage.send("POST", f"{GRAPH}/analyzedEmails/remediate", Role.OPERATOR, json=body)
    return {"number": answer.json()["id"]}


def shared_query(stage: Stage) -> dict[str, Any]:
    """A query that somebody shares."""
    from clawback.services import hunt

    hunt.save_query(stage.scene.ctx, "q", "EmailEvents", shared=True, by=CONSOLE)
    return {"name": "q"}


EXAMPLES: dict[str, Example] = {
    "POST /alerts": Example(OPERATOR, body=ALERT),
    "POST /alerts/bulk": Example(OPERATOR, body={"alerts": [ALERT]}),
    "POST /alerts/message": Example(
        OPERATOR, content=message(file=FILE), headers={"Content-Type": "message/rfc822"}
    ),
    "GET /investigations": Example(ANY),
    "GET /investigations/{number}": Example(ANY, investigation),
    "GET /investigations/{number}/clusters": Example(ANY, investigation),
    "GET /clusters/{number}": Example(ANY, cluster),
    "GET /clusters/{number}/members": Example(ANY, cluster),
    "GET /actions": Example(ANY),
    "GET /actions/{number}": Example(ANY, action),
    "GET /actions/{number}/messages": Example(ANY, action),
    "POST /actions/{number}/approve": Example(OPERATOR, action, WHY),
    "POST /actions/{number}/reject": Example(OPERATOR, action, WHY),
    "POST /actions/{number}/cancel": Example(OPERATOR, action, WHY),
    "POST /actions/{number}/revert": Example(OPERATOR, ended, WHY),
    "POST /actions/bulk": Example(OPERATOR, action, {"ids": [1], "decision": "approve", **WHY}),
    "GET /settings": Example(ANY),
    "PATCH /settings": Example(ADMIN, body={"cap": 7}, headers={"If-Match": '"settings-0"'}),
    "GET /settings/versions": Example(ANY),
    "POST /settings/what-if": Example(ANY, action, {"similar_files": True}),
    "POST /pause": Example(OPERATOR, body=WHY),
    "POST /resume": Example(OPERATOR),
    "GET /suppressions": Example(ANY),
    "POST /suppressions/lift": Example(ADMIN, suppressed, {"indicator": FILE_SHA256}),
    "POST /hunt": Example(ANY, body={"query": "EmailEvents | take 1"}),
    "POST /hunt/take-action": Example(OPERATOR, action, selected),
    "POST /clicks": Example(OPERATOR, body={"clicks": [CLICK]}),
    "GET /hunt/schema": Example(ANY),
    "GET /explore/emails": Example(ANY),
    "GET /explore/counts": Example(ANY),
    "GET /explore/histogram": Example(ANY),
    "GET /explore/emails/{email_id}": Example(ANY, lambda _: {"email_id": "mail-1"}),
    "GET /hunt/queries": Example(ANY),
    "GET /hunt/queries/{name}": Example(ANY, shared_query),
    "PUT /hunt/queries/{name}": Example(ANY, lambda _: {"name": "mine"}, {"text": "EmailEvents"}),
    "DELETE /hunt/queries/{name}": Example(ADMIN, shared_query),
    "GET /hunt/lists": Example(ANY),
    "GET /hunt/lists/{name}": Example(ANY, approved),
    "PUT /hunt/lists/{name}": Example(
        ANY, lambda _: {"name": "vips"}, {"columns": ["name"], "rows": [["a"]]}
    ),
    "POST /hunt/lists/{name}/approve": Example(ADMIN, proposal, digest),
    "DELETE /hunt/lists/{name}": Example(ADMIN, approved),
    "GET /messages/{copy_id}/text": Example(PREVIEW, copy),
    "GET /audit": Example(ADMIN),
    "GET /audit/verify": Example(ADMIN),
    "GET /audit/export": Example(ADMIN),
    "GET /me": Example(ANY),
    "GET /users": Example(ADMIN),
    "POST /users": Example(ADMIN, body={"name": "new", "roles": ["reader"]}),
    "GET /users/{name}": Example(ADMIN, account),
    "PATCH /users/{name}": Example(ADMIN, account, {"roles": ["operator"]}),
    "GET /tokens": Example(ANY),
    "POST /tokens": Example(ANY, body={"label": "another"}),
    "DELETE /tokens/{number}": Example(ADMIN, own_token),
    "GET /health/details": Example(ANY),
    "POST /v1.0/security/runHuntingQuery": Example(ANY, body={"Query": "EmailEvents"}),
    f"GET {GRAPH}/analyzedEmails": Example(ANY),
    f"GET {GRAPH}/analyzedEmails/$count": Example(ANY),
    f"GET {GRAPH}/analyzedEmails/{{name}}": Example(ANY, lambda _: {"name": email(1).id}),
    f"POST {GRAPH}/analyzedEmails/remediate": Example(OPERATOR, action, remediated),
    f"GET {GRAPH}/analyzedEmails/remediations/{{number}}": Example(ANY, remediation),
}
"""By method and path below /api/v1, for every route that wants a token."""

OPEN = {"GET /health"}
"""Routes that everybody may use."""

AGAIN: dict[str, str] = {"PUT /hunt/lists/{name}": "somebody else's proposal waits"}
"""Routes that only the first of those who may use them uses with success, and why."""

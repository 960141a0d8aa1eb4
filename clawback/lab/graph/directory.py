"""`/users`: who is in the tenant.

"List users" (graph/api/user-list): 100 a page unless `$top` asks for up to 999; `mail` and a few
more properties come unless others are selected. A group is no user and is not listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clawback.lab.graph.calls import Answer, Call
from clawback.lab.graph.filters import Filter, Reader
from clawback.lab.graph.mailbox import Mailbox
from clawback.lab.graph.queries import check_options, in_order, only, page_of, selected
from clawback.lab.graph.refusals import Refusal, directory_denied, unknown_resource
from clawback.lab.graph.switches import MailboxState, Switches
from clawback.lab.graph.tenant import Tenant

_DEFAULT = frozenset(
    {
        "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone",
        "officeLocation", "preferredLanguage", "surname", "userPrincipalName", "id",
    }
)  # fmt: skip
_PROPERTIES = _DEFAULT | {"accountEnabled", "userType", "assignedPlans", "createdDateTime"}

_FILTERABLE: Mapping[str, Reader] = {
    "id": lambda view: view["id"],
    "mail": lambda view: view["mail"],
    "userPrincipalName": lambda view: view["userPrincipalName"],
    "displayName": lambda view: view["displayName"],
    "accountEnabled": lambda view: view["accountEnabled"],
    "userType": lambda view: view["userType"],
}


def users(call: Call, tenant: Tenant, switches: Switches) -> Answer:
    """`GET /users` and `GET /users/{id}`."""
    if not switches.roles & {"User.Read.All", "User.ReadBasic.All"}:
        raise directory_denied()
    check_options(call, {"$consistencylevel"}, but={"$skip"})
    names = selected(call, _PROPERTIES) or _DEFAULT
    if len(call.segments) == 2:
        found = tenant.find(call.segments[1])
        if found is None or _state(found, switches) is MailboxState.GROUP:
            raise unknown_resource(call.segments[1])
        return Answer(
            200, {"@odata.context": _context(call, "/$entity"), **only(_view(found), names)}
        )
    page, following = page_of(_listed(call, tenant, switches), call, default=100, most=999)
    body: dict[str, object] = {"@odata.context": _context(call, "")}
    if following is not None:
        body["@odata.nextLink"] = following
    body["value"] = [only(view, names) for view in page]
    return Answer(200, body)


def _listed(call: Call, tenant: Tenant, switches: Switches) -> list[dict[str, Any]]:
    views = [
        _view(mailbox)
        for _, mailbox in sorted(tenant.mailboxes.items())
        if _state(mailbox, switches) is not MailboxState.GROUP
    ]
    text = call.query.get("$filter")
    filtered: list[str] = []
    if text is not None:
        _needs_advanced(text, call)
        wanted = Filter(text, _FILTERABLE, _PROPERTIES)
        views, filtered = [view for view in views if wanted(view)], []
    return list(in_order(views, call, _FILTERABLE, filtered))


def _needs_advanced(text: str, call: Call) -> None:
    """`ne`, `not` and endswith want ConsistencyLevel: eventual and $count=true.

    "Advanced query capabilities on Microsoft Entra ID objects" (graph/aad-advanced-queries).
    """
    advanced = any(word in text for word in (" ne ", "not ", "not(", "endswith"))
    if advanced and not (call.advanced and call.query.get("$count") == "true"):
        raise Refusal(400, "Request_UnsupportedQuery", "Unsupported Query.")


def _state(mailbox: Mailbox, switches: Switches) -> MailboxState | None:
    return switches.mailboxes.get(mailbox.address)


def _context(call: Call, suffix: str) -> str:
    return f"{call.base}/$metadata#users{suffix}"


def _view(mailbox: Mailbox) -> dict[str, Any]:
    name = mailbox.address.partition("@")[0].replace(".", " ").title()
    given, _, surname = name.partition(" ")
    return {
        "businessPhones": [],
        "displayName": name,
        "givenName": given,
        "jobTitle": None,
        "mail": mailbox.address,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "surname": surname or None,
        "userPrincipalName": mailbox.address,
        "id": mailbox.user_id,
        "accountEnabled": True,
        "userType": "Member",
        "assignedPlans": [],
        "createdDateTime": None,
    }

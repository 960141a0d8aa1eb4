"""Messages: lists, one message, its bytes, marking, moving, deleting.

Each function names the page that its rules come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clawback.lab.graph.calls import Answer, Call
from clawback.lab.graph.filters import Filter, Reader
from clawback.lab.graph.folders import folder_named
from clawback.lab.graph.idents import is_id
from clawback.lab.graph.mailbox import (
    RECOVERABLE,
    Folder,
    Mailbox,
    Message,
    message_view,
)
from clawback.lab.graph.parsed import body_of, internet_message_headers, zulu
from clawback.lab.graph.queries import check_options, in_order, only, page_of, selected
from clawback.lab.graph.refusals import (
    bad_request,
    cannot_delete,
    item_not_found,
    malformed_id,
    quota_exceeded,
)
from clawback.lab.graph.switches import MailboxState, Switches
from clawback.lab.graph.tenant import Tenant

PROPERTIES = frozenset(
    {
        "id", "createdDateTime", "lastModifiedDateTime", "changeKey", "categories",
        "receivedDateTime", "sentDateTime", "hasAttachments", "internetMessageId", "subject",
        "bodyPreview", "importance", "parentFolderId", "conversationId", "isRead", "isDraft",
        "isDeliveryReceiptRequested", "isReadReceiptRequested", "inferenceClassification", "from",
        "sender", "toRecipients", "ccRecipients", "bccRecipients", "replyTo", "flag", "body",
        "internetMessageHeaders", "webLink", "uniqueBody", "conversationIndex",
    }
)  # fmt: skip


def _header(name: str) -> Reader:
    return lambda message: message.header[name]


def _address(name: str) -> Reader:
    def read(message: Message) -> object:
        match message.header[name]:
            case {"emailAddress": {"address": address}}:
                return address
        return None

    return read


READERS: Mapping[str, Reader] = {
    "internetMessageId": _header("internetMessageId"),
    "subject": _header("subject"),
    "importance": _header("importance"),
    "hasAttachments": _header("hasAttachments"),
    "conversationId": _header("conversationId"),
    "sentDateTime": _header("sentDateTime"),
    "from/emailAddress/address": _address("from"),
    "sender/emailAddress/address": _address("sender"),
    "receivedDateTime": lambda message: zulu(message.received_at),
    "createdDateTime": lambda message: zulu(message.received_at),
    "lastModifiedDateTime": lambda message: zulu(message.changed_at),
    "isRead": lambda message: message.is_read,
    "isDraft": lambda message: message.is_draft,
    "parentFolderId": lambda message: message.folder.id,
}


def message_named(mailbox: Mailbox, name: str, call: Call) -> Message:
    """The message of an id. Raises `Refusal`.

    "Obtain immutable identifiers for Outlook resources": ids have a case, and the header counts for
    its own request only. No page says whether an id of the other kind is accepted; the stricter
    reading is that it is not, and `translateExchangeIds` is the way over.
    """
    found = (mailbox.immutable if call.immutable else mailbox.regular).get(name)
    if found is None:
        raise item_not_found() if is_id(name) else malformed_id()
    return found


def list_messages(call: Call, mailbox: Mailbox, folder: Folder | None) -> Answer:
    """Of one folder, or of the whole mailbox without recoverable items.

    "List messages": 10 a page unless `$top` asks for 1 to 1,000; Deleted Items are included.
    """
    check_options(call)
    names = selected(call, PROPERTIES)
    found: Sequence[Message]
    if folder is None:
        found = [message for message in mailbox if message.folder.listed]
    else:
        found = list(folder.messages.values())
    filtered: list[str] = []
    if (text := call.query.get("$filter")) is not None:
        wanted = Filter(text, READERS, PROPERTIES)
        found, filtered = [message for message in found if wanted(message)], wanted.properties
    if "$orderby" in call.query:
        found = in_order(found, call, READERS, filtered)
    else:
        found = sorted(found, key=lambda message: message.received_at, reverse=True)
    page, following = page_of(found, call, default=10, most=1_000)
    body: dict[str, object] = {"@odata.context": context(call, mailbox)}
    if call.query.get("$count") == "true":
        body["@odata.count"] = len(found)
    body["value"] = [shown(message, call, names) for message in page]
    if following is not None:
        body["@odata.nextLink"] = following
    return Answer(200, body)


def show_message(call: Call, mailbox: Mailbox, message: Message) -> Answer:
    """One message: "Get message" (graph/api/message-get)."""
    check_options(call)
    view = shown(message, call, selected(call, PROPERTIES))
    return Answer(200, {"@odata.context": f"{context(call, mailbox)}/$entity", **view})


def shown(message: Message, call: Call, names: frozenset[str] | None) -> dict[str, object]:
    """The selected properties; those that cost much only where they are asked for by name."""
    view = only(message_view(message, call.immutable), names)
    if names is not None and "body" in names:
        view["body"] = body_of(message.raw)
    if names is not None and "internetMessageHeaders" in names:
        view["internetMessageHeaders"] = internet_message_headers(message.raw)
    return view


def mime_content(message: Message) -> Answer:
    """The bytes: "Get MIME content of a message" (graph/outlook-get-mime-message)."""
    return Answer(200, message.raw)


def move_message(
    call: Call, mailbox: Mailbox, message: Message, tenant: Tenant, switches: Switches
) -> Answer:
    """ "message: move" (graph/api/message-move): 201 and the message as it is in its new place."""
    name = call.parameter("destinationId")
    if not isinstance(name, str) or not name:
        raise bad_request("The move action needs a destinationId.")
    folder = folder_named(mailbox, name)
    _refuse_when_full(mailbox, folder, switches)
    mailbox.move(message, folder, tenant.clock())
    view = message_view(message, call.immutable)
    return Answer(201, {"@odata.context": f"{context(call, mailbox)}/$entity", **view})


def delete_message(
    mailbox: Mailbox, message: Message, tenant: Tenant, switches: Switches
) -> Answer:
    """ "Delete message" (graph/api/message-delete): 204, and not from recoverable items.

    The page does not say where the message goes: the switch `delete_to` does, and from Deleted
    Items it goes to recoverable items.
    """
    if message.folder.well_known == RECOVERABLE:
        raise cannot_delete()
    target = mailbox.well_known[switches.delete_to]
    if message.folder is target:
        target = mailbox.well_known[RECOVERABLE]
    _refuse_when_full(mailbox, target, switches)
    mailbox.move(message, target, tenant.clock())
    return Answer(204)


def permanently_delete(mailbox: Mailbox, message: Message) -> Answer:
    """ "message: permanentDelete" (graph/api/message-permanentdelete): 204, to Purges, out of sight."""
    mailbox.purge(message)
    return Answer(204)


def update_message(call: Call, mailbox: Mailbox, message: Message, tenant: Tenant) -> Answer:
    """ "Update message" (graph/api/message-update): isRead, flag and categories."""
    body = call.body if isinstance(call.body, dict) else {}
    if not body or body.keys() - {"isRead", "flag", "categories"}:
        raise bad_request("This tenant updates isRead, flag and categories.")
    if "isRead" in body:
        message.is_read = bool(body["isRead"])
    if isinstance(flag := body.get("flag"), dict):
        message.flagged = flag.get("flagStatus") == "flagged"
    if isinstance(categories := body.get("categories"), list):
        message.categories = tuple(map(str, categories))
    mailbox.touch(message, tenant.clock())
    return show_message(call, mailbox, message)


def _refuse_when_full(mailbox: Mailbox, target: Folder, switches: Switches) -> None:
    """A hard quota of recoverable items: nothing more goes in (see `MailboxState.FULL`)."""
    full = switches.mailboxes.get(mailbox.address) is MailboxState.FULL
    if full and target.well_known == RECOVERABLE:
        raise quota_exceeded(switches.quota_status)


def context(call: Call, mailbox: Mailbox) -> str:
    """What `@odata.context` says of messages of one mailbox."""
    return f"{call.base}/$metadata#users('{mailbox.user_id}')/messages"

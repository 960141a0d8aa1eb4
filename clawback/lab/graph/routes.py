"""From a request to its answer: whose mailbox, which right, what is asked.

No web framework is in the way, since each part of a batch takes this path too.
"""

from __future__ import annotations

from dataclasses import dataclass

from clawback.lab.graph.calls import Answer, Call
from clawback.lab.graph.delta import Rounds, delta, fresh_start
from clawback.lab.graph.directory import users
from clawback.lab.graph.folders import (
    folder_named,
    list_folders,
    make_folder,
    show_folder,
)
from clawback.lab.graph.mailbox import Folder, Mailbox, Message
from clawback.lab.graph.messages import (
    delete_message,
    list_messages,
    message_named,
    mime_content,
    move_message,
    permanently_delete,
    show_message,
    update_message,
)
from clawback.lab.graph.refusals import (
    access_denied,
    group_mailbox,
    item_not_found,
    method_not_allowed,
    no_such_path,
    not_hosted,
    not_supported,
    unknown_resource,
    unknown_user,
)
from clawback.lab.graph.switches import MailboxState, Switches
from clawback.lab.graph.tenant import Tenant
from clawback.lab.graph.translating import translate

# Application permissions of the pages "List messages", "Get message", "message: move": any of them.
_LIST = frozenset({"Mail.ReadBasic.All", "Mail.Read", "Mail.ReadWrite"})
_READ = frozenset({"Mail.Read", "Mail.ReadWrite"})
_WRITE = frozenset({"Mail.ReadWrite"})

_DELTA = frozenset({"delta", "delta()", "microsoft.graph.delta", "microsoft.graph.delta()"})
_ACTIONS = frozenset({"move", "permanentDelete"})


@dataclass(slots=True)
class Desk:
    """What answers need: the tenant, its switches as they are now, and the delta tokens."""

    tenant: Tenant
    switches: Switches
    rounds: Rounds


def mailbox_name(call: Call) -> str | None:
    """The user whose mailbox a request is for; None for the directory. "" for nobody."""
    segments = call.segments
    if len(segments) < 3 or segments[0].lower() != "users":
        return None
    return segments[1]


def is_delta(call: Call) -> bool:
    """Whether a request is a delta request."""
    return bool(call.segments) and call.segments[-1] in _DELTA


def kind_of(call: Call) -> str:
    """What was asked, for the statistics."""
    last = call.segments[-1].lower() if call.segments else ""
    if is_delta(call):
        return "delta"
    if last in {"move", "permanentdelete", "$value", "messages", "mailfolders", "childfolders"}:
        return last.removeprefix("$")
    return f"{call.method.lower()} {'user' if len(call.segments) <= 2 else 'item'}"


def answer(call: Call, desk: Desk) -> Answer:
    """The answer. Raises `Refusal`."""
    segments = call.segments
    if not segments or segments[0].lower() != "users":
        raise no_such_path(segments[0] if segments else "")
    if len(segments) <= 2:
        if call.method != "GET":
            raise method_not_allowed()
        return users(call, desk.tenant, desk.switches)
    mailbox = _mailbox(segments[1], desk)
    rest = segments[2:]
    match rest[0].lower(), rest[1:]:
        case "mailfolders", below:
            return _in_folders(call, mailbox, below, desk)
        case "messages", []:
            _require(call, desk, _LIST)
            return list_messages(call, mailbox, None)
        case "messages", below:
            return _in_message(call, mailbox, below, desk)
        case "translateexchangeids", []:
            _require(call, desk, _READ, method="POST")
            return translate(call, mailbox)
    raise no_such_path(rest[0])


def resync_answer(call: Call) -> Exception:
    """What a delta request hears when its token is taken to have expired."""
    return fresh_start(call)


def _mailbox(name: str, desk: Desk) -> Mailbox:
    """The mailbox, if it can be used at all.

    Whether the scope or the mailbox is looked at first is documented nowhere.
    """
    mailbox = desk.tenant.find(name)
    address = name.lower() if mailbox is None else mailbox.address
    match desk.switches.mailboxes.get(address):
        case MailboxState.ON_PREMISES | MailboxState.INACTIVE:
            raise not_hosted()
        case MailboxState.UNLICENSED:
            raise not_supported()
        case MailboxState.GROUP:
            raise group_mailbox()
        case MailboxState.OUTSIDE_SCOPE:
            raise access_denied()
    if mailbox is None:
        raise unknown_user(name) if "@" in name else unknown_resource(name)
    return mailbox


def _in_folders(call: Call, mailbox: Mailbox, below: list[str], desk: Desk) -> Answer:
    if not below:
        return _folders_below(call, mailbox, mailbox.root, desk)
    folder = folder_named(mailbox, below[0])
    match below[1:]:
        case []:
            _require(call, desk, _LIST)
            return show_folder(call, mailbox, folder)
        case [name] if name.lower() == "childfolders":
            return _folders_below(call, mailbox, folder, desk)
        case [name] if name.lower() == "messages":
            _require(call, desk, _LIST)
            return list_messages(call, mailbox, folder)
        case [name, last] if name.lower() == "messages" and last in _DELTA:
            _require(call, desk, _LIST)
            return delta(call, mailbox, folder, desk.rounds, desk.switches)
        case [name, *rest] if name.lower() == "messages":
            return _in_message(call, mailbox, rest, desk, folder)
    raise no_such_path(below[1])


def _folders_below(call: Call, mailbox: Mailbox, parent: Folder, desk: Desk) -> Answer:
    if call.method == "POST":
        _require(call, desk, _WRITE, method="POST")
        return make_folder(call, mailbox, parent)
    _require(call, desk, _LIST)
    return list_folders(call, mailbox, parent)


def _in_message(
    call: Call, mailbox: Mailbox, below: list[str], desk: Desk, folder: Folder | None = None
) -> Answer:
    method = call.method
    rights = _WRITE if method != "GET" else _READ if below[1:] else _LIST
    _require(call, desk, rights, method=method)
    message = message_named(mailbox, below[0], call)
    if folder is not None and message.folder is not folder:
        raise item_not_found()
    if message.folder.well_known is not None and message.folder.well_known.endswith("purges"):
        raise item_not_found()
    match method, below[1:]:
        case "GET", []:
            return show_message(call, mailbox, message)
        case "GET", ["$value"]:
            return mime_content(message)
        case "PATCH", []:
            return update_message(call, mailbox, message, desk.tenant)
        case "DELETE", []:
            return delete_message(mailbox, message, desk.tenant, desk.switches)
        case "POST", [action]:
            return _act(call, mailbox, message, action, desk)
        case _, [] | ["$value"] | ["move"]:
            raise method_not_allowed()
    raise no_such_path(below[1] if below[1:] else below[0])


def _act(call: Call, mailbox: Mailbox, message: Message, action: str, desk: Desk) -> Answer:
    match action.removeprefix("microsoft.graph."):
        case "move":
            return move_message(call, mailbox, message, desk.tenant, desk.switches)
        case "permanentDelete":
            return permanently_delete(mailbox, message)
    raise no_such_path(action)


def _require(call: Call, desk: Desk, rights: frozenset[str], *, method: str = "GET") -> None:
    if call.method != method:
        raise method_not_allowed()
    if not desk.switches.roles & rights:
        raise access_denied()

"""`/users/{id}/mailFolders`: lists, one folder, child folders, a new folder.

"List mailFolders" (graph/api/user-list-mailfolders), "List childFolders"
(graph/api/mailfolder-list-childfolders): 10 a page unless `$top` asks for more. Recoverable items
are in no list; they are reached by their well-known name ("mailFolder resource type").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clawback.lab.graph.calls import Answer, Call
from clawback.lab.graph.filters import Filter, Reader
from clawback.lab.graph.idents import is_id
from clawback.lab.graph.mailbox import PURGES, Folder, Mailbox, folder_view
from clawback.lab.graph.queries import check_options, only, page_of, selected
from clawback.lab.graph.refusals import bad_request, folder_exists, item_not_found, malformed_id

_PROPERTIES = frozenset(
    {
        "id", "displayName", "parentFolderId", "childFolderCount", "unreadItemCount",
        "totalItemCount", "isHidden",
    }
)  # fmt: skip
_FILTERABLE: Mapping[str, Reader] = {
    "displayName": lambda folder: folder.name,
    "totalItemCount": lambda folder: len(folder.messages),
}


def folder_named(mailbox: Mailbox, name: str) -> Folder:
    """The folder of a well-known name (without case) or an id (with case). Raises `Refusal`.

    Purges are for administrators alone: "Recoverable Items folder in Exchange Online".
    """
    folder = mailbox.well_known.get(name.lower()) or mailbox.folders.get(name)
    if folder is None:
        raise item_not_found() if is_id(name) else malformed_id()
    if folder.well_known == PURGES:
        raise item_not_found()
    return folder


def list_folders(call: Call, mailbox: Mailbox, parent: Folder) -> Answer:
    """The folders directly below one."""
    check_options(call)
    folders: Sequence[Folder] = [child for child in parent.children if child.listed]
    if (text := call.query.get("$filter")) is not None:
        wanted = Filter(text, _FILTERABLE, _PROPERTIES)
        folders = [folder for folder in folders if wanted(folder)]
    page, following = page_of(folders, call, default=10, most=1_000)
    names = selected(call, _PROPERTIES)
    body: dict[str, object] = {"@odata.context": _context(call, mailbox)}
    if call.query.get("$count") == "true":
        body["@odata.count"] = len(folders)
    body["value"] = [only(folder_view(folder), names) for folder in page]
    if following is not None:
        body["@odata.nextLink"] = following
    return Answer(200, body)


def show_folder(call: Call, mailbox: Mailbox, folder: Folder) -> Answer:
    """One folder: "Get mailFolder" (graph/api/mailfolder-get)."""
    check_options(call)
    view = only(folder_view(folder), selected(call, _PROPERTIES))
    return Answer(200, {"@odata.context": f"{_context(call, mailbox)}/$entity", **view})


def make_folder(call: Call, mailbox: Mailbox, parent: Folder) -> Answer:
    """A new folder: "Create mailFolder", "Create child folder" (graph/api/mailfolder-post-childfolders)."""
    name = call.body.get("displayName") if isinstance(call.body, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise bad_request("A folder needs a displayName.")
    if any(child.name.lower() == name.lower() for child in parent.children):
        raise folder_exists(name)
    folder = mailbox.add_folder(name, parent)
    return Answer(
        201, {"@odata.context": f"{_context(call, mailbox)}/$entity", **folder_view(folder)}
    )


def _context(call: Call, mailbox: Mailbox) -> str:
    return f"{call.base}/$metadata#users('{mailbox.user_id}')/mailFolders"

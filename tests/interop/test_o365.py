"""The O365 library lists, moves and deletes in the lab's tenant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from interop_tenant import Served
from O365 import Account, MSGraphProtocol
from O365.utils.token import MemoryTokenBackend

GONE = "recoverableitemsdeletions"


@pytest.fixture
def mailbox(tenant: Served) -> Callable[[str], Any]:
    """A mailbox of the library by address."""

    class LabProtocol(MSGraphProtocol):
        _protocol_url = f"{tenant.base}/"

    account = Account(
        ("client", "secret"),
        auth_flow_type="credentials",
        tenant_id=tenant.ready["tenant_id"],
        protocol=LabProtocol(),
        token_backend=MemoryTokenBackend(),
    )
    # Its own sign-in wants https; the token is the tenant's static one.
    account.con.session = account.con.get_session(load_token=False)
    account.con.update_session_auth_header(access_token=tenant.ready["token"])
    return lambda user: account.mailbox(resource=user)


def test_it_lists_a_folder_page_by_page(tenant: Served, mailbox: Callable[[str], Any]) -> None:
    user = tenant.users[0]
    found = list(mailbox(user).inbox_folder().get_messages(limit=None, batch=5))
    inbox = [name for name in tenant.folders(user).values() if name == "inbox"]
    assert len(found) == len(inbox) > 5
    assert all(message.internet_message_id for message in found)


def test_it_filters_by_subject(tenant: Served, mailbox: Callable[[str], Any]) -> None:
    inbox = mailbox(tenant.users[0]).inbox_folder()
    wanted = next(iter(inbox.get_messages(limit=1)))
    query = inbox.q().equals("subject", wanted.subject)
    assert wanted.object_id in [message.object_id for message in inbox.get_messages(query=query)]


def test_it_moves_and_deletes(tenant: Served, mailbox: Callable[[str], Any]) -> None:
    user = tenant.users[1]
    before = list(tenant.folders(user).values())
    messages = list(mailbox(user).inbox_folder().get_messages(limit=2))
    old = messages[0].object_id
    assert messages[0].move(GONE)
    assert messages[0].object_id != old
    assert messages[1].delete()
    after = list(tenant.folders(user).values())
    assert after.count(GONE) == before.count(GONE) + 1
    assert after.count("deleteditems") == before.count("deleteditems") + 1
    assert after.count("inbox") == before.count("inbox") - 2


def test_it_lists_folders(tenant: Served, mailbox: Callable[[str], Any]) -> None:
    names = {folder.name for folder in mailbox(tenant.users[0]).get_folders(limit=50)}
    assert {"Inbox", "Junk Email", "Deleted Items"} <= names
    assert not {"Deletions", "Purges"} & names

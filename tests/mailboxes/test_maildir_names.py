"""Folders, handles and roles: every name on disk is one name for people, and leads back."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawback.mailboxes.folder_roles import FolderRoles
from clawback.mailboxes.maildir_names import (
    decode_mutf7,
    delivered_at,
    directory_of,
    encode_mutf7,
    folder_of,
    shown,
    stored,
)
from models.copies import FolderRole

DIRECTORY_NAMES = st.binary(min_size=1, max_size=40).filter(
    lambda name: b"/" not in name and b"\0" not in name and name != b"."
)


@pytest.mark.parametrize(
    ("folder", "directory"),
    [
        ("INBOX", ""),
        ("Junk", ".Junk"),
        ("Projects/2024", ".Projects.2024"),
        ("Gelöschte Elemente", ".Gel&APY-schte Elemente"),
        ("R&D", ".R&-D"),
        ("受信", ".&U9dP4Q-"),
        (".INBOX", ".INBOX"),
        (".Gelöscht", ".Gelöscht"),
        (".a..b", ".a..b"),
        (".bad&run", ".bad&run"),
    ],
)
def test_folder_names_lead_to_their_directories_and_back(folder: str, directory: str) -> None:
    assert directory_of(folder) == directory
    assert folder_of(directory) == folder


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_modified_utf7_loses_nothing(text: str) -> None:
    encoded = encode_mutf7(text)
    assert encoded.isascii()
    assert decode_mutf7(encoded) == text


@given(DIRECTORY_NAMES)
def test_every_directory_has_one_folder_name_that_any_database_holds(name: bytes) -> None:
    directory = "." + os.fsdecode(name)
    folder = folder_of(directory)
    folder.encode()
    assert "\0" not in folder
    assert directory_of(folder) == directory
    assert stored(shown(os.fsdecode(name))) == os.fsdecode(name)


@pytest.mark.parametrize("folder", ["", ".", "..", "a//b", "a/../b", "x" * 300, ".%2e", ".a/b"])
def test_folder_names_that_no_directory_can_have_are_refused(folder: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        directory_of(folder)


@pytest.mark.parametrize(
    ("folder", "role"),
    [
        ("inbox", FolderRole.INBOX),
        ("JUNK EMAIL", FolderRole.JUNK),
        ("Papierkorb", FolderRole.DELETED),
        ("CORBEILLE", FolderRole.DELETED),
        ("Trash/Projects", FolderRole.DELETED),
        ("INBOX/Gesendet", FolderRole.SENT),
        ("INBOX/Projects", FolderRole.USER),
        ("Archives/2024", FolderRole.ARCHIVE),
        ("My Trash", FolderRole.USER),
        ("Held", FolderRole.QUARANTINE),
    ],
)
def test_roles_follow_names_in_many_languages_and_overrides(folder: str, role: FolderRole) -> None:
    roles = FolderRoles({"held": FolderRole.QUARANTINE})
    assert roles.role_of(folder) is role
    assert roles.folder_for(FolderRole.QUARANTINE) == "held"


NOON = 1_700_000_000


@pytest.mark.parametrize(
    ("handle", "modified", "wanted"),
    [
        (f"{NOON}.M1P2.host", NOON + 5, NOON),
        (f"{NOON + 60}.M1P2.host", NOON, NOON),  # copied by a client: the file's time is older
        ("1.M1P2.host", NOON, NOON),
        ("msg.abc", NOON, NOON),
        (f"{NOON}.M1P2.host", 0, NOON),
        ("99999999999.x", 0, None),
        ("99999999999.x", NOON, NOON),
    ],
)
def test_a_message_was_delivered_when_its_name_or_its_file_says(
    handle: str, modified: int, wanted: int | None
) -> None:
    told = delivered_at(handle, modified * 1_000_000_000)
    assert (told and told.timestamp()) == wanted

"""A mailbox's change feed against what the index knows."""

from __future__ import annotations

from clawback.core.changes import Appeared, CopyMatcher, MailboxDiff, diff_mailbox
from models.copies import Entry, FolderChanges, FolderRole, MailboxChanges, Place
from models.syncing import KnownCopy, MovedCopy, NewCopy

BOX = "a@example.com"


def known(copy_id: int, folder: str, handle: str, content: str = "c") -> KnownCopy:
    return KnownCopy(copy_id, Place(folder, handle), FolderRole.INBOX, content)


def listing(folder: str, *handles: str, complete: bool = True) -> FolderChanges:
    entries = tuple(Entry(handle, frozenset(), 1) for handle in handles)
    return FolderChanges(folder, FolderRole.INBOX, complete, entries)


def changes(
    *folders: FolderChanges, gone: tuple[str, ...] = (), complete: bool = False
) -> MailboxChanges:
    return MailboxChanges(BOX, folders, gone, "next", complete)


def test_a_folder_that_did_not_change_takes_no_part() -> None:
    diff = diff_mailbox(
        [known(1, "INBOX", "a"), known(2, "Work", "b")], changes(listing("INBOX", "a"))
    )

    assert diff == MailboxDiff((), ())


def test_a_folder_missing_from_a_complete_listing_has_vanished_with_its_copies() -> None:
    copy = known(2, "Work", "b")

    diff = diff_mailbox(
        [known(1, "INBOX", "a"), copy], changes(listing("INBOX", "a"), complete=True)
    )

    assert diff.vanished == (copy,)


def test_a_folder_that_is_gone_has_vanished_with_its_copies() -> None:
    copy = known(2, "Work", "b")

    assert diff_mailbox([copy], changes(gone=("Work",))).vanished == (copy,)


def test_an_incremental_listing_loses_only_what_it_names() -> None:
    folder = FolderChanges("INBOX", FolderRole.INBOX, False, (), ("a",))

    diff = diff_mailbox([known(1, "INBOX", "a"), known(2, "INBOX", "b")], changes(folder))

    assert [copy.copy_id for copy in diff.vanished] == [1]


def test_what_vanished_and_appeared_with_the_same_content_is_the_same_copy() -> None:
    item = Appeared(Place("Work", "new"), FolderRole.USER)
    matcher = CopyMatcher(MailboxDiff((item,), (known(7, "INBOX", "old", "x"),)))

    assert matcher.match(item, "x", []) == MovedCopy(7, item.place, item.role)
    assert matcher.gone() == ()


def test_other_content_under_the_same_handle_is_a_new_copy() -> None:
    item = Appeared(Place("Work", "same"), FolderRole.USER)
    matcher = CopyMatcher(MailboxDiff((item,), (known(7, "INBOX", "same", "x"),)))

    assert matcher.match(item, "other", []) == NewCopy(item.place, item.role, "other")
    assert matcher.gone() == (7,)


def test_two_identical_messages_stay_two_copies() -> None:
    """One vanished copy is used for one appearance; the second is new."""
    items = [Appeared(Place("Work", handle), FolderRole.USER) for handle in ("n1", "n2")]
    matcher = CopyMatcher(MailboxDiff(tuple(items), (known(7, "INBOX", "old", "x"),)))

    assert isinstance(matcher.match(items[0], "x", []), MovedCopy)
    assert isinstance(matcher.match(items[1], "x", []), NewCopy)


def test_the_same_handle_wins_over_the_same_content() -> None:
    twins = (known(1, "INBOX", "h1", "x"), known(2, "INBOX", "h2", "x"))
    items = [Appeared(Place("Work", handle), FolderRole.USER) for handle in ("h2", "h1")]
    matcher = CopyMatcher(MailboxDiff(tuple(items), twins))

    matched = [matcher.match(item, "x", []) for item in items]

    assert [copy.copy_id for copy in matched if isinstance(copy, MovedCopy)] == [2, 1]


def test_a_copy_that_was_gone_comes_back_under_its_number_once() -> None:
    items = [Appeared(Place("INBOX", handle), FolderRole.INBOX) for handle in ("a", "b")]
    matcher = CopyMatcher(MailboxDiff(tuple(items), ()))
    before = [known(9, "INBOX", "old", "x")]

    assert matcher.match(items[0], "x", before) == MovedCopy(9, items[0].place, items[0].role)
    assert isinstance(matcher.match(items[1], "x", before), NewCopy)

"""What changed since an action's messages were analysed, by what the index knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models.copies import FolderRole
from models.locations import Bucket


@dataclass(frozen=True, slots=True)
class SinceAnalysis:
    """Then and now, in messages. Now is as of `looked_at_at`, None where a mailbox was never read.

    `late_arrivals` carry the indicator now, are no members and are not excluded;
    `late_in_mailbox` of them lie where a removal would take them. Of the members, `moved` are in
    another folder than at the analysis, by Clawback or by others (a person, a rule, the mail
    system: mail systems do not tell which); `gone` are nowhere any more. `in_mailbox_then` is None
    where locations were never checked.
    """

    analysed_at: datetime
    looked_at_at: datetime | None
    members_then: int
    in_mailbox_then: int | None
    in_mailbox_now: int
    late_arrivals: int
    late_in_mailbox: int
    moved_by_clawback: int
    moved_by_others: int
    gone: int

    @property
    def moved(self) -> int:
        """Members that are in another folder now."""
        return self.moved_by_clawback + self.moved_by_others

    @property
    def is_changed(self) -> bool:
        """Whether anything is other than it was analysed."""
        return bool(self.moved or self.gone or self.late_arrivals)


@dataclass(frozen=True, slots=True)
class MemberGroup:
    """So many members of a cluster with the same story since its first location check.

    `bucket` is that of the check, None where none says. With `was_somewhere` the check saw the
    copy at a place; `is_elsewhere` compares folder and role of that place with the index, and
    `is_ours` says that an action moved the copy since the analysis. `role` is the index's.
    """

    bucket: Bucket | None
    was_somewhere: bool
    is_elsewhere: bool
    is_gone: bool
    is_ours: bool
    role: FolderRole
    members: int

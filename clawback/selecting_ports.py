"""The ports of actions on selected messages: what the index and the cases know of selections."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from models.alerts import Investigation, NewAlert
from models.clusters import Cluster, Member
from models.indicators import Indicator
from models.selecting import ListedCopy, MessageKey, Selection


class MessagePicker(Protocol):
    """The part of `IndexStore` that knows messages by mail and mailbox."""

    def pick(self, keys: Collection[MessageKey]) -> Mapping[MessageKey, tuple[Member, ...]]:
        """The live copies of each message that has any, by copy id; keys in lower case."""
        ...

    def recipients(self, network_message_ids: Collection[str]) -> frozenset[MessageKey]:
        """Each mailbox that has a live copy of one of these mails, as a message; ids in lower case."""
        ...

    def senders_copies(self, mail_ids: Collection[int]) -> tuple[Member, ...]:
        """The live copies of these mails in the Sent Items of the sender's own mailbox."""
        ...

    def listed(self, keys: Collection[MessageKey]) -> tuple[ListedCopy, ...]:
        """The live copies of some messages with what their mail says of itself, by copy id."""
        ...

    def senders_of(self, network_message_ids: Collection[str]) -> Mapping[str, str]:
        """The sender of each of these mails that is known; ids and addresses in lower case."""
        ...

    def parts(self, mail_ids: Collection[int]) -> Mapping[int, tuple[Indicator, ...]]:
        """The files and links of each mail that has any, each once: what it is looked up by.

        Links of Subject and headers are none: they never cluster by themselves.
        """
        ...


class SelectionStore(Protocol):
    """The part of `CaseStore` that keeps what people asked for."""

    def add_selection(
        self, alert: NewAlert, selection: Selection, cluster: Cluster
    ) -> tuple[Investigation, bool]:
        """What `add_alert` does, with what was asked for and the cluster that was selected."""
        ...

    def investigation_by(self, source: str, external_id: str) -> Investigation | None:
        """The investigation of the alert that has this identity, None where there is none."""
        ...

    def selection(self, investigation_id: int) -> Selection | None:
        """What a person asked for by this investigation; None where it looks for an indicator."""
        ...

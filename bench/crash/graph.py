"""The Graph tenant of a crash trial, and a second client of it: httpx, one request at a time.

One request or part in five goes wrong, in every way that a tenant has; the second client asks while
nothing does.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.crash.jobs import Victim
from bench.crash.mail import INBOX, RECOVERABLE, Delivery, Move, Reading, message_id_of
from bench.crash.maildir import write_tree
from bench.measuring import expect
from bench.tenant import TOKEN_VARIABLE, Tenant, renting

FAULTS: Mapping[str, float] = {
    "throttled": 0.03,
    "throttled-silent": 0.02,
    "unavailable": 0.02,
    "gateway-timeout": 0.02,
    "dropped": 0.02,
    "dropped-after": 0.02,
    "applied-throttled": 0.03,
    "applied-timeout": 0.02,
    "move-copy-failed": 0.02,
}
"""A fifth of all requests: rates add up. What a mailbox has in store for good, a quota or a missing
right, is left out: it is an ending, not a fault."""

_NAMES = {"Inbox": INBOX}
_FOLDERS = "?$top=100&$select=id,displayName"
_MESSAGES = "?$top=1000&$select=id,isRead,flag,internetMessageId"


class GraphStore:
    """The lab's tenant over the campaign."""

    environment: Mapping[str, str]
    doubles = False
    latest_microseconds = 40_000
    victims: tuple[Victim, ...] = (Victim.EXECUTOR,)

    def __init__(self, tenant: Tenant, deliveries: Sequence[Delivery]) -> None:
        self._tenant = tenant
        self._mailboxes = sorted({delivery.mailbox for delivery in deliveries})
        self._ids = {_digest(one): message_id_of(one.raw) for one in deliveries}
        self._seed = 0
        self.environment = {TOKEN_VARIABLE: tenant.token}
        listed = ", ".join(f'"{mailbox}"' for mailbox in self._mailboxes)
        self.toml = (
            f'[[sources]]\nname = "trial"\nkind = "graph"\ncredential = "token"\n'
            f'token_env = "{TOKEN_VARIABLE}"\nbase_url = "{tenant.base_url}"\nusers = [{listed}]\n'
        )

    def read(self) -> Reading:
        """Every message of every folder, and of recoverable items, which are in no list."""
        self._tenant.change(faults={})
        reading = Reading()
        for mailbox in self._mailboxes:
            for folder, name in self._folders(mailbox):
                for item in self._get(f"/users/{mailbox}/mailFolders/{folder}/messages{_MESSAGES}"):
                    raw = self._raw(f"/users/{mailbox}/messages/{item['id']}/$value")
                    reading.add(mailbox, name, raw, _flags(item))
        # A change of switches begins chance anew: another seed, or the same faults come each time.
        self._seed += 1
        self._tenant.change(faults=FAULTS, seed=self._seed)
        return reading

    def false_counts(self, made: Mapping[Move, int], excused: Mapping[Move, int]) -> Iterator[str]:
        """By the tenant's own count of changes of each message, both ways together."""
        counted = Counter[tuple[str, str]]()
        for mailbox in self._mailboxes:
            for message in self._tenant.truth(mailbox):
                message_id = self._ids[mailbox, message["sha256"]]
                counted[mailbox, message_id] += message["changes"]
        told = Counter[tuple[str, str]]()
        for move, number in made.items():
            told[move.mailbox, move.message_id] += number
        if +counted - told:
            yield "the tenant moved a message more often than the ledger says"
        if told - counted:
            yield "the ledger says of a move what the tenant's count does not"

    def strike(self) -> None:
        """The tenant is not killed: nobody but Microsoft could do that."""

    def facts(self) -> Mapping[str, object]:
        """The faults that the tenant met its clients with."""
        counted = self._tenant.statistics()
        return {
            "tenant_faults": counted["faults"],
            "tenant_requests": counted["requests"],
            "tenant_parts": counted["parts"],
        }

    def _folders(self, mailbox: str) -> Iterator[tuple[str, str]]:
        yield "recoverableitemsdeletions", RECOVERABLE
        for item in self._get(f"/users/{mailbox}/mailFolders{_FOLDERS}"):
            yield item["id"], _NAMES.get(item["displayName"], item["displayName"])

    def _get(self, path: str) -> list[dict[str, Any]]:
        answer = self._tenant.client.get(self._tenant.base_url + path)
        expect(answer.status_code == 200, f"the tenant answers {answer.status_code}")
        found: list[dict[str, Any]] = answer.json()["value"]
        return found

    def _raw(self, path: str) -> bytes:
        answer = self._tenant.client.get(self._tenant.base_url + path)
        expect(answer.status_code == 200, f"the tenant answers {answer.status_code}")
        return answer.content


@contextmanager
def graph_store(home: Path, deliveries: Sequence[Delivery]) -> Iterator[GraphStore]:
    """A tenant over a tree below `home` with these messages; limits are those that are documented.

    A refusal says to wait for no time: how long a client waits is not what is tried here.
    """
    root = home / "mail"
    write_tree(root, deliveries)
    with renting(root, faults={}, retry_after_seconds=0) as tenant:
        yield GraphStore(tenant, deliveries)


def _flags(item: Mapping[str, Any]) -> frozenset[str]:
    seen = {"Seen"} if item["isRead"] else set()
    flagged = {"Flagged"} if item["flag"]["flagStatus"] == "flagged" else set()
    return frozenset(seen | flagged)


def _digest(delivery: Delivery) -> tuple[str, str]:
    return delivery.mailbox, hashlib.sha256(delivery.raw).hexdigest()

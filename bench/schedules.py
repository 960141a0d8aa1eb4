"""The ideal schedule of a removal in a Graph tenant: what its limits allow, and nothing lost."""

from __future__ import annotations

import math
from dataclasses import dataclass

PARTS_A_COPY = 3
"""A look before, the move, a look after: without any of them a move is not proved."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A campaign of copies spread evenly over mailboxes, and the limits that it meets.

    `concurrency` requests or parts run at once, for each mailbox or over all (`is_shared`), each for
    `latency` seconds; `per_second` begin in any second.
    """

    copies: int
    mailboxes: int
    latency: float
    concurrency: int
    is_shared: bool
    per_second: int

    @property
    def ideal_seconds(self) -> float:
        """The longest of three bounds, none of which any client can beat.

        Rate: of n parts the last begins when all full seconds before it are over, and takes the
        latency: (ceil(n / per_second) - 1) + latency. Concurrency: each of the three steps of a
        mailbox's copies goes in waves of `concurrency`: 3 x ceil(copies / concurrency) x latency,
        where `copies` are those of one mailbox, or all of them where the limit is shared. Latency: a
        copy's three steps follow one another: 3 x latency, which the second bound contains.
        """
        parts = PARTS_A_COPY * self.copies
        rate = (math.ceil(parts / self.per_second) - 1) + self.latency
        if self.is_shared:
            return max(rate, math.ceil(parts / self.concurrency) * self.latency)
        each = math.ceil(self.copies / self.mailboxes)
        return max(rate, PARTS_A_COPY * math.ceil(each / self.concurrency) * self.latency)

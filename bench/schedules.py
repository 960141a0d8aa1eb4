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

        Rate: of n parts at most `per_second` begin in each second. After s full seconds at least
        n - s x per_second have yet to begin; they go in waves of all that may be under way at once:
        s + ceil(left / at once) x latency, for the largest s that leaves any.

        Concurrency: the parts of a mailbox, or all of them where the limit is shared, go in waves of
        `concurrency`: ceil(3 x copies / concurrency) x latency.

        Steps: a copy's look, move and look follow one another: 3 x latency.
        """
        parts = PARTS_A_COPY * self.copies
        lanes = 1 if self.is_shared else self.mailboxes
        each = PARTS_A_COPY * math.ceil(self.copies / lanes)
        seconds = math.ceil(parts / self.per_second) - 1
        left = parts - seconds * self.per_second
        return max(
            seconds + math.ceil(left / (self.concurrency * lanes)) * self.latency,
            math.ceil(each / self.concurrency) * self.latency,
            PARTS_A_COPY * self.latency,
        )

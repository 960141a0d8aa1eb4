"""How much may be asked of Graph at once and in a time: pure counting, the time is an argument.

"Outlook service limits" (graph/throttling-limits): 10,000 requests in 10 minutes and 4 at once, for
each application and mailbox; an older page says 4 at once for an application over all mailboxes.
2,000 requests a second for each application over all tenants ("Global limit").
"""

from __future__ import annotations

from collections import deque

_SHARE = 0.8  # of the quickest answer: even that one was on its way for a while
PARTS_IN_A_BATCH = 20  # "JSON batching" (graph/json-batching), Batch size limitations


class Window:
    """At most `most` requests within any `seconds`, counted in slots.

    A bucket that refills would let twice as many through in one window of the server's: what it saved
    and what came in meanwhile. Here a slot counts until all of it is out of the window.
    """

    def __init__(self, most: int, seconds: float, *, slots: int = 50) -> None:
        self._most = most
        self._seconds = seconds
        self._slot_seconds = seconds / slots
        self._slots: deque[tuple[int, int]] = deque()  # slot number, requests in it
        self._used = 0
        self._first_ends_at = float("inf")

    def room(self, now: float) -> int:
        """How many may go now."""
        if now >= self._first_ends_at:
            self._forget(now)
        return self._most - self._used

    def take(self, count: int, now: float) -> None:
        """Count requests that go now; those of before the latest count as of then."""
        number = int(now / self._slot_seconds)
        if self._slots:
            number = max(number, self._slots[-1][0])
        if self._slots and self._slots[-1][0] == number:
            self._slots[-1] = number, self._slots[-1][1] + count
        else:
            self._slots.append((number, count))
        self._first_ends_at = self._end_of(self._slots[0][0])
        self._used += count

    def free_at(self, count: int, now: float) -> float:
        """When `count` may go at the earliest, if nothing else goes; more than ever fit is `most`."""
        self._forget(now)
        missing = min(count, self._most) - (self._most - self._used)
        for number, used in self._slots:
            if missing <= 0:
                return now
            missing -= used
            if missing <= 0:
                return self._end_of(number)
        return now

    def is_unused(self, now: float) -> bool:
        """Whether nothing counts any more."""
        self._forget(now)
        return not self._slots

    def _end_of(self, number: int) -> float:
        return (number + 1) * self._slot_seconds + self._seconds

    def _forget(self, now: float) -> None:
        while self._slots and self._end_of(self._slots[0][0]) <= now:
            self._used -= self._slots.popleft()[1]
        self._first_ends_at = self._end_of(self._slots[0][0]) if self._slots else float("inf")


class Rate:
    """At most `most` requests that arrive within any `seconds`, as the server counts them.

    When a request arrives is not known: between its being sent and its answer. One without an answer
    counts, and one with an answer from the latest time at which it can have come: before the answer by
    most of what the quickest of all answers took. Where requests queue up on their way, as a burst does
    on a busy machine, this is later than when they were sent.
    """

    def __init__(self, most: int, seconds: float, *, slots: int = 200) -> None:
        self._window = Window(most, seconds, slots=slots)
        self._unanswered = 0
        self._quickest = float("inf")

    def room(self, now: float) -> int:
        """How many may go now."""
        return self._window.room(now) - self._unanswered

    def take(self, count: int) -> None:
        """Count requests that go now."""
        self._unanswered += count

    def answered(self, count: int, *, sent_at: float, now: float) -> None:
        """Requests that were sent together were answered, or never will be."""
        self._unanswered -= count
        self._quickest = min(self._quickest, now - sent_at)
        self._window.take(count, now - _SHARE * self._quickest)

    def free_at(self, count: int, now: float) -> float:
        """When `count` may go, if all that was sent were answered now: not before, maybe later."""
        return self._window.free_at(count + self._unanswered, now)


class AdaptiveLimit:
    """How many requests may be under way at once, over all mailboxes: up by steps, down by a part.

    It falls at most once in the time that an answer takes, since all that were under way together
    tell the same. A single mailbox that is throttled says nothing of the others: an answer counts
    against the limit where a good part of a batch was refused, or where it took far longer than usual.
    """

    def __init__(
        self, *, start: int, most: int, least: int = PARTS_IN_A_BATCH, fall: float = 0.7
    ) -> None:
        self._limit = float(min(start, most))
        self._least = min(least, most)
        self._most = most
        self._fall = fall
        self._fell_at = float("-inf")
        self._usual_seconds = 0.0

    @property
    def limit(self) -> int:
        """How many may be under way now."""
        return int(self._limit)

    def answered(self, asked: int, refused: int, *, seconds: float, now: float) -> None:
        """Take in one answer to `asked` requests, of which `refused` came back as throttled or failed."""
        slow = self._is_slow(seconds)
        if refused * 4 > asked or slow:
            if now - self._fell_at >= max(seconds, self._usual_seconds):
                self._limit = max(self._least, self._limit * self._fall)
                self._fell_at = now
        elif refused == 0:
            self._limit = min(self._most, self._limit + asked * asked / self._limit)

    def _is_slow(self, seconds: float) -> bool:
        usual = self._usual_seconds
        self._usual_seconds = seconds if usual == 0.0 else usual + (seconds - usual) * 0.05
        return usual > 0.0 and seconds > 2.0 and seconds > 8 * usual

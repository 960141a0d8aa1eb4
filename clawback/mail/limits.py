"""What one message has used of its limits. Readers take before they spend; what is over raises.

A limit that is reached ends one reader, not the message: whoever runs the reader keeps what it gave
until then and records the limit's code as a problem.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from models.limits import Limits

RATIO_FROM_BYTES = 16_000_000
"""Unpacked bytes up to which no ratio is asked: a blank page or sheet packs a thousandfold."""

_MOST_PASSED_OVER = 4
"""How many times `unpacked_bytes` may be unpacked to reach what stands behind: 512 MB take 1.5 s."""

Clock = Callable[[], float]
"""Seconds that only ever grow, such as `time.monotonic`."""


class LimitReached(Exception):
    """One limit of the message is used up; `code` is the `Problem` code for it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Stream(Protocol):
    """Anything that unpacks as it is read."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most so many; empty at the end."""
        ...


_LINKS = "too-many-links"


class Budget:
    """The counters of one message. Every `take_…` raises `LimitReached` for what is over a limit.

    Without a clock there is no limit of time. A limit once reached stays reached.
    """

    __slots__ = (
        "_clock",
        "_deadline",
        "_links_here",
        "_most_unpacked",
        "_passed_over",
        "_too_far",
        "_used",
        "limits",
    )

    def __init__(
        self, limits: Limits, message_bytes: int = 0, *, clock: Clock | None = None
    ) -> None:
        self.limits = limits
        self._clock = clock
        self._deadline = 0.0 if clock is None else clock() + limits.seconds
        by_ratio = max(RATIO_FROM_BYTES, limits.unpack_ratio * message_bytes)
        self._most_unpacked = min(by_ratio, limits.unpacked_bytes)
        self._too_far = "too-large" if by_ratio >= limits.unpacked_bytes else "expands-too-far"
        self._used: dict[str, int] = {}
        self._links_here = limits.links
        self._passed_over = 0

    @property
    def too_far(self) -> str:
        """The code for more unpacked bytes than the limits allow."""
        return self._too_far

    @property
    def left_bytes(self) -> int:
        """Unpacked bytes that are left."""
        return max(0, self._most_unpacked - self._used.get(self._too_far, 0))

    def check_time(self) -> None:
        """Raise "out-of-time" if the message's time is over; cheap enough for every few kilobytes."""
        if self._clock is not None and self._clock() > self._deadline:
            raise LimitReached("out-of-time")

    def check_depth(self, depth: int) -> None:
        """Raise "too-deep" for a file so many messages and archives deep."""
        if depth > self.limits.depth:
            raise LimitReached("too-deep")

    def take_members(self, count: int = 1) -> None:
        """So many files out of archives or documents."""
        self.take_bytes(0)
        self._take("too-many-members", count, self.limits.members)

    def take_bytes(self, unpacked: int) -> None:
        """So many bytes that came out of an archive, a stream or a packed text.

        Unpack no more than `left_bytes`: `unpack` does so. `take_bytes(0)` asks whether any are left.
        """
        self._take(self._too_far, unpacked, self._most_unpacked)

    def pass_over(self, unpacked: int) -> bool:
        """So many bytes that were unpacked only to reach those behind them; False for too many.

        Raises for the time alone: what follows in another stream can still be read.
        """
        self.check_time()
        self._passed_over += unpacked
        return self._passed_over <= _MOST_PASSED_OVER * self.limits.unpacked_bytes

    def take_objects(self, count: int = 1) -> None:
        """So many parts of a document that are looked at one by one."""
        self._take("too-many-objects", count, self.limits.objects)

    def take_pages(self, count: int = 1) -> None:
        """So many pages of a document."""
        self._take("too-many-pages", count, self.limits.pages)

    def take_image(self, pixels: int) -> None:
        """One image of so many pixels, by its header: before it is decoded.

        What is refused is not counted: a giant among them does not hide the others.
        """
        self._take("too-many-images", 1, self.limits.images)
        if self._used.get("too-many-pixels", 0) + pixels > self.limits.pixels:
            raise LimitReached("too-many-pixels")
        self._take("too-many-pixels", pixels, self.limits.pixels)

    def begin_part(self, *, is_last: bool) -> None:
        """Let the next part have up to half of the links that are left, the last one all of them.

        Whoever fills a body with links does not hide those of the parts behind it.
        """
        used = self._used.get(_LINKS, 0)
        left = self.limits.links - used
        self._links_here = used + (left if is_last else (left + 1) // 2)

    def take_links(self, count: int = 1) -> None:
        """So many distinct links."""
        self._take(_LINKS, count, self._links_here)

    def _take(self, code: str, count: int, most: int) -> None:
        self.check_time()
        used = self._used.get(code, 0) + count
        if used > most and code == _LINKS:
            raise LimitReached(code)  # not counted: they are another part's to have
        self._used[code] = used
        if used > most:
            raise LimitReached(code)

"""The queue in front of Graph: whose turn it is, a few of each mailbox at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clawback.mailboxes.graph.entries import Entry
from clawback.mailboxes.graph.lanes import Lane, State
from clawback.mailboxes.graph.limits import PARTS_IN_A_BATCH, Window

_LANES_KEPT = 20_000
_WINDOW_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Pace:
    """The limits of a tenant, as the configuration has them."""

    at_once_in_a_mailbox: int
    at_once_in_all: int | None
    per_10_minutes: int
    per_second: float


class Queue:
    """Requests that wait, in a lane for each mailbox; lanes that may send take turns.

    `full` counts the lanes that have more to ask once an answer comes. `wake` is called when one more
    may go.
    """

    def __init__(
        self, pace: Pace, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]
    ) -> None:
        self._pace = pace
        self._loop = loop
        self._wake = wake
        self._lanes: dict[str | None, Lane] = {}
        self._ready: deque[Lane] = deque()
        self.most_in_a_batch = min(PARTS_IN_A_BATCH, pace.at_once_in_all or PARTS_IN_A_BATCH)
        self._sweep_at = _LANES_KEPT
        self.full = 0

    @property
    def at_least(self) -> int:
        """How many the next batch has at least: one of each lane that may send."""
        if self._ready and self._ready[0].waiting[0].alone:
            return 1
        return min(len(self._ready), self.most_in_a_batch)

    def lane(self, mailbox: str | None) -> Lane:
        """The lane of a mailbox, or of the directory."""
        lane = self._lanes.get(mailbox)
        if lane is None:
            if len(self._lanes) >= self._sweep_at:
                now = self._loop.time()
                self._lanes = {k: v for k, v in self._lanes.items() if not v.is_idle(now)}
                self._sweep_at = max(_LANES_KEPT, 2 * len(self._lanes))  # not at each new one
            window = Window(self._pace.per_10_minutes, _WINDOW_SECONDS)
            lane = self._lanes[mailbox] = Lane(mailbox, window)
        return lane

    def put(self, entry: Entry, *, first: bool = False) -> None:
        """Let a request wait for its turn, behind the others of its mailbox or before them."""
        # Looked up anew: while it waited for another try its lane may have been let go of.
        lane = entry.lane = self.lane(entry.ask.mailbox)
        (lane.waiting.appendleft if first else lane.waiting.append)(entry)
        now = self._loop.time()
        if lane.state is State.PAUSED:
            lane.pause(now, lane.paused_until)
        elif lane.state is State.IDLE:
            self._place(lane, now)
        self._wake()

    def pick(self, now: float) -> list[Entry]:
        """The next batch, empty where nothing may go; one that goes alone is alone in it."""
        picked: list[Entry] = []
        for _ in range(len(self._ready)):
            lane = self._ready.popleft()
            if lane.paused_until <= now:
                self._pick_from(lane, picked, now)
            self._place(lane, now)
            if len(picked) >= self.most_in_a_batch or (picked and picked[0].alone):
                break
        return picked

    def put_back(self, picked: Sequence[Entry], now: float) -> None:
        """Undo a pick."""
        for entry in reversed(picked):
            lane = entry.lane
            lane.under_way -= 1
            lane.waiting.appendleft(entry)
            if lane.state in (State.IDLE, State.FULL):
                self._place(lane, now)

    def arrived(self, lane: Lane) -> None:
        """One request of a lane was answered."""
        lane.under_way -= 1
        if lane.state is State.FULL:
            self._place(lane, self._loop.time())

    def drop_impatient(self, now: float, until: float) -> None:
        """Nothing may go until then: those that have no patience for it are answered now."""
        for lane in self._ready:
            lane.drop_impatient(now, until)

    def _pick_from(self, lane: Lane, picked: list[Entry], now: float) -> None:
        room = min(
            self.most_in_a_batch - len(picked),
            self._pace.at_once_in_a_mailbox - lane.under_way,
            lane.window.room(now),
        )
        while room > 0 and lane.waiting:
            if picked and lane.waiting[0].alone:
                return
            entry = lane.waiting.popleft()
            if entry.is_over:
                continue
            picked.append(entry)
            lane.under_way += 1
            room -= 1
            if entry.alone:
                return

    def _place(self, lane: Lane, now: float) -> None:
        """Put a lane where it belongs by what waits in it and what is under way."""
        if lane.state is State.FULL:
            self.full -= 1
        if not lane.waiting:
            lane.state = State.IDLE
        elif (until := self._paused(lane, now)) > now:
            lane.state = State.PAUSED
            lane.pause(now, until)
            self._loop.call_at(until, self._resume, lane)
        elif lane.under_way >= self._pace.at_once_in_a_mailbox:
            lane.state = State.FULL
            self.full += 1
        else:
            lane.state = State.READY
            self._ready.append(lane)

    def _paused(self, lane: Lane, now: float) -> float:
        if lane.paused_until > now:
            return lane.paused_until
        # What was picked is under way and not yet counted in the window.
        return now if lane.window.room(now) > 0 else lane.window.free_at(1, now)

    def _resume(self, lane: Lane) -> None:
        if lane.state is State.PAUSED:
            waiting = len(self._ready)
            self._place(lane, self._loop.time())
            if len(self._ready) > waiting:
                self._wake()

"""The mail API as a whole: tokens, limits, latency, faults, single requests and batches.

It knows no web framework: `clawback.lab.graph.app` gives it the parts of an HTTP request.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from random import Random
from uuid import uuid4

from clawback.lab.graph.batch import (
    Part,
    failed_before,
    failed_dependency,
    next_wave,
    part_answer,
    read_parts,
)
from clawback.lab.graph.calls import Answer, Call, refusal_answer
from clawback.lab.graph.counting import Statistics
from clawback.lab.graph.delta import Rounds
from clawback.lab.graph.mishaps import Mishaps, refusal_for
from clawback.lab.graph.refusals import Refusal, method_not_allowed
from clawback.lab.graph.routes import (
    Desk,
    answer,
    is_delta,
    kind_of,
    mailbox_name,
    resync_answer,
)
from clawback.lab.graph.switches import Fault, Switches
from clawback.lab.graph.tenant import Tenant
from clawback.lab.graph.throttle import Throttle
from clawback.lab.graph.tokens import Tokens

_APPLIED = frozenset({Fault.APPLIED_THROTTLED, Fault.APPLIED_TIMEOUT})


class Gateway:
    """One tenant behind the mail API. `switches` may be replaced at any time."""

    def __init__(
        self, tenant: Tenant, switches: Switches, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self.tenant = tenant
        self.tokens = Tokens(tenant)
        self.statistics = Statistics()
        self.throttle = Throttle(self.statistics)
        self.rounds = Rounds()
        self._timer = timer
        self.change(switches)

    def change(self, switches: Switches) -> None:
        """Take other switches; faults are drawn anew from their seed."""
        self.switches = switches
        self.mishaps = Mishaps(switches.seed)
        self._chance = Random(switches.seed)

    def now(self) -> float:
        """Seconds since the epoch on the tenant's clock."""
        return self.tenant.clock().timestamp()

    async def single(self, call: Call) -> Answer:
        """A request of its own."""
        self.statistics.at(self.now())
        refused = self._enter(call)
        if refused is not None:
            return refused
        try:
            await self._wait()
            return self._finish(call)
        finally:
            self._leave(call)
            self.statistics.at(self.now())

    async def batch(self, call: Call) -> Answer:
        """All parts of a batch, in waves of those that may run at once."""
        self.statistics.batches += 1
        self.statistics.at(self.now())
        try:
            if call.method != "POST":
                raise method_not_allowed()
            waiting = read_parts(call.body, call.base, call.application)
        except Refusal as refusal:
            return self.refused(refusal)
        self.statistics.parts += len(waiting)
        responses: list[dict[str, object]] = []
        done: dict[str, int] = {}
        while waiting:
            wave = next_wave(waiting, done, self.switches)
            for part, made in await self._run(wave, done):
                done[part.id.lower()] = made.status
                responses.append(part_answer(part.id, made))
            waiting = [part for part in waiting if part.id.lower() not in done]
        self.statistics.at(self.now())
        if self.switches.batch_any_order:
            self._chance.shuffle(responses)
        return Answer(200, {"responses": responses})

    async def _run(self, wave: list[Part], done: dict[str, int]) -> list[tuple[Part, Answer]]:
        """One wave: all come in, wait for the latency together, and are answered."""
        answers: list[tuple[Part, Answer]] = []
        inside: list[tuple[Part, Call]] = []
        for part in wave:
            refusal = failed_dependency() if failed_before(part, done) else part.refusal
            if refusal is not None or part.call is None:
                answers.append((part, self._counted(refusal or failed_dependency())))
            elif (refused := self._enter(part.call)) is not None:
                answers.append((part, refused))
            else:
                inside.append((part, part.call))
        left = [call for _, call in inside]
        try:
            if inside:
                await self._wait()
            for part, call in inside:
                answers.append((part, self._finish(call)))
                self._leave(left.pop(0))
        finally:
            for call in left:
                self._leave(call)
        return answers

    async def _wait(self) -> None:
        if latency := self.switches.latency_seconds:
            await asyncio.sleep(latency)

    def _enter(self, call: Call) -> Answer | None:
        """Let a request in; its answer where a limit forbids it."""
        now = self._timer()
        self.statistics.kinds[kind_of(call)] += 1
        try:
            self.throttle.count(call.application, self.switches, now)
            if (name := self._mailbox_counted(call)) is not None:
                self.throttle.enter(call.application, name, self.switches, now)
                call.counted = name
        except Refusal as refusal:
            return self._counted(refusal)
        return None

    def _leave(self, call: Call) -> None:
        if call.counted is not None:
            self.throttle.leave(call.application, call.counted)

    def _mailbox_counted(self, call: Call) -> str | None:
        """Whose limits a request counts against: one mailbox, whichever name it is called by."""
        name = mailbox_name(call)
        if name is None:
            return None
        mailbox = self.tenant.find(name)
        return name.lower() if mailbox is None else mailbox.address

    def _finish(self, call: Call) -> Answer:
        switches = self.switches
        change, delta = call.method != "GET", is_delta(call)
        fault = self.mishaps.for_call(switches, change=change, delta=delta)
        try:
            if fault is not None:
                self.statistics.faults[fault] += 1
                if fault is Fault.RESYNC:
                    raise resync_answer(call)
                if fault not in _APPLIED:
                    raise refusal_for(fault, switches)
            made = answer(call, Desk(self.tenant, switches, self.rounds))
            if fault is not None:
                raise refusal_for(fault, switches)
        except Refusal as refusal:
            made = self.refused(refusal)
        if call.immutable and made.status < 400:
            # "Preference-Applied" of RFC 7240, section 3; no page of Graph's promises it.
            made.headers["Preference-Applied"] = 'IdType="ImmutableId"'
        self.statistics.statuses[made.status] += 1
        return made

    def _counted(self, refusal: Refusal) -> Answer:
        self.statistics.statuses[refusal.status] += 1
        return self.refused(refusal)

    def refused(self, refusal: Refusal) -> Answer:
        """The answer that a refusal is."""
        date = self.tenant.clock().strftime("%Y-%m-%dT%H:%M:%S")
        return refusal_answer(refusal, str(uuid4()), date)

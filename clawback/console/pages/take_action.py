"""The Take action wizard: what is to be done, with which messages, why, a review, and the submission."""

from __future__ import annotations

from nicegui import ui

from clawback.console.paging import page
from clawback.console.parts.tags import tag
from clawback.console.visiting import Visit
from clawback.console.wizard.actions import choose_action
from clawback.console.wizard.asked import NAMES, Asked, Step, asked_of, new_draft
from clawback.console.wizard.details import name_it
from clawback.console.wizard.framing import slowly, steps
from clawback.console.wizard.messages import SIZES, Choice, look, show_messages
from clawback.console.wizard.reviewing import Seen, see, send, show_review
from clawback.console.wizard.submitted import show_submitted, standing
from clawback.errors import Conflict, Forbidden
from clawback.services import choosing
from models.choosing import Chosen, Origin
from models.people import Permission

LOOK_EVERY_S = 2.0
"""How often what was submitted is looked at until it rests."""

_FROM_THE_BEGINNING = (
    "document.getElementById('content').focus({preventScroll: true}); window.scrollTo(0, 0)"
)


@page("/take-action", title="Take action", nav="explorer")
async def take_action(visit: Visit) -> None:
    """Every step is an address; what was chosen stays in it."""
    if not visit.may(Permission.OPERATE):
        raise Forbidden(
            "taking action needs the role operator: ask an administrator, or send the address of this "
            "page to somebody who has it"
        )
    await Wizard(visit).show()


class Wizard:
    """One visit: what its address asks for, and the messages as they were found last."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._opened_at = visit.ctx.clock.now()
        self._fresh = new_draft()
        self._known: tuple[Origin, Chosen] | None = None
        self._notice = ""
        self._sending = False
        self._at: Step | None = None

    async def show(self) -> None:
        """The step of the address, and each other one that the person goes to."""
        self._part = await self._visit.here.part(NAMES | {"size"}, self._build)

    async def _build(self) -> None:
        """The step that the address names; a step whose ground is missing leads to the one before."""
        asked = asked_of(self._visit.here, self._opened_at, self._fresh)
        step = self._step(asked)
        self._begin(step)
        steps(self._visit.here, step)
        match step:
            case Step.ACTION:
                choose_action(self._visit.here, asked)
            case Step.MESSAGES:
                self._messages(asked)
            case Step.DETAILS:
                name_it(self._visit.here, asked)
            case Step.REVIEW:
                self._review(asked)
            case Step.DONE:
                await self._done()

    def _begin(self, step: Step) -> None:
        """Another step than before is read from its beginning."""
        if self._at not in (None, step):
            ui.run_javascript(_FROM_THE_BEGINNING)
        self._at = step

    def _step(self, asked: Asked) -> Step:
        if asked.step is Step.DONE:
            return Step.DONE if self._visit.here.number("investigation", 0) else Step.ACTION
        return Step.ACTION if asked.doing is None else asked.step

    def _messages(self, asked: Asked) -> None:
        here = self._visit.here
        size = here.number("size", SIZES[1], least=SIZES[0], most=SIZES[-1])

        async def work() -> Choice:
            chosen = await self._chosen(asked)
            number = here.number("page", 1, least=1)
            return await self._visit.act(
                Permission.OPERATE, look, chosen, asked.without, number, size
            )

        async def build(found: Choice) -> None:
            await show_messages(self._visit, asked, found, self._part.build)

        slowly("Reading which messages are meant …", work, build)

    async def _chosen(self, asked: Asked, *, anew: bool = False) -> Chosen:
        """The messages that are meant: asked for once in a visit, and anew for each review."""
        if not anew and self._known is not None and self._known[0] == asked.origin:
            return self._known[1]
        actor = self._visit.person.actor
        found = await self._visit.act(Permission.OPERATE, choosing.choose, asked.origin, actor)
        self._known = (asked.origin, found)
        return found

    def _review(self, asked: Asked) -> None:
        async def work() -> Seen:
            chosen = await self._chosen(asked, anew=True)
            actor = self._visit.person.actor
            return await self._visit.act(Permission.OPERATE, see, asked, chosen, actor)

        async def build(seen: Seen) -> None:
            if self._notice:
                with tag("div", cls="notice warn", role="alert"):
                    tag("strong", "Look again.")
                    tag("span", self._notice)
                self._notice = ""

            async def submit() -> None:
                await self._submit(asked, seen.digest)

            await show_review(self._visit, asked, seen, submit)

        slowly(
            "Looking at every message, and asking policy. Of many this takes a while …", work, build
        )

    async def _submit(self, asked: Asked, reviewed: str) -> None:
        if self._sending:
            return
        self._sending = True
        try:
            done = await self._visit.act(Permission.OPERATE, send, self._visit, asked, reviewed)
        except Conflict as error:
            self._notice = str(error)
            self._known = None
            await self._part.build()
            return
        finally:
            self._sending = False
        await self._visit.here.go(
            step=Step.DONE, investigation=done.investigation.id, draft=asked.draft
        )

    async def _done(self) -> None:
        number = self._visit.here.number("investigation", 0)
        place = ui.element("div")

        async def show() -> bool:
            found = await self._visit.act(Permission.OPERATE, standing, number)
            if place.is_deleted:
                return True
            place.clear()
            with place:
                show_submitted(self._visit, found)
            return found.rests

        if await show():
            return

        async def look_again() -> None:
            if await show():
                timer.cancel()

        timer = ui.timer(LOOK_EVERY_S, self._visit.doing(look_again), immediate=False)

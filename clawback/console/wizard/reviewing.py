"""The fourth step: what would move, what would stay, what policy says, and the button."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from clawback.console.parts.layout import facts, panel, when
from clawback.console.parts.table import Cell, Column, Row, Table
from clawback.console.parts.tags import button, link, tag
from clawback.console.visiting import Visit
from clawback.console.wizard.asked import Asked, Step, new_draft
from clawback.core.explain import counted_mailboxes
from clawback.core.showing import counted, plain, show_indicator
from clawback.services import choosing, message_alerts, responding, selection_review
from clawback.services.choosing import Kept, ListedMessage
from clawback.services.context import Context
from clawback.services.message_alerts import MessageParts
from clawback.services.responding import Responded, Response
from clawback.services.take_action import Wish
from models.actions import Actor
from models.alerts import Investigation
from models.choosing import Chosen
from models.decisions import Decision, Effect
from models.reviewing import SelectionReview
from models.settings import Mode

PARTS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Seen:
    """What the review found.

    `shown` are the messages of `parts`, in their order. `sent` is the investigation of a draft that was
    submitted before: then nothing was reviewed.
    """

    chosen: Chosen
    kept: Kept
    review: SelectionReview | None = None
    parts: tuple[MessageParts, ...] = ()
    shown: tuple[ListedMessage, ...] = ()
    sent: Investigation | None = None

    @property
    def digest(self) -> str:
        """What stands for all that was seen."""
        return message_alerts.digest_of(self.parts) if self.review is None else self.review.digest


def response_of(asked: Asked, actor: Actor, reviewed: str = "") -> Response:
    """The request that the address makes for this person."""
    return Response(
        actor=actor,
        origin=asked.origin,
        source=asked.source,
        request=asked.draft,
        name=asked.name,
        action=asked.move,
        reason=asked.description,
        propose=asked.is_proposal,
        senders_copy=asked.senders_copy,
        without=asked.without,
        reviewed=reviewed,
    )


def see(ctx: Context, asked: Asked, chosen: Chosen, actor: Actor) -> Seen:
    """What it would come to now. Raises as the services do that carry it out."""
    response = response_of(asked, actor)
    sent = ctx.store.cases.investigation_by(asked.source.value, response.external_id)
    kept = choosing.leave_out(ctx, chosen.messages, asked.without)
    seen = Seen(chosen, kept, sent=sent)
    if sent is not None:
        return seen
    responding.checked_name(asked.name)
    if asked.move is None:
        parts = message_alerts.parts_of(ctx, kept.messages)
        return replace(seen, parts=parts, shown=choosing.look_at(ctx, kept.messages))
    wish = Wish(
        actor,
        asked.description,
        asked.source,
        propose=asked.is_proposal,
        senders_copy=asked.senders_copy,
        unknown=len(chosen.unknown),
    )
    return replace(seen, review=selection_review.review(ctx, kept.messages, asked.move, wish))


def send(ctx: Context, visit: Visit, asked: Asked, reviewed: str) -> Responded:
    """Submit it. Raises as `responding.respond` does, and where no server of runs answers."""
    return responding.respond(ctx, visit.runs(), response_of(asked, visit.person.actor, reviewed))


async def show_review(
    visit: Visit, asked: Asked, seen: Seen, submit: Callable[[], Awaitable[None]]
) -> None:
    """All that was found, and the button that does it."""
    if seen.sent is not None:
        _sent_before(visit, seen.sent)
        return
    if seen.review is None:
        _investigation(asked, seen)
    else:
        _action(asked, seen, seen.review)

    async def press() -> None:
        status.say("Submitting. Of many messages this takes a while …")
        try:
            await submit()
        finally:
            status.say("")

    with tag("div", cls="row wizard-onward"):
        link("Back", visit.here.link(step=Step.DETAILS), cls="button")
        button("Submit", visit.doing(press), cls="primary")
        status = tag("span", cls="quiet", role="status")


def _sent_before(visit: Visit, sent: Investigation) -> None:
    with tag("div", cls="notice warn", role="alert"):
        tag("strong", "You submitted this already.")
        tag("span", "Nothing is done twice.")
        link(f"Investigation {sent.id}", visit.address(f"/investigations/{sent.id}"))
        link("Do it as something new", visit.here.link(draft=new_draft()))


def _action(asked: Asked, seen: Seen, review: SelectionReview) -> None:
    _outcome(asked, review)
    with tag("div", cls="panels"):
        with panel("What you ask for"):
            facts(_wanted(asked, seen, review))
        with panel("Where the messages are"):
            _standings(review)
    left = _stays(seen, review)
    if left:
        with panel("What is not touched"):
            _rows("What is not touched, and why", ("Why", "Messages"), left)
    with panel("What policy says"):
        _policy(review.decision)


def _outcome(asked: Asked, review: SelectionReview) -> None:
    """What would follow from a decision now, in one notice."""
    decision, moves = review.decision, counted(review.moves, "message")
    match decision.effect:
        case Effect.NO_ACTION:
            _notice("warn", "Nothing would move.", decision.reason)
        case Effect.REMEDIATE if review.mode is Mode.OBSERVE:
            _notice("warn", "The mode is observe: nothing moves.", "It is decided and recorded.")
        case Effect.REMEDIATE:
            _notice("good", f"{moves} would move at once.", "You decide; nobody else has to.")
        case Effect.AWAIT_APPROVAL:
            who = (
                "Another person with the role operator has to approve it."
                if asked.is_proposal
                else "A person with the role operator has to approve it; that may be you."
            )
            _notice("warn", f"{moves} would move once it is approved.", f"{decision.reason} {who}")
    if review.mode is Mode.OBSERVE and decision.effect is Effect.AWAIT_APPROVAL:
        _notice("warn", "The mode is observe: nothing moves.", "Even what is approved stays.")


def _notice(tone: str, heading: str, text: str) -> None:
    with tag("div", cls=f"notice {tone}"):
        tag("strong", heading)
        tag("span", text)


def _wanted(asked: Asked, seen: Seen, review: SelectionReview) -> dict[str, object]:
    assert asked.move is not None
    return {
        "Action": f"Propose: {asked.move.value}" if asked.is_proposal else asked.move.value,
        "Action source": asked.source.value,
        "Name": plain(asked.name, 200),
        "Description": plain(asked.description, 1_000),
        "Messages": f"{review.messages:,}",
        "Copies": (
            f"{review.copies:,} of {counted(review.mails, 'mail')} in "
            f"{counted_mailboxes(review.mailboxes)}, {counted(review.senders, 'sender')}"
        ),
        "Sender's copies": f"{review.senders_copies:,}" if asked.senders_copy else "not taken",
        "Left out by you": f"{seen.kept.left_out:,}",
        "Cap": f"{review.cap:,} messages without approval",
    }


def _standings(review: SelectionReview) -> None:
    Table(
        "Messages by location, and what would become of them",
        [
            Column("location", "Latest delivery location"),
            Column("copies", "Messages", "number"),
            Column("then", "Then"),
        ],
        [
            Row(
                one.location.name,
                [
                    one.location.value,
                    f"{one.copies:,}",
                    Cell("stays", tone="") if one.why_left else Cell("would move", tone="busy"),
                ],
            )
            for one in review.standings
        ],
    )
    as_of = when(review.index_as_of, "not every mailbox was read yet")
    tag(
        "p",
        f"As the index has it ({as_of}). Each message is looked at again in its mailbox right "
        "before it moves.",
        cls="quiet",
    )


def _stays(seen: Seen, review: SelectionReview) -> list[tuple[str, int]]:
    found = [
        (f"{one.location.value}: {one.why_left}", one.copies)
        for one in review.standings
        if one.why_left
    ]
    found += [(f"Protected by the settings: {why}", n) for why, n in review.excluded.items()]
    found += [("Not in the index: purged, or the mailbox was not read yet", review.missing)]
    return [*_left_by_hand(seen.kept), *((why, number) for why, number in found if number)]


def _left_by_hand(kept: Kept) -> list[tuple[str, int]]:
    by = (
        ("message", kept.by_message),
        ("mailbox", kept.by_mailbox),
        ("sender", kept.by_sender),
    )
    return [(f"Left out by you: by {what}", number) for what, number in by if number]


def _rows(caption: str, headings: tuple[str, str], rows: Sequence[tuple[str, int]]) -> None:
    Table(
        caption,
        [Column("why", headings[0], wide=True), Column("n", headings[1], "number")],
        [Row(why, [plain(why, 300), f"{number:,}"]) for why, number in rows],
    )


def _policy(decision: Decision) -> None:
    tag("p", plain(decision.reason, 2_000))
    Table(
        "Rules of the policy for what people select, in order",
        [Column("rule", "Rule"), Column("hit", "Hit"), Column("why", "Why", wide=True)],
        [
            Row(
                rule.rule,
                [
                    rule.rule,
                    Cell("hit", tone="warn") if rule.hit else "no",
                    plain(rule.reason, 600),
                ],
            )
            for rule in decision.rules
        ],
    )
    tag(
        "p", "A dry run: nothing is decided yet, and policy is asked again when it is.", cls="quiet"
    )


def _investigation(asked: Asked, seen: Seen) -> None:
    with panel("What you ask for"):
        facts(
            {
                "Action": "Initiate automated investigation: Investigate email",
                "Action source": asked.source.value,
                "Name": plain(asked.name, 200),
                "Messages": f"{len(seen.parts):,}",
                "Left out by you": f"{seen.kept.left_out:,}",
            }
        )
    with panel("What is looked up"):
        tag(
            "p",
            "These files and links are looked up on the indicator lists. What no list calls malicious "
            "is never acted on; what one does is found in every mailbox, and policy decides.",
        )
        Table(
            "Files and links of each message",
            [
                Column("subject", "Subject", wide=True),
                Column("mailbox", "Mailbox", wide=True),
                Column("files", "Files", "number"),
                Column("links", "Links", "number"),
                Column("what", "What", wide=True),
            ],
            [_parts_row(one, shown) for one, shown in zip(seen.parts, seen.shown, strict=True)],
        )


def _parts_row(one: MessageParts, shown: ListedMessage) -> Row:
    subject = plain(shown.copies[0].subject, 160) if shown.copies else ""
    named = [show_indicator(part) for part in one.parts[:PARTS_SHOWN]]
    more = len(one.parts) - PARTS_SHOWN
    what: object = ", ".join(named) + (f" and {more:,} more" if more > 0 else "")
    if not one.known:
        what = Cell("not in the index any more", tone="warn")
    elif not one.parts:
        what = Cell("no file and no link: nothing to look up", tone="warn")
    box = plain(one.key.recipient, 80)
    return Row(shown.id, [subject, box, f"{one.files:,}", f"{one.links:,}", what])

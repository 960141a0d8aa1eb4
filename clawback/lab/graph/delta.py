"""Delta: what changed in one folder since a token.

"message: delta" (graph/api/message-delta), "Get incremental changes to messages in a folder"
(graph/delta-query-messages), "Use delta query" (graph/delta-query-overview). What they promise, and
what is kept here:

- a round omits nothing that was in the folder when it began; what comes later is in the next one
- "the return order is not guaranteed": pages are shuffled
- "the same item can show up anywhere": repeats at the rate of a switch
- who left is told by id and `@removed`, as "deleted"
- options are given in the first request; the links carry them
- tokens do not name a kind of id: "compatible with both ID formats" (graph/outlook-immutable-id)
- a token that is no longer kept is answered 410 with a Location
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from random import Random

from clawback.lab.graph.calls import Answer, Call
from clawback.lab.graph.filters import Filter
from clawback.lab.graph.mailbox import Folder, Gone, Mailbox
from clawback.lab.graph.messages import PROPERTIES, READERS, context, shown
from clawback.lab.graph.queries import check_options, link, number, selected
from clawback.lab.graph.refusals import Refusal, bad_request, resync
from clawback.lab.graph.switches import Switches

_CHANGE_TYPES = frozenset({"created", "updated", "deleted"})


@dataclass(frozen=True, slots=True)
class _Options:
    """What the first request asked for."""

    names: frozenset[str] | None
    since: str
    change_type: str
    top: int


@dataclass(frozen=True, slots=True)
class _State:
    """What a token stands for: between rounds (`entries` None), or within one.

    Entries are numbers of messages, and regular ids of those that left.
    """

    folder: Folder
    options: _Options
    since: int
    until: int
    entries: tuple[int | str, ...] | None
    position: int = 0


class Rounds:
    """The tokens that were given out; the oldest are forgotten first, and then it is 410."""

    def __init__(self) -> None:
        self._states: OrderedDict[str, _State] = OrderedDict()

    def keep(self, state: _State, most: int) -> str:
        """A token for a state."""
        token = secrets.token_urlsafe(18)
        self._states[token] = state
        while len(self._states) > most:
            self._states.popitem(last=False)
        return token

    def find(self, token: str) -> _State | None:
        """The state of a token, while it is kept."""
        return self._states.get(token)

    def forget(self) -> None:
        """Let every token expire."""
        self._states.clear()


def delta(
    call: Call, mailbox: Mailbox, folder: Folder, rounds: Rounds, switches: Switches
) -> Answer:
    """One page of a round."""
    check_options(call, {"$deltatoken"}, but={"$skip", "$count"})
    state = _resumed(call, folder, rounds) or _begun(folder, _options(call), 0, switches)
    if state.entries is None:
        state = _begun(folder, state.options, state.until, switches)
    entries = state.entries or ()
    size = call.page_size or state.options.top
    end = state.position + max(1, size)
    value = [
        view
        for entry in entries[state.position : end]
        if (view := _view(entry, state, call)) is not None
    ]
    body: dict[str, object] = {"@odata.context": context(call, mailbox)}
    if end < len(entries):
        following = _State(folder, state.options, state.since, state.until, entries, end)
        token = rounds.keep(following, switches.delta_rounds_kept)
        body["@odata.nextLink"] = link(call, {"$skiptoken": token}, keep=False)
    else:
        following = _State(folder, state.options, state.until, state.until, None)
        token = rounds.keep(following, switches.delta_rounds_kept)
        body["@odata.deltaLink"] = link(call, {"$deltatoken": token}, keep=False)
    body["value"] = value
    return Answer(200, body)


def fresh_start(call: Call) -> Refusal:
    """410: "a Location header containing a request URL with an empty $deltaToken"."""
    return resync(link(call, {"$deltatoken": ""}, keep=False))


def _resumed(call: Call, folder: Folder, rounds: Rounds) -> _State | None:
    tokens = [call.query[name] for name in ("$skiptoken", "$deltatoken") if call.query.get(name)]
    if not tokens:
        return None
    if len(tokens) > 1:
        raise bad_request("A delta request carries one token.")
    state = rounds.find(tokens[0])
    if state is None:
        raise fresh_start(call)
    if state.folder is not folder:
        raise bad_request("The delta token is of another folder.")
    return state


def _options(call: Call) -> _Options:
    """Of the first request: the one `$filter` and `$orderby` that the page allows."""
    since = ""
    if (text := call.query.get("$filter")) is not None:
        words = text.split()
        if len(words) != 3 or words[0] != "receivedDateTime" or words[1] not in {"ge", "gt"}:
            raise bad_request("A delta query filters by receivedDateTime, ge or gt, alone.")
        Filter(text, READERS, PROPERTIES)
        since = text
    if call.query.get("$orderby", "receivedDateTime desc").split() != ["receivedDateTime", "desc"]:
        raise bad_request("A delta query orders by receivedDateTime desc alone.")
    kind = call.query.get("changeType", "")
    if kind and kind not in _CHANGE_TYPES:
        raise bad_request("changeType is created, updated or deleted.")
    top = number(call, "$top", 10, low=1, high=1_000)
    return _Options(selected(call, PROPERTIES), since, kind, top)


def _begun(folder: Folder, options: _Options, since: int, switches: Switches) -> _State:
    """A round: who came, changed or left since, in no order."""
    entries: list[int | str] = []
    for at, changed in reversed(folder.changed.items()):  # both are in the order of their sequence
        if changed <= since:
            break
        entries.append(at)
    for old, gone in reversed(folder.gone.items()) if since else ():
        if gone.sequence <= since:
            break
        entries.append(old)
    chance = Random(f"{switches.seed}/{folder.id}/{folder.sequence}")
    if switches.delta_repeats:
        entries += [entry for entry in entries if chance.random() < switches.delta_repeats]
    if switches.shuffle:
        chance.shuffle(entries)
    return _State(folder, options, since, folder.sequence, tuple(entries))


def _view(entry: int | str, state: _State, call: Call) -> dict[str, object] | None:
    """One message as it is now, or its tombstone; nothing where the options leave it out.

    Who left after the round began is told as gone at once, and again in the next round. Who left and
    came back is not gone by its immutable id.
    """
    folder, options = state.folder, state.options
    gone = folder.gone[entry] if isinstance(entry, str) else None
    number = entry if isinstance(entry, int) else folder.gone[entry].number
    message = folder.messages.get(number)
    if gone is not None or message is None:
        if options.change_type in {"created", "updated"}:
            return None
        back = gone is not None and message is not None and call.immutable
        return None if back else _tombstone(gone or folder.left[number], call)
    created = not state.since or folder.came[number] > state.since
    if options.change_type and options.change_type != ("created" if created else "updated"):
        return None
    if options.since and not Filter(options.since, READERS, PROPERTIES)(message):
        return None
    view = shown(message, call, options.names)
    return {"@odata.type": "#microsoft.graph.message", **view}


def _tombstone(gone: Gone, call: Call) -> dict[str, object]:
    return {
        "@odata.type": "#microsoft.graph.message",
        "id": gone.immutable_id if call.immutable else gone.regular_id,
        "@removed": {"reason": "deleted"},
    }

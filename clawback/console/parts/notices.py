"""What is shown in place of what cannot be shown."""

from __future__ import annotations

from clawback.console.parts.tags import tag
from clawback.core.showing import plain
from clawback.errors import BadQuery, ClawbackError, Forbidden, NotFound, QueryStopped

WORDS = 2_000
"""Characters of an error: it may repeat what somebody asked for."""


def say_why_not(error: ClawbackError) -> None:
    """An error of ours, in its own words; what is hidden in what it repeats is marked."""
    with tag("div", cls="notice bad", role="alert"):
        tag("strong", _HEADINGS.get(type(error), "This cannot be shown now"))
        tag("p", plain(str(error), WORDS))


_HEADINGS: dict[type[ClawbackError], str] = {
    BadQuery: "The query cannot run",
    QueryStopped: "The query was ended",
    NotFound: "There is no such thing here",
    Forbidden: "You may not see this",
}

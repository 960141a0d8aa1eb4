"""Query options of lists: `$select`, `$filter`, `$orderby`, `$top`, `$skip`, `$count`, `$skiptoken`.

"Use query parameters" (graph/query-parameters), "List messages" (graph/api/user-list-messages).
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from clawback.lab.graph.calls import Call
from clawback.lab.graph.filters import Reader
from clawback.lab.graph.refusals import bad_query, bad_request, inefficient_filter

Item = TypeVar("Item")

_OPTIONS = frozenset({"$select", "$filter", "$orderby", "$top", "$skip", "$count", "$skiptoken"})


def check_options(call: Call, allowed: Iterable[str] = (), *, but: Iterable[str] = ()) -> None:
    """Refuse query options that there are not; names without $ are custom ones and pass."""
    known = (_OPTIONS | set(allowed)) - set(but)
    for name in call.query:
        if name.startswith("$") and name not in known:
            raise bad_query(f"The query parameter '{name}' is not supported.")


def number(call: Call, name: str, default: int, *, low: int, high: int) -> int:
    """An option that is a number within limits."""
    text = call.query.get(name)
    if text is None:
        return default
    if not text.isdigit() or not low <= int(text) <= high:
        raise bad_request(f"Invalid value '{text}' for {name} query option found.")
    return int(text)


def selected(call: Call, known: frozenset[str]) -> frozenset[str] | None:
    """The names in `$select`, without case as OData has them not; None where all are wanted."""
    text = call.query.get("$select")
    return None if text is None else _selection(text, known)


@lru_cache(maxsize=256)
def _selection(text: str, known: frozenset[str]) -> frozenset[str] | None:
    spelled = {name.lower(): name for name in known}
    names = set()
    for name in filter(None, map(str.strip, text.split(","))):
        if name == "*":
            return None
        if name.lower() not in spelled:
            raise bad_query(f"Could not find a property named '{name}'.")
        names.add(spelled[name.lower()])
    return frozenset(names) or None


def only(view: Mapping[str, object], names: frozenset[str] | None) -> dict[str, object]:
    """The selected properties; id and etag come always."""
    if names is None:
        return dict(view)
    return {
        name: value
        for name, value in view.items()
        if name in names or name == "id" or name.startswith("@")
    }


def in_order(
    items: Sequence[Item], call: Call, readers: Mapping[str, Reader], filtered: Sequence[str]
) -> Sequence[Item]:
    """`$orderby`; with a filter its properties have to stand in that first, in the same order.

    "List messages": otherwise InefficientFilter.
    """
    text = call.query.get("$orderby")
    if text is None:
        return items
    terms = [term.split() for term in text.split(",") if term.strip()]
    names = [term[0] for term in terms]
    for term in terms:
        if term[0] not in readers:
            raise bad_query(f"Could not find a property named '{term[0]}'.")
        if len(term) > 2 or term[1:] not in ([], ["asc"], ["desc"]):
            raise bad_query(f"Syntax error in '{text}'.")
    if filtered and list(dict.fromkeys(filtered))[: len(names)] != names:
        raise inefficient_filter()
    found = list(items)
    for term in reversed(terms):
        found.sort(key=_key(readers[term[0]]), reverse=term[1:] == ["desc"])
    return found


def _key(read: Reader) -> Callable[[Any], tuple[bool, Any]]:
    def key(item: object) -> tuple[bool, Any]:
        value = read(item)
        return (value is not None, value if value is not None else "")

    return key


def page_of(
    items: Sequence[Item], call: Call, *, default: int, most: int
) -> tuple[Sequence[Item], str | None]:
    """One page and the whole `@odata.nextLink`, or None on the last.

    The link counts what it has gone through, so that messages which go away meanwhile shift the
    next page: "This API uses the $skip value to keep count of all the items it has gone through"
    ("List messages"). That an item may be passed over is the price, here as there.
    """
    size = number(call, "$top", default, low=1, high=most)
    start = number(call, "$skip", 0, low=0, high=10**9)
    if "$skiptoken" in call.query:
        start = position_in(call.query["$skiptoken"])
    page = items[start : start + size]
    end = start + size
    return page, (link(call, {"$skiptoken": token_for(end)}) if end < len(items) else None)


def token_for(position: int) -> str:
    """An opaque position."""
    return urlsafe_b64encode(json.dumps({"p": position}).encode()).decode().rstrip("=")


def position_in(token: str) -> int:
    """The position in a token. Raises `Refusal` for one that was never given out."""
    try:
        position = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))["p"]
    except (ValueError, KeyError, TypeError):
        raise bad_request("The skip token is malformed.") from None
    if not isinstance(position, int) or position < 0:
        raise bad_request("The skip token is malformed.")
    return position


def link(call: Call, options: Mapping[str, str], *, keep: bool = True) -> str:
    """The address of the same list with other options; the given ones are kept but for the position."""
    kept = {
        name: value
        for name, value in call.query.items()
        if keep and name not in {"$skip", "$skiptoken", "$deltatoken"}
    }
    path = "/".join(quote(segment, safe="$@=") for segment in call.segments)
    return f"{call.base}/{path}?{urlencode({**kept, **options}, safe='$,')}"

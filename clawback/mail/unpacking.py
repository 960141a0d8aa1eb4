"""Files out of streams, each with its part of the message's budget, so that none hides another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clawback.mail.found import EmbeddedFile, Unread
from clawback.mail.limits import Budget, Stream

_PIECE_BYTES = 1 << 18


def too_far(budget: Budget) -> Unread:
    """The problem of a file that unpacks to more than it may; named once for the whole part."""
    return Unread(budget.too_far, of_part=True)


def share(sizes: Sequence[int], budget: Budget) -> list[int | None]:
    """For each member of an archive, by its declared size, how many bytes may be read; None for all.

    Where not all fit, the smallest do, in three quarters of what is left: a bomb does not hide the
    members behind it. The others share half of the rest: a declared size may be a lie.
    """
    left = budget.left_bytes
    if sum(sizes) <= left:
        return [None] * len(sizes)
    most: list[int | None] = [0] * len(sizes)
    taken = 0
    for at in sorted(range(len(sizes)), key=sizes.__getitem__):
        if taken + sizes[at] > left - left // 4:
            break
        most[at], taken = None, taken + sizes[at]
    each = (left - taken) // 2 // most.count(0)
    return [None if one is None else each for one in most]


def unpack(
    name: str, stream: Stream, budget: Budget, most: int | None = None
) -> Iterator[EmbeddedFile | Unread]:
    """The file a stream unpacks to, if it has at most so many bytes; else its start, and a problem.

    Without `most` it may have all that are left, but a start takes no more than half of them: the
    files behind it have the others. Errors of the stream are the caller's.
    """
    budget.take_members()
    left = budget.left_bytes
    fits = left if most is None else min(most, left)
    data = up_to(fits + 1, stream, budget)
    whole = len(data) <= fits
    if not whole:
        del data[left // 2 if most is None else fits :]
    budget.take_bytes(len(data))
    yield EmbeddedFile(name, bytes(data), whole=whole)
    if not whole:
        yield too_far(budget)


def up_to(most: int, stream: Stream, budget: Budget) -> bytearray:
    """The next bytes of a stream, no more than `most`; not counted. Raises "out-of-time"."""
    data = bytearray()
    while len(data) < most and (piece := stream.read(min(most - len(data), _PIECE_BYTES))):
        data += piece
        budget.check_time()
    return data


def pass_over(stream: Stream, budget: Budget) -> bool:
    """Unpack the rest of a stream for what stands behind it; False where that goes too far."""
    while data := stream.read(_PIECE_BYTES):
        if not budget.pass_over(len(data)):
            return False
    return True

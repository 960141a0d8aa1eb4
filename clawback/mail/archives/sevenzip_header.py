"""The header of a 7z archive: which bytes, through which coders, make which files.

Written after 7zFormat.txt of the 7-Zip project. Every count is taken from the budget before
anything is made of it, because a header of fifty bytes can promise a billion files.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from clawback.mail.limits import Budget

SIGNATURE = b"7z\xbc\xaf\x27\x1c"
START_BYTES = 32

END, HEADER, ARCHIVE_PROPERTIES, ADDITIONAL_STREAMS, MAIN_STREAMS, FILES = range(6)
PACK_INFO, UNPACK_INFO, SUB_STREAMS, SIZE, CRC, FOLDER = range(6, 12)
CODER_SIZES, STREAM_COUNTS, EMPTY_STREAMS = 12, 13, 14
NAMES, ENCODED_HEADER = 17, 23
_MOST_CODERS = 32  # 7-Zip's own bound


class BadHeader(ValueError):
    """The header contradicts itself or the file."""


@dataclass(frozen=True, slots=True)
class Coder:
    """One step of unpacking, with one input and one output."""

    method: bytes
    properties: bytes
    unpacked: int = 0


@dataclass(slots=True)
class Folder:
    """A packed stream and what it unpacks to.

    `coders` stand in the order in which they are undone; none where they are not a plain chain.
    `sizes` and `crcs` are those of the files in it, one after the other.
    """

    start: int
    packed: int
    coders: tuple[Coder, ...]
    crc: int | None = None
    sizes: list[int] = field(default_factory=list)
    crcs: list[int | None] = field(default_factory=list)

    @property
    def unpacked(self) -> int:
        """The size of the whole output."""
        return self.coders[-1].unpacked if self.coders else 0


@dataclass(frozen=True, slots=True)
class Contents:
    """The folders, and for each file its name and whether a stream belongs to it."""

    folders: list[Folder]
    names: list[str]
    has_stream: list[bool]


@dataclass(slots=True)
class _Cursor:
    data: bytes
    budget: Budget
    at: int = 0

    def byte(self) -> int:
        if self.at >= len(self.data):
            raise BadHeader("ends too soon")
        self.at += 1
        return self.data[self.at - 1]

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise BadHeader("ends too soon")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self) -> int:
        """7z's own variable-length integer: the first byte's leading ones count the bytes."""
        first = self.byte()
        length = 0
        while length < 8 and first & (0x80 >> length):
            length += 1
        low = int.from_bytes(self.take(length), "little")
        high = first & (0x7F >> length) if length < 8 else 0
        return low | high << (8 * length)

    def count(self) -> int:
        """A number of things that follow."""
        number = self.number()
        self.budget.take_objects(number)
        return number

    def bits(self, count: int) -> list[bool]:
        data = self.take((count + 7) // 8)
        return [bool(data[i // 8] & (0x80 >> i % 8)) for i in range(count)]

    def digests(self, count: int) -> list[int | None]:
        """CRC-32s, some of which may be absent."""
        defined = [True] * count if self.byte() else self.bits(count)
        return [int.from_bytes(self.take(4), "little") if one else None for one in defined]


def read_streams(data: bytes, budget: Budget) -> list[Folder]:
    """The folders of an encoded header, whose first byte has been read off."""
    return _streams(_Cursor(data, budget))


def read_contents(data: bytes, budget: Budget) -> Contents:
    """What the archive holds. Raises `BadHeader`, and `LimitReached` for too many files."""
    cursor = _Cursor(data, budget)
    if cursor.byte() != HEADER:
        raise BadHeader("no header")
    folders: list[Folder] = []
    contents = Contents(folders, [], [])
    while (kind := cursor.byte()) != END:
        match kind:
            case 2:
                _skip_properties(cursor)
            case 3:
                _streams(cursor)
            case 4:
                folders = _streams(cursor)
            case 5:
                contents = _files(cursor, folders)
            case _:
                raise BadHeader("unknown section")
    return contents


def _skip_properties(cursor: _Cursor) -> None:
    while cursor.byte() != END:
        cursor.take(cursor.number())


def _streams(cursor: _Cursor) -> list[Folder]:
    start, sizes = 0, list[int]()
    folders: list[Folder] = []
    while (kind := cursor.byte()) != END:
        if kind == PACK_INFO:
            start, sizes = _pack_info(cursor)
        elif kind == UNPACK_INFO:
            folders = _unpack_info(cursor, start, sizes)
        elif kind == SUB_STREAMS:
            _sub_streams(cursor, folders)
        else:
            raise BadHeader("unknown section")
    for folder in folders:
        if not folder.sizes and not folder.crcs:
            folder.sizes, folder.crcs = [folder.unpacked], [folder.crc]
    return folders


def _pack_info(cursor: _Cursor) -> tuple[int, list[int]]:
    start, count = cursor.number(), cursor.count()
    sizes: list[int] = []
    while (kind := cursor.byte()) != END:
        if kind == SIZE:
            sizes = [cursor.number() for _ in range(count)]
        elif kind == CRC:
            cursor.digests(count)
        else:
            raise BadHeader("unknown section")
    return start + START_BYTES, sizes


def _unpack_info(cursor: _Cursor, start: int, sizes: list[int]) -> list[Folder]:
    if cursor.byte() != FOLDER:
        raise BadHeader("no folders")
    count = cursor.count()
    if cursor.byte():
        raise BadHeader("external folders")
    plans = [_plan(cursor) for _ in range(count)]
    if cursor.byte() != CODER_SIZES:
        raise BadHeader("no sizes")
    folders: list[Folder] = []
    taken = 0
    for plan in plans:
        coders = plan.chain([cursor.number() for _ in range(plan.outputs)])
        packed = sizes[taken : taken + plan.inputs]
        if len(packed) != plan.inputs:
            raise BadHeader("packed streams are missing")
        folders.append(Folder(start, sum(packed), coders))
        start += sum(packed)
        taken += plan.inputs
    while (kind := cursor.byte()) != END:
        if kind != CRC:
            raise BadHeader("unknown section")
        for folder, crc in zip(folders, cursor.digests(count), strict=True):
            folder.crc = crc
    return folders


@dataclass(frozen=True, slots=True)
class _Plan:
    """The coders of a folder as they stand there, and how they are joined."""

    coders: list[Coder]
    pairs: list[tuple[int, int]]
    inputs: int
    outputs: int
    first: int
    is_chain: bool

    def chain(self, sizes: list[int]) -> tuple[Coder, ...]:
        """The coders from the packed bytes to the files, with the sizes of their outputs."""
        if not self.is_chain:
            return ()
        after = {output: entry for entry, output in self.pairs}
        chain: list[Coder] = []
        at: int | None = self.first
        while at is not None and at < len(self.coders) and len(chain) < len(self.coders):
            coder = self.coders[at]
            chain.append(Coder(coder.method, coder.properties, sizes[at]))
            at = after.get(at)
        return tuple(chain)


def _plan(cursor: _Cursor) -> _Plan:
    coders: list[Coder] = []
    inputs = outputs = 0
    is_chain = True
    for _ in range(_bounded(cursor)):
        flags = cursor.byte()
        method = cursor.take(flags & 0x0F)
        ways = (_bounded(cursor), _bounded(cursor)) if flags & 0x10 else (1, 1)
        is_chain = is_chain and ways == (1, 1)
        inputs, outputs = inputs + ways[0], outputs + ways[1]
        coders.append(Coder(method, cursor.take(cursor.number()) if flags & 0x20 else b""))
    pairs = [(cursor.number(), cursor.number()) for _ in range(max(outputs - 1, 0))]
    packed = inputs - len(pairs)
    bound = {entry for entry, _ in pairs}
    free = [entry for entry in range(inputs) if entry not in bound]
    if packed < 1 or not free:
        raise BadHeader("no packed stream")
    if packed > 1:
        free = [cursor.number() for _ in range(packed)]
    return _Plan(coders, pairs, packed, outputs, free[0], is_chain and packed == 1)


def _bounded(cursor: _Cursor) -> int:
    number = cursor.number()
    if not 1 <= number <= _MOST_CODERS:
        raise BadHeader("too many coders")
    return number


def _sub_streams(cursor: _Cursor, folders: list[Folder]) -> None:
    counts = [1] * len(folders)
    kind = cursor.byte()
    if kind == STREAM_COUNTS:
        counts = [cursor.count() for _ in folders]
        kind = cursor.byte()
    for folder, count in zip(folders, counts, strict=True):
        sizes = [cursor.number() for _ in range(count - 1)] if kind == SIZE else []
        if count:
            sizes.append(max(folder.unpacked - sum(sizes), 0))
        folder.sizes, folder.crcs = sizes, [None] * len(sizes)
    if kind == SIZE:
        kind = cursor.byte()
    known = [len(f.sizes) == 1 and f.crc is not None for f in folders]
    for folder, is_known in zip(folders, known, strict=True):
        if is_known:
            folder.crcs = [folder.crc]
    while kind != END:
        if kind != CRC:
            raise BadHeader("unknown section")
        missing = [f for f, is_known in zip(folders, known, strict=True) if not is_known]
        digests = iter(cursor.digests(sum(len(f.sizes) for f in missing)))
        for folder in missing:
            folder.crcs = [next(digests) for _ in folder.sizes]
        kind = cursor.byte()


def _files(cursor: _Cursor, folders: list[Folder]) -> Contents:
    count = cursor.count()
    names = [""] * count
    has_stream = [True] * count
    while (kind := cursor.number()) != END:
        piece = _Cursor(cursor.take(cursor.number()), cursor.budget)
        if kind == EMPTY_STREAMS:
            has_stream = [not empty for empty in piece.bits(count)]
        elif kind == NAMES and not piece.byte():
            found = piece.data[1:].decode("utf-16-le", "replace").split("\0")
            names = (found + names)[:count]
    return Contents(folders, names, has_stream)

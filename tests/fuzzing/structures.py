"""Changes that know what the bytes are: they open a container, change what is in it, and close it again.

A checksum or an encoding over a change is right again, so that the change gets behind it.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import re
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from tests.fuzzing.mutations import MOST_BYTES, Havoc

_MOST_OPENED = 2_000_000
_MOST_DEPTH = 5
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4}[\r\n]*){6,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.S)
_ERRORS = (
    *(ValueError, OSError, EOFError, KeyError, IndexError, RuntimeError, NotImplementedError),
    *(zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, MemoryError, OverflowError),
)


@dataclass(frozen=True, slots=True)
class Mutator:
    """Changes of both sorts; the more often the deeper something lies."""

    havoc: Havoc

    def changed(self, data: bytes, depth: int = 0) -> bytes:
        """The bytes with some change, within what they contain if that can be opened."""
        rng = self.havoc.rng
        if depth < _MOST_DEPTH and rng.random() < 0.75:
            for knows, opened in rng.sample(_CONTAINERS, len(_CONTAINERS)):
                if knows(data):
                    with suppress(*_ERRORS):
                        return opened(self, data, depth + 1)[:MOST_BYTES]
        return self.havoc.changed(data)


def _bounded(data: bytes) -> bytes:
    if len(data) > _MOST_OPENED:
        raise ValueError("too large to be of use")
    return data


def _encoded(mutator: Mutator, data: bytes, depth: int) -> bytes:
    """A stretch of base64, as parts and `data:` links have it."""
    match = mutator.havoc.rng.choice(list(_BASE64.finditer(data))[:200])
    plain = base64.b64decode(match[0])
    encode = base64.encodebytes if b"\n" in match[0] else base64.b64encode
    inner = encode(mutator.changed(plain, depth))
    return data[: match.start()] + inner + data[match.end() :]


def _zip(mutator: Mutator, data: bytes, depth: int) -> bytes:
    rng, out = mutator.havoc.rng, io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        entries = source.infolist()
        chosen = rng.randrange(len(entries))
        for number, entry in enumerate(entries[:100]):
            content = _bounded(source.read(entry, pwd=b"infected"))
            if number == chosen:
                content = mutator.changed(content, depth)
            for _ in range(rng.choice((1, 1, 1, 1, 2, 50)) if number == chosen else 1):
                with warnings.catch_warnings(action="ignore"):  # names twice are meant
                    info = zipfile.ZipInfo(_renamed(mutator, entry.filename))
                    target.writestr(info, content, rng.choice((0, 8, 8)))
    return out.getvalue()


def _tar(mutator: Mutator, data: bytes, depth: int) -> bytes:
    rng, out = mutator.havoc.rng, io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(data)) as source,
        tarfile.open(fileobj=out, mode="w", format=rng.randrange(3)) as target,
    ):
        members = source.getmembers()
        chosen = rng.randrange(len(members))
        for number, entry in enumerate(members[:100]):
            content = _bounded((source.extractfile(entry) or io.BytesIO()).read())
            if number == chosen:
                content = mutator.changed(content, depth)
                entry.name = _renamed(mutator, entry.name)
                entry.type = rng.choice(
                    (entry.type, entry.type, b"L", b"x", b"g", b"S", b"1", b"K")
                )
            entry.size = len(content)
            target.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def _gzip(data: bytes) -> bytes:
    """Packed the same at any time of day."""
    return gzip.compress(data, mtime=0)


def _packed(mutator: Mutator, data: bytes, depth: int) -> bytes:
    module = gzip if data[:2] == b"\x1f\x8b" else bz2 if data[:2] == b"BZ" else lzma
    inner = mutator.changed(_bounded(module.decompress(data)), depth)
    pack = mutator.havoc.rng.choice((_gzip, bz2.compress, lzma.compress))
    packed = pack(inner)
    return packed * mutator.havoc.rng.choice((1, 1, 1, 2, 200))


def _pdf(mutator: Mutator, data: bytes, depth: int) -> bytes:
    """One stream of a PDF; its length is then wrong, which readers mend."""
    match = mutator.havoc.rng.choice(list(_STREAM.finditer(data))[:200])
    try:
        inner = zlib.compress(mutator.changed(zlib.decompress(match[1]), depth))
    except zlib.error:
        inner = mutator.changed(match[1], depth)
    return data[: match.start(1)] + inner + data[match.end(1) :]


def _png(mutator: Mutator, data: bytes, depth: int) -> bytes:
    chunks = list(_chunks(data))
    chosen = mutator.havoc.rng.randrange(len(chunks))
    out = data[:8]
    for number, (kind, content) in enumerate(chunks):
        if number == chosen:
            try:
                content = zlib.compress(mutator.changed(zlib.decompress(content), depth))
            except zlib.error:
                content = mutator.havoc.changed(content)
        crc = zlib.crc32(kind + content)
        out += len(content).to_bytes(4, "big") + kind + content + crc.to_bytes(4, "big")
    return out


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        at += 12 + size


def _head(mutator: Mutator, data: bytes, depth: int) -> bytes:
    """One header line of a message or a part."""
    rng = mutator.havoc.rng
    lines = data.split(b"\r\n")
    places = [number for number, line in enumerate(lines) if b": " in line[:60]]
    at = rng.choice(places)
    name, _, value = lines[at].partition(b": ")
    match rng.randrange(5):
        case 0:
            lines[at] = name + b": " + mutator.havoc.changed(value)
        case 1:
            lines[at] = name + b": " + rng.choice(_VALUES.get(name.lower(), (b"",)))
        case 2:
            other = lines[rng.choice(places)].partition(b": ")[2]
            lines[at] = name + b": " + other
        case 3:
            lines.insert(at, rng.choice(_LINES) + rng.choice((b"", value)))
        case _:
            lines[at : at + 1] = [lines[at]] * rng.choice((0, 2, 3, 500))
    return b"\r\n".join(lines)


def _parts(mutator: Mutator, data: bytes, depth: int) -> bytes:
    """The parts of a multipart in another order, one in another, or one of another message."""
    rng = mutator.havoc.rng
    mark = b"--" + data.partition(b'boundary="')[2].partition(b'"')[0]
    head, *parts = data.split(mark)
    match rng.randrange(4):
        case 0:
            rng.shuffle(parts)
        case 1:
            parts.append(rng.choice(parts))
        case 2:
            parts.insert(0, b"\r\nContent-Type: message/rfc822\r\n\r\n" + data + b"\r\n")
        case _:
            at = rng.randrange(len(parts))
            parts[at] = mutator.havoc.changed(parts[at])
    return mark.join([head, *parts])


def _renamed(mutator: Mutator, name: str) -> str:
    rng = mutator.havoc.rng
    if rng.random() < 0.7:
        return name
    ending = rng.choice(_ENDINGS)
    return rng.choice((name[-200:], "a\u202e", "../" * 9, "x" * 300, "\u0130", "")) + ending


def _wrapped(mutator: Mutator, data: bytes, depth: int) -> bytes:
    """The same file in a container of some kind."""
    rng = mutator.havoc.rng
    inner = mutator.changed(data, depth) if rng.random() < 0.5 else data
    if len(inner) > MOST_BYTES // 2:
        raise ValueError("too large to be of use")
    return rng.choice(_WRAPPINGS)(mutator, inner)


def _in_zip(mutator: Mutator, inner: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr(zipfile.ZipInfo(_renamed(mutator, "x.bin")), inner, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _in_mail(mutator: Mutator, inner: bytes) -> bytes:
    name = _renamed(mutator, "x.bin").encode()
    return (
        b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n"
        b'Content-Disposition: attachment; filename="' + name + b'"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(inner)
    )


def _in_page(_: Mutator, inner: bytes) -> bytes:
    return b'<html><a href="data:text/html;base64,' + base64.b64encode(inner) + b'">x</a></html>'


def _in_pdf(_: Mutator, inner: bytes) -> bytes:
    stream = zlib.compress(inner)
    return (
        b"%%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Names << /EmbeddedFiles << /Names [(a) 2 0 R] >> >> >>"
        b"\nendobj\n2 0 obj\n<< /Type /Filespec /F (a) /EF << /F 3 0 R >> >>\nendobj\n3 0 obj\n"
        b"<< /Type /EmbeddedFile /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\nendobj\n"
        b"trailer << /Root 1 0 R >>\n%%%%EOF" % (len(stream), stream)
    )


_WRAPPINGS: tuple[Callable[[Mutator, bytes], bytes], ...] = (
    *(_in_zip, _in_mail, _in_page, _in_pdf),
    *(lambda _, inner, pack=pack: pack(inner) for pack in (_gzip, bz2.compress)),
)
_ENDINGS = (
    *(".html", ".svg", ".eml", ".ics", ".js", ".pdf", ".zip", ".tgz", ".rtf", ".url", ".docx", ".xml"),
    *(".png", ".txt", ".mht", ".rels", ".plist", ".p7m", ".vcf", ".", "", "/", "\0.html"),
)  # fmt: skip
_CHARSETS = (
    *("utf-7", "utf-16", "utf-32", "idna", "punycode", "unicode_escape", "undefined", "hex", "rot13"),
    *("cp037", "iso-2022-jp", "hz", "base64", "bz2", "zlib", "mbcs", "", "x" * 999, "utf-8\0", "latin-1"),
)  # fmt: skip
_VALUES: dict[bytes, tuple[bytes, ...]] = {
    b"content-type": (
        *(f"text/{kind}; charset={c}".encode() for c in _CHARSETS for kind in ("html", "plain")),
        *(b"message/rfc822", b"multipart/mixed", b'multipart/mixed; boundary=""', b"multipart/x"),
        *(b"text", b"/", b"application/pdf", b"image/png; name*0*=utf-8''a; name*1=b", b"text/calendar"),
        *(b"message/partial", b"message/delivery-status", b'multipart/related; boundary="ed"'),
        *(b'multipart/mixed; boundary="edge"', b"application/ms-tnef", b"text/plain; delsp=yes"),
    ),
    b"content-transfer-encoding": (
        *(b"base64", b"quoted-printable", b"x-uuencode", b"8bit+", b"hexa", b"binary", b"7bit;x", b""),
    ),
    b"date": (b"99 Foo 99999 99:99:99 +9999", b"Tue, 0 Mar 0000", b"1 Jan 1 00:00:00 +2359", b"-"),
    b"from": (b"<" * 500, b"a@" * 300, b'"\\', b"(((", b"=?utf-8?q?=00?= <a@b>", b"@,@,<>", b"a@[::1]"),
    b"to": (b"x:;", b"<a@b>," * 400, b"\xff@\xfe", b"a@\xe2\x80\xae.example"),
    b"subject": (b"=?utf-7?q?+AD4?=", b"=?x?b?=", b"http://a.example/\x00", b"=?utf-8?b?7aCA?="),
    b"content-disposition": (
        *(b"attachment", b"attachment; filename*=utf-16''%00%d8", b"inline; filename=", b"x; filename*1=a"),
        *(b'attachment; filename="' + ending.encode() + b'"' for ending in _ENDINGS),
    ),
}  # fmt: skip
_LINES = (
    *(b"From: ", b"To: ", b"Date: ", b"Subject: ", b"Received: from [", b"List-Unsubscribe: <http://"),
    *(b" ", b"\t", b":", b"X: \0", b"Content-Type: ", b"Content-Transfer-Encoding: ", b"Message-ID: "),
    *(b"Authentication-Results: ", b"Return-Path: ", b"\xff\xff: ", b"MIME-Version: ", b"From x\r\n"),
)  # fmt: skip
_Opened = Callable[[Mutator, bytes, int], bytes]
_CONTAINERS: tuple[tuple[Callable[[bytes], bool], _Opened], ...] = (
    (lambda data: _BASE64.search(data) is not None, _encoded),
    (lambda data: _BASE64.search(data) is not None, _encoded),
    (lambda data: data[:2] == b"PK", _zip),
    (lambda data: data[257:262] == b"ustar", _tar),
    (lambda data: data[:2] in (b"\x1f\x8b", b"BZ", b"\xfd7"), _packed),
    (lambda data: b"%PDF-" in data[:1024], _pdf),
    (lambda data: data[:4] == b"\x89PNG", _png),
    (lambda data: b": " in data[:200] and b"\r\n" in data[:400], _head),
    (lambda data: b'boundary="' in data, _parts),
    (lambda data: b": " not in data[:200], _wrapped),
)

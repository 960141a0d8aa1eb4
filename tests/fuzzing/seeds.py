"""What the fuzzer starts from: messages that the project itself makes, of every kind that it reads."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from email import message_from_bytes
from itertools import islice
from pathlib import Path

from bench.made_corpus import make_corpus
from clawback.lab.options import LabOptions
from clawback.lab.organisation import iter_messages

_TESTS = str(Path(__file__).resolve().parent.parent / "extraction")
if _TESTS not in sys.path:  # the makers there import each other by their bare names
    sys.path.append(_TESTS)

import made_archives as archives  # noqa: E402
import made_documents as documents  # noqa: E402
import made_pdf as pdfs  # noqa: E402
import test_codes  # noqa: E402
import test_hidden_in_files  # noqa: E402
import test_hiding_places  # noqa: E402
from made_mail import attached, html, message, part, text  # noqa: E402
from wrapper_forms import OPAQUE, OPENED, TARGET  # noqa: E402

_MOST_BYTES = 100_000
_LAB_MESSAGES = 60
_LAB = LabOptions(mailboxes=2, messages_per_mailbox=40)


def seeds() -> dict[str, bytes]:
    """Messages by name; the same each time but for the times in zips and what encryption draws."""
    made = {name: raw for group in _GROUPS for name, raw in group() if 0 < len(raw) <= _MOST_BYTES}
    return dict(sorted(made.items()))


def files_of(messages: dict[str, bytes]) -> dict[str, bytes]:
    """The attached files of messages, decoded, without those that are alike."""
    found: dict[bytes, str] = {}
    for name, raw in messages.items():
        for leaf in message_from_bytes(raw).walk():
            content = leaf.get_payload(decode=True)
            if isinstance(content, bytes) and content and leaf.get_filename():
                found.setdefault(content, name)
    return {f"{name} #{number}": content for number, (content, name) in enumerate(found.items())}


Named = Iterator[tuple[str, bytes]]


def _bodies() -> Named:
    for table in (
        test_hiding_places.BODIES,
        test_hiding_places.FILES,
        test_hidden_in_files.FILES,
        {f"script {name}": html(f"<script>{code}</script>") for name, code in _scripts().items()},
    ):
        for name, raw in table.items():
            yield f"hidden: {name}", raw


def _scripts() -> dict[str, str]:
    return {name: code for name, (code, _) in test_hidden_in_files.SCRIPTS.items()}


def _wrappers() -> Named:
    for name, form in OPENED.items():
        yield f"wrapped: {name}", html(f'<a href="{form(TARGET)}">x</a>{form(TARGET)}')
    yield "wrapped: all", text("\n".join([*(form(TARGET) for form in OPENED.values()), *OPAQUE]))


def _archives() -> Named:
    made = {
        **{f"7z {name}": archives.sevenzip(name) for name in archives.SEVENZIP},
        **{f"tar {kind}": archives.tar(kind=kind) for kind in (0, 1, 2)},
        **{f"zip {method}": archives.plain_zip(method=method) for method in (0, 8, 12, 14)},
        **{f"packed {name}": pack(archives.PAGE) for name, pack in archives.PACKERS.items()},
        **{f"packed tar {name}": pack(archives.tar()) for name, pack in archives.PACKERS.items()},
        "zip classic": archives.classic_zip(archives.MEMBERS, "infected"),
        "zip aes": archives.aes_zip(archives.MEMBERS, "infected"),
        "zip in tar in zip": archives.plain_zip({"a.tar": archives.tar({"b": archives.tar()})}),
    }
    for name, content in made.items():
        yield f"archive: {name}", attached(content, "application/octet-stream", "x.bin")
    told = (
        part("The password is: Zz-19"),
        part(
            archives.aes_zip(archives.MEMBERS, "Zz-19"),
            "application/zip",
            cte="base64",
            extra='Content-Disposition: attachment; filename="x.zip"\r\n',
        ),
    )
    yield "archive: password told", message(*told)


def _pdfs() -> Named:
    plain = pdfs.document(pdfs.action(TARGET), content=pdfs.shown(TARGET))
    made = {
        **{f"objects {place}": pdfs.holding(place) for place in pdfs.OBJECTS},
        "plain": plain,
        "packed": pdfs.saved(plain, object_stream_mode=pdfs.pikepdf.ObjectStreamMode.generate),
        "codes": pdfs.document({6: _picture_object()}, content=b"q 100 0 0 100 0 0 cm /X Do Q"),
    }
    for name, options in pdfs.CIPHERS.items():
        made[f"locked {name}"] = pdfs.locked("", **options)
    for name, content in made.items():
        yield f"pdf: {name}", attached(content, "application/pdf", "x.pdf")


def _picture_object() -> bytes:
    picture = pdfs.code(TARGET)
    entries = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray"
    data = picture.tobytes()
    return pdfs.stream(data, entries % picture.size + b" /BitsPerComponent 8", deflated=True)


def _pictures() -> Named:
    for kind in test_codes.KINDS:
        picture = pdfs.file_of(pdfs.code(TARGET), kind)
        yield f"picture: {kind}", attached(picture, f"image/{kind.lower()}", "x")
    for name, drawn in test_codes.DRAWN.items():
        yield f"drawn: {name}", text(f"Scan this:\n\n{drawn}\n")
    for name, (dark, light) in test_codes.CELLS.items():
        rows = (
            "".join((dark if module else light) + "</td>" for module in row)
            for row in test_codes._modules()
        )
        yield f"cells: {name}", html(f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>")


def _lab() -> Named:
    for number, one in enumerate(islice(iter_messages(_LAB), _LAB_MESSAGES)):
        yield f"lab: {number}", one.raw
    with tempfile.TemporaryDirectory() as folder:
        make_corpus(Path(folder))
        for path in Path(folder).glob("*.eml"):
            yield f"bench: {path.stem}", path.read_bytes()


def _heads() -> Named:
    odd = (
        "Received: from a.example ([192.0.2.1]) by mx.example.org; Tue, 03 Mar 2026 10:00:00 +0100\r\n"
        "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=a.example\r\n"
        "List-Unsubscribe: <https://a.example/off>, <mailto:off@a.example>\r\n"
        "Subject: =?utf-8?b?SW52b2ljZQ==?= =?iso-8859-1?q?=E4?= https://a.example/x\r\n"
        'From: "Doe, =?utf-8?q?J=C3=B6?=" (c) <j@a.example>\r\nSender: s@a.example\r\n'
        "To: undisclosed:;, <a@b.example>, a (b) c@d.example\r\nCc: x@y.example\r\n"
        "Date: Tue, 03 Mar 26 10:00 EST\r\nReturn-Path: <>\r\nMessage-ID: <x@y>\r\n"
    )
    yield "head: odd", message(part("x"), head=odd)
    yield "head: profile", attached(documents.profile(binary=True), "a/b", "x.mobileconfig")


_GROUPS = (_bodies, _wrappers, _archives, _pdfs, _pictures, _lab, _heads)

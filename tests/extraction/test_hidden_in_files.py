"""Every kind of attached file gives up the link that it hides, and every reader is needed for one."""

from __future__ import annotations

import base64
import gzip
import hashlib
import struct
from urllib.parse import quote

import pytest
from made_archives import PACKERS, aes_zip, plain_zip, sevenzip, tar
from made_documents import (
    ENTITY,
    LINK,
    armoured,
    odf,
    opc,
    profile,
    relationship,
    signed,
    signed_in_pieces,
)
from made_mail import HEAD, attached, html, message, part, pdf, text

from clawback.mail import documents
from clawback.mail.extract import extract
from models.mails import LinkPlace, LinkRole, UrlFact

PAGE = f'<html><body><a href="{ENTITY}">go</a></body></html>'
XML = LINK.replace("&", "&#38;")
OCTETS = "application/octet-stream"
WIDE = LINK.encode("utf-16-le")
UNESCAPE, ATOB, CONCATENATION = "script:unescape", "script:atob", "script:concatenation"


def encoded(content: str) -> str:
    return base64.b64encode(content.encode()).decode()


def found(raw: bytes) -> list[UrlFact]:
    return [fact for fact in extract(raw).urls if fact.url == LINK]


def file(content: str | bytes, name: str = "x", content_type: str = OCTETS) -> bytes:
    return attached(content.encode() if isinstance(content, str) else content, content_type, name)


def rtf(body: str) -> bytes:
    return file(r"{\rtf1\ansi " + body + "}", "x.doc")


def tnef(*attributes: tuple[int, bytes]) -> bytes:
    """An envelope as [MS-OXTNEF] has it; checksums are not looked at."""
    packed = (
        struct.pack("<BII", 2, number, len(data)) + data + bytes(2) for number, data in attributes
    )
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(packed)


def nested(depth: int) -> bytes:
    """A message in a message in a message."""
    inner = html(f'<a href="{ENTITY}">go</a>')
    for level in range(depth):
        inner = message(
            part("See below."),
            b"Content-Type: message/rfc822\r\n\r\n" + inner,
            boundary=f"edge{level}",
        )
    return inner


FILES = {
    # Office documents
    "docx, hyperlink": file(opc({"word/_rels/document.xml.rels": relationship(ENTITY)})),
    "docx, text in runs": file(
        opc({"word/document.xml": f"<w:p><w:t>{ENTITY[:12]}</w:t><w:t>{ENTITY[12:]}</w:t></w:p>"})
    ),
    "docx, field": file(
        opc({"word/document.xml": f'<w:instrText>HYPERLINK "{ENTITY}"</w:instrText>'})
    ),
    "xlsx, formula": file(
        opc({"xl/worksheets/sheet1.xml": f'<f>HYPERLINK(&quot;{ENTITY}&quot;,"x")</f>'})
    ),
    "xlsx, text": file(opc({"xl/sharedStrings.xml": f"<si><t>{ENTITY}</t></si>"})),
    "pptx, notes": file(opc({"ppt/notesSlides/notesSlide1.xml": f"<a:t>{ENTITY}</a:t>"})),
    "xps": file(opc({"Documents/1/Pages/1.fpage": f'<Path FixedPage.NavigateUri="{ENTITY}"/>'})),
    "docx in a docx": file(
        opc({"word/embeddings/a.docx": opc({"word/_rels/document.xml.rels": relationship(ENTITY)})})
    ),
    "odt, link": file(odf({"content.xml": f'<text:a xlink:type="simple" xlink:href="{ENTITY}"/>'})),
    "odt, text": file(
        odf({"content.xml": f"<text:p>{ENTITY[:9]}<text:span>{ENTITY[9:]}</text:span></text:p>"})
    ),
    "old office file": file(
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + LINK.encode() + b"\x14"
    ),
    "outlook message": file(
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + WIDE + bytes(9), "x.msg"
    ),
    "rtf, field": rtf(r'{\field{\*\fldinst{HYPERLINK "' + LINK + r'"}}{\fldrslt go}}'),
    "rtf, escapes": rtf(r"\'68\u116?tps://evil.exam{\b ple}/in?id=7&to=x\par"),
    "rtf, object": rtf(r"{\object{\*\objdata " + (b"\x01\x05" * 40 + WIDE + b"\0").hex() + "}}"),
    # Mail in files
    "nested message": nested(1),
    "nested five deep": nested(5),
    "nested, in base64": message(
        part("See below."),
        part(html(f'<a href="{ENTITY}">go</a>'), "message/rfc822", cte="base64"),
    ),
    "eml": file(html(f'<a href="{ENTITY}">go</a>'), "x.eml"),
    "eml without its name": file(html(f'<a href="{ENTITY}">go</a>')),
    "eml in an eml": file(attached(text(f"Open {LINK}"), OCTETS, "y.eml"), "x.eml"),
    "file in an eml": file(attached(pdf(LINK), "application/pdf", "x.pdf"), "x.eml"),
    "eml in a zip": file(plain_zip({"x.eml": text(f"Open {LINK}")})),
    "mht": file(html(f'<a href="{ENTITY}">go</a>', cte="quoted-printable"), "x.mht"),
    "signed message": file(
        signed(part(PAGE, "text/html", cte="quoted-printable")),
        "smime.p7m",
        "application/pkcs7-mime",
    ),
    # Calendars and cards
    "calendar": file(f"BEGIN:VCALENDAR\r\nURL:{LINK}\r\nEND:VCALENDAR\r\n", "x.ics"),
    "calendar, html": file(
        f'BEGIN:VCALENDAR\r\nX-ALT-DESC;FMTTYPE=text/html:<a href="{ENTITY[:9]}\r\n {ENTITY[9:]}">\r\n'
    ),
    "calendar, file in it": file(
        "BEGIN:VCALENDAR\r\nATTACH;FMTTYPE=text/html;ENCODING=BASE64;VALUE=BINARY:"
        f"{encoded(PAGE)[:30]}\r\n {encoded(PAGE)[30:]}\r\n"
    ),
    "card": file(f"BEGIN:VCARD\r\nURL:{LINK[:20]}\r\n {LINK[20:]}\r\nEND:VCARD\r\n", "x.vcf"),
    # Shortcuts and profiles
    "url": file(f"[InternetShortcut]\r\nURL={LINK}\r\n", "x.url"),
    "url, wide": file(f"[InternetShortcut]\r\nURL={LINK}\r\n".encode("utf-16"), "x.url"),
    "url, odd slashes": file("[InternetShortcut]\r\nURL=https:\\/evil.example\\in?id=7&to=x\r\n"),
    "url, no scheme": file("[InternetShortcut]\r\nURL=//evil.example/in?id=7&to=x\r\n", "x.url"),
    "desktop": file(f"[Desktop Entry]\nType=Link\nURL[$e]={LINK}\n", "x.desktop"),
    "lnk": file(b"L\0\0\0\x01\x14\x02\0" + bytes(68) + WIDE + bytes(8), "x.lnk"),
    "notebook": file(bytes.fromhex("e4525c7b8cd8a74d") + bytes(90) + WIDE + bytes(8), "x.one"),
    "file in an envelope of Outlook": file(tnef((0x69002, b""), (0x6800F, PAGE.encode()))),
    "body in an envelope of Outlook": file(tnef((0x2800C, f"Open {LINK} now".encode() + bytes(1)))),
    "webloc": file(f"<?xml version='1.0'?><plist><dict><key>URL</key><string>{ENTITY}</string>"),
    "webloc, binary": file(profile(binary=True), "x.webloc"),
    "profile": file(profile(), "x.mobileconfig", "application/x-apple-aspen-config"),
    "profile, signed": file(signed(profile()), "x.mobileconfig"),
    "profile, signed in pieces": file(signed_in_pieces(profile()), "x.mobileconfig"),
    "profile, signed, armoured": file(armoured(signed(profile())), "x.mobileconfig"),
    "profile, entity": file(
        f'<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY a "{LINK[:14]}"><!ENTITY b "&a;{XML[14:]}">]>'
        "<plist><string>&b;</string></plist>"
    ),
    # Pages and drawings
    "page, form": file(f'<form action="{ENTITY}"><input></form>', "x.html"),
    "page, area": file(f'<map><area href="{ENTITY}"></map>', "x.html"),
    "page, button": file(f'<button formaction="{ENTITY}">', "x.html"),
    "page, base": file(
        '<base href="https://evil.example/a/"><form action="../in?id=7&amp;to=x">', "x.html"
    ),
    "page, refresh": file(f'<meta http-equiv="refresh" content="0;url={ENTITY}">', "x.html"),
    "page, frame's page": file(
        f"<iframe srcdoc='{PAGE.replace('&', '&amp;')}'></iframe>", "x.html"
    ),
    "page, handler": file(f"<body onload=\"location='{ENTITY}'\">", "x.html"),
    "page, script link": file(f"<a href=\"javascript:location='{quote(LINK)}'\">", "x.html"),
    "page, template": file(f'<template><a href="{ENTITY}">go</a></template>', "x.html"),
    "drawing": file(f'<svg xmlns="http://www.w3.org/2000/svg"><a href="{ENTITY}"/></svg>', "x.svg"),
    "drawing, xlink": file(f'<svg><a xlink:href="{ENTITY}"><text>go</text></a></svg>', "x.svg"),
    "drawing, other prefix": file(
        f'<svg xmlns:q="http://www.w3.org/1999/xlink"><a q:href="{ENTITY}"/></svg>', "x.svg"
    ),
    "drawing, animated": file(
        f'<svg><a><animate attributeName="href" values="#;{ENTITY}"/></a></svg>', "x.svg"
    ),
    "drawing, set": file(
        f'<svg><a><set attributeName="xlink:href" to="{ENTITY}"/></a></svg>', "x.svg"
    ),
    "drawing, script": file(f"<svg><script><![CDATA[location='{LINK}']]></script></svg>", "x.svg"),
    "drawing, entity": file(
        f'<!DOCTYPE svg [<!ENTITY u "{XML}">]><svg><a href="&u;"/></svg>',
        "x.svg",
    ),
    "drawing, page in it": file(
        f'<svg><foreignObject><iframe src="{ENTITY}"/><a href="{ENTITY}">go</a></foreignObject></svg>',
        "x.svg",
    ),
    "drawing, packed": file(gzip.compress(f'<svg><a href="{ENTITY}"/></svg>'.encode()), "x.svgz"),
    "script": file(f"WScript.Shell.Run('{LINK}')", "x.js"),
    "word xml": file(f"<?xml version='1.0'?><w:hlink w:dest=\"{ENTITY}\"/>", "x.xml"),
    "text": file(f"Open {LINK}", "x.txt"),
    # Containers
    "pdf": file(pdf(LINK)),
    "zip": file(plain_zip({"p.html": PAGE.encode()})),
    "7z": file(sevenzip("lzma2")),
    "tar": file(tar()),
    **{packer: file(pack(PAGE.encode()), f"p.html.{packer}") for packer, pack in PACKERS.items()},
}


@pytest.mark.parametrize("name", FILES)
def test_a_link_in_a_file_is_found(name: str) -> None:
    facts = found(FILES[name])
    assert facts, extract(FILES[name])
    assert {fact.location for fact in facts} == {LinkPlace.ATTACHMENT}
    assert LinkRole.LINK in {fact.role for fact in facts}
    assert {fact.opened_from for fact in facts} == {None}


SCRIPTS = {
    "unescape": (f"document.write(unescape('{quote(PAGE)}'))", UNESCAPE),
    "unescape, %u": (f"unescape('{''.join(f'%u{ord(c):04x}' for c in PAGE)}')", UNESCAPE),
    "decodeURIComponent": (f"location = decodeURIComponent('{quote(LINK, safe='')}')", UNESCAPE),
    "atob": (f"location.href = atob('{encoded(LINK)}')", ATOB),
    "atob of a variable": (f"const u = '{encoded(LINK)}'; window.location = window.atob(u)", ATOB),
    "atob of pieces": (f"atob('{encoded(LINK)[:9]}' + '{encoded(LINK)[9:]}')", ATOB),
    "atob under another name": (f"let f = atob; f('{encoded(PAGE)}')", ATOB),
    "sum": (f"location = '{LINK[:9]}' + \"{LINK[9:20]}\" + `{LINK[20:]}`", CONCATENATION),
    "sum of variables": (f"var a='{LINK[:9]}', b='{LINK[9:]}'; location = a + b", CONCATENATION),
    "growing": (
        f"let u = '{LINK[:4]}'; u += '{LINK[4:12]}'; u += '{LINK[12:]}'; go(u)",
        CONCATENATION,
    ),
    "joined": (f"['{LINK[:4]}', '{LINK[4:12]}', '{LINK[12:]}'].join('')", CONCATENATION),
    "codes": (f"String.fromCharCode({','.join(str(ord(c)) for c in LINK)})", CONCATENATION),
    "backwards": (f"'{LINK[::-1]}'.split('').reverse().join('')", CONCATENATION),
    "replaced": (f"'{LINK.replace('evil', 'Q~Q')}'.replace('Q~Q', 'evil')", CONCATENATION),
    "atob in unescape": (
        f"eval(unescape('{quote('<script>go(atob(' + chr(34) + encoded(LINK) + chr(34) + '))</script>')}'))",
        ATOB,
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("kind", ["page", "drawing", "script", "handler"])
def test_a_link_that_a_script_makes_is_found_and_says_how(name: str, kind: str) -> None:
    script, mark = SCRIPTS[name]
    if kind == "handler" and name == "atob in unescape":
        pytest.skip("a handler holds no script element")
    quoted = script.replace("&", "&amp;").replace('"', "&quot;")
    in_page = script.replace("</script", r"<\/script")
    raw = {
        "page": file(f"<html><script>{in_page}</script>", "x.html"),
        "drawing": file(f"<svg><script><![CDATA[{script}]]></script></svg>", "x.svg"),
        "script": file(script, "x.js"),
        "handler": file(f'<html><body onload="{quoted}">', "x.html"),
    }[kind]
    if kind == "drawing" and name == "atob in unescape":
        assert found(raw)
        return
    facts = found(raw)
    assert [fact.opened_from for fact in facts] == [mark], extract(raw).urls
    marked = {fact.url for fact in extract(raw).urls if fact.opened_from}
    assert marked == {LINK}, "a piece of the link is no link"


def test_a_script_s_link_that_stands_in_the_clear_too_has_no_mark() -> None:
    script = f"<script>go(atob('{encoded(LINK)}'))</script>"
    clear = f'<a href="{ENTITY}">go</a>'
    for page in (script + clear, clear + script):
        assert [fact.opened_from for fact in found(file(page, "x.html"))] == [None]


def test_neighbouring_strings_of_a_script_do_not_grow_into_one_link() -> None:
    script = f"<script>go('{LINK}','https://other.example/','x')</script>"
    facts = extract(file(script, "x.html")).urls
    assert [fact.url for fact in facts] == [LINK, "https://other.example/"]


def test_many_handlers_and_strings_do_not_use_up_the_pages_of_a_message() -> None:
    handlers = "<p onmouseover=\"this.src='https://'+'a.example'\">x</p>" * 3_000
    strings = "<script>" + "f('https://' + 'b.example/' + 'c');" * 3_000 + "</script>"
    facts = extract(html(handlers + strings + f'<a href="{ENTITY}">go</a>'))
    assert LINK in {fact.url for fact in facts.urls}
    assert facts.problems == ()


def test_what_office_documents_are_made_of_is_no_file() -> None:
    parts = {
        "word/document.xml": "<w:t>nothing of note</w:t>",
        "word/styles.xml": "<styles/>",
        "word/media/image1.png": b"\x89PNG" + bytes(90),
        "word/vbaProject.bin": bytes(90),
        "word/embeddings/Sheet.xlsx": opc({"xl/workbook.xml": "<x/>"}),
    }
    assert len(extract(file(opc(parts))).attachments) == 1
    assert (
        len(extract(file(odf({"content.xml": "<x/>", "Pictures/1.png": bytes(90)}))).attachments)
        == 1
    )


def test_an_archive_that_calls_itself_an_office_document_still_gives_its_members() -> None:
    facts = extract(file(opc({"word/document.xml": "<x/>", "invoice.html": PAGE})))
    assert LINK in {fact.url for fact in facts.urls}
    assert [(fact.filename, fact.where) for fact in facts.attachments] == [
        ("x", "2"),
        ("invoice.html", "2!4"),
    ]


def test_files_in_attached_mail_are_hashed_and_say_where_they_are() -> None:
    raw = file(attached(b"the file's bytes, twenty of them", OCTETS, "inner.bin"), "x.eml")
    assert [(fact.filename, fact.where) for fact in extract(raw).attachments] == [
        ("x.eml", "2"),
        ("inner.bin", "2!1"),
    ]


def test_a_binary_list_that_holds_itself_many_times_is_read_once() -> None:
    # Forty lists, each of which holds the next one fifty times.
    levels = 40
    offsets, body = [], b"bplist00"
    for level in range(levels):
        offsets.append(len(body))
        body += b"\xaf\x10" + bytes([50]) + bytes([level + 1]) * 50
    offsets.append(len(body))
    body += b"\x5f\x10" + bytes([len(LINK)]) + LINK.encode()
    table = b"".join(struct.pack(">H", offset) for offset in offsets)
    trailer = bytes(6) + b"\x02\x01" + struct.pack(">QQQ", len(offsets), 0, len(body))
    assert found(file(body + table + trailer, "x.webloc"))


def test_entities_made_of_entities_do_not_grow_without_bound() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True):
        bomb += f'<!ENTITY {name} "{f"&{before};" * 100}">'
    facts = extract(file(f"<?xml version='1.0'?>{bomb}]><x>&k; {ENTITY}</x>", "x.xml"))
    assert LINK in {fact.url for fact in facts.urls}


BODY = html(
    f'<a data-saferedirecturl="https://www.google.com/url?q={quote(LINK, safe="")}" href="#">'
)


def test_a_client_s_note_of_the_original_link_counts() -> None:
    assert LINK in {fact.url for fact in extract(BODY).urls}
    assert LINK in {fact.url for fact in extract(html(f'<a originalsrc="{ENTITY}" href="#">')).urls}


NEEDED = {
    **FILES,
    "locked": file(aes_zip({"p.html": PAGE.encode()}, "infected")),
    "calendar by its type": file(f"URL:{LINK[:20]}\r\n {LINK[20:]}", "x", "text/calendar"),
}
WITHOUT_LINKS = {"archive that is not read", "picture"}


@pytest.mark.parametrize("kind", [kind.name for kind in documents.READERS])
def test_every_reader_is_needed_for_some_link(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind in WITHOUT_LINKS:
        pytest.skip("it finds no link in these files")
    others = tuple(reader for reader in documents.READERS if reader.name != kind)
    monkeypatch.setattr(documents, "READERS", others)
    assert [name for name, raw in NEEDED.items() if not found(raw)], f"{kind} is not tested"


def test_files_in_an_envelope_of_outlook_are_hashed_under_their_names() -> None:
    one, two = b"the first of the files", b"the second of the files"
    made = tnef(
        (0x69002, b"x"), (0x18010, b"one.exe\0"), (0x6800F, one),
        (0x69002, b"x"), (0x6800F, two), (0x18010, b"two.exe\0"),
    )  # fmt: skip
    facts = extract(file(made, "winmail.dat", "application/ms-tnef"))
    named = {(fact.filename, fact.sha256) for fact in facts.attachments if "!" in fact.where}
    assert named == {
        ("one.exe", hashlib.sha256(one).hexdigest()),
        ("two.exe", hashlib.sha256(two).hexdigest()),
    }
    torn = extract(file(made[:-30], "winmail.dat", "application/ms-tnef"))
    assert [problem.code for problem in torn.problems] == ["bad-archive"]
    assert len([fact for fact in torn.attachments if "!" in fact.where]) == 1


def test_the_head_of_the_made_messages_is_sound() -> None:
    assert extract(HEAD.encode() + b"\r\n").problems == ()

"""Every place where a message can hide a link gives it up, with its place and role."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from made_mail import HEAD, attached, html, message, package, part, pdf, text, zipped

from clawback.mail.extract import extract
from models.mails import LinkPlace, LinkRole, UrlFact

LINK = "https://evil.example/in?id=7&to=x"
ENTITY = LINK.replace("&", "&amp;")
PAGE = f'<html><body><a href="{ENTITY}">go</a></body></html>'


def found(raw: bytes) -> list[UrlFact]:
    return [fact for fact in extract(raw).urls if fact.url == LINK]


BODIES = {
    "a link": html(f'<a href="{ENTITY}">go</a>'),
    "an upper-case link": html(f'<A HREF="{ENTITY}">go</A>'),
    "an unquoted link": html(f"<a href={LINK}>go</a>"),
    "a map": html(f'<map><area href="{ENTITY}"></map>'),
    "a form": html(f'<form action="{ENTITY}"><input></form>'),
    "a button": html(f'<form><button formaction="{ENTITY}">x</button></form>'),
    "a refresh": html(f'<meta http-equiv="Refresh" content="0; URL={ENTITY}">'),
    "a refresh without a word": html(f"<meta http-equiv=refresh content='0;{ENTITY}'>"),
    "a refresh with a comma": html(f'<meta http-equiv=refresh content="0, {ENTITY}">'),
    "a link for a program": html(f'<a href="ms-word:ofe|u|{ENTITY}">go</a>'),
    "a link for another browser": html(f'<a href="microsoft-edge:{ENTITY}">go</a>'),
    "numeric entities": html(f'<a href="{"".join(f"&#{ord(c)};" for c in LINK)}">go</a>'),
    "blanks and line ends": html(f'<a href="\n  {ENTITY[:20]}\n{ENTITY[20:]}  \n">go</a>'),
    "text": html(f"<p>Open {ENTITY}.</p>"),
    "text over inline elements": html(f"<p>{ENTITY[:20]}<b>{ENTITY[20:]}</b></p>"),
    "text over a comment": html(f"<p>{ENTITY[:20]}<!-- x -->{ENTITY[20:]}</p>"),
    "after the end": html(f'<html><body>x</body></html><a href="{ENTITY}">go</a>'),
    "a conditional comment": html(f'<!--[if mso]><v:rect href="{ENTITY}"></v:rect><![endif]-->'),
    "a script": html(f"<script>window.location.href = '{LINK}';</script>"),
    "a base": html('<base href="https://evil.example/x/"><a href="../in?id=7&amp;to=x">go</a>'),
    "a data page": html(
        f'<a href="data:text/html;base64,{base64.b64encode(PAGE.encode()).decode()}">go</a>'
    ),
    "a data page in capitals": html(
        f'<a href=" DATA:text/html;base64,{base64.b64encode(PAGE.encode()).decode()}">go</a>'
    ),
    "an amp page": message(part(PAGE, "text/x-amp-html")),
    "base64": message(part(PAGE, "text/html", cte="base64")),
    "quoted-printable": message(part(PAGE, "text/html", cte="quoted-printable")),
    "an unknown encoding": message(part(PAGE, "text/html", cte="8bit+")),
    "a charset that is none": message(part(PAGE, "text/html; charset=no-such-charset")),
    "a charset that lies": message(part(PAGE, "text/html; charset=utf-16")),
    "an ebcdic lie": message(part(PAGE, "text/html; charset=cp037")),
    "utf-16": message(part(PAGE.encode("utf-16"), "text/html; charset=utf-16", cte="base64")),
    "no charset and odd bytes": message(part(b"\xe4\xff " + PAGE.encode(), "text/html")),
    "a page that calls itself text": text(PAGE),
    "plain text": text(f"Please open {LINK}, now."),
    "plain text in brackets": text(f"Open ({LINK}) now"),
    "a folded link": text(f"Open <{LINK[:22]}\r\n{LINK[22:]}> now"),
    "flowed text": message(
        part(f"Open {LINK[:22]} \r\n{LINK[22:]}", "text/plain; format=flowed; delsp=yes")
    ),
    "no boundary": message(
        b'Content-Type: multipart/mixed; boundary="never-used"\r\n\r\nOpen ' + LINK.encode()
    ),
    "no boundary, page": message(
        b"Content-Type: multipart/mixed\r\n\r\n--x\r\nContent-Type: text/html\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + PAGE.replace("=", "=3D").encode()
    ),
    "no type at all": message(b"\r\nOpen " + LINK.encode()),
    "a mailbox separator": b"From sender Tue Mar  3 10:00:00 2026\r\n" + text(f"Open {LINK}"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_link_in_the_body_is_found(name: str) -> None:
    facts = found(BODIES[name])
    assert facts, extract(BODIES[name])
    assert facts[0].location is LinkPlace.BODY
    assert facts[0].role is LinkRole.LINK
    assert facts[0].host == "evil.example"


def _page(script: str) -> bytes:
    return attached(f"<html><script>{script}</script></html>".encode(), "text/html", "p.html")


_CALENDAR = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDESCRIPTION:Join\\n"
    f"{LINK[:20]}\r\n {LINK[20:]}\\nnow\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
_NESTED = b"Content-Type: message/rfc822\r\n\r\n" + html(f'<a href="{ENTITY}">go</a>')

FILES = {
    "a page": attached(PAGE.encode(), "text/html", "page.html"),
    "a page by its name": attached(PAGE.encode(), "application/octet-stream", "page.htm"),
    "a page by its bytes": attached(PAGE.encode(), "application/octet-stream", "page"),
    "a form in a page": attached(
        f'<form action="{ENTITY}">'.encode(), "application/octet-stream", "page.shtml"
    ),
    "a drawing": attached(
        f'<svg xmlns="http://www.w3.org/2000/svg"><a xlink:href="{ENTITY}"/></svg>'.encode(),
        "image/svg+xml",
        "x.svg",
    ),
    "unescape": _page(f"document.write(unescape('{quote(PAGE)}'))"),
    "unescape of a variable": _page(
        f"var a = '{quote(PAGE, safe='')}'; document.write(unescape(a))"
    ),
    "atob": _page(f'document.write(atob("{base64.b64encode(PAGE.encode()).decode()}"))'),
    "atob in unescape": _page(
        "eval(unescape('"
        + quote(f"<script>atob('{base64.b64encode(PAGE.encode()).decode()}')</script>")
        + "'))"
    ),
    "script escapes": _page(f"location = '{LINK}'".replace("/", "\\/").replace("evil", "\\x65vil")),
    "a calendar": attached(_CALENDAR.encode(), "text/calendar", "invite.ics"),
    "a calendar by its bytes": attached(_CALENDAR.encode(), "application/octet-stream", "x"),
    "a pdf": attached(pdf(LINK), "application/pdf", "x.pdf"),
    "a pdf that calls itself a picture": attached(pdf(LINK), "image/png", "x.png"),
    "a compressed pdf": attached(pdf(LINK, deflated=True), "application/pdf", "x.pdf"),
    "an office file": attached(package(ENTITY), "application/octet-stream", "x.pptx"),
    "a page in a zip": attached(zipped(page_dot_html=PAGE), "application/zip", "x.zip"),
    "a zip in a zip": attached(
        zipped(a_dot_zip=zipped(page_dot_html=PAGE)), "application/zip", "x.zip"
    ),
    "a text file": attached(f"Open {LINK}".encode(), "text/plain", "x.txt"),
    "a shortcut": attached(f"[InternetShortcut]\r\nURL={LINK}\r\n".encode(), "x/y", "x.url"),
    "a profile": attached(
        f'<?xml version="1.0"?><plist><string>{ENTITY}</string></plist>'.encode(),
        "application/x-apple-aspen-config",
        "x.mobileconfig",
    ),
    "a nested message": message(part("See below."), _NESTED),
}


@pytest.mark.parametrize("name", FILES)
def test_a_link_in_an_attachment_is_found(name: str) -> None:
    facts = found(FILES[name])
    assert facts, extract(FILES[name])
    assert {fact.location for fact in facts} == {LinkPlace.ATTACHMENT}
    assert facts[0].role is LinkRole.LINK


@pytest.mark.parametrize(
    "body",
    [
        f'<img src="{ENTITY}">',
        f'<img srcset="{ENTITY} 2x">',
        f'<link rel="stylesheet" href="{ENTITY}">',
        f'<table background="{ENTITY}"></table>',
        f"<style>a {{ background: url('{LINK}') }}</style>",
        f'<p style="background: URL({ENTITY})">x</p>',
        f'<iframe src="{ENTITY}"></iframe>',
        f'<script src="{ENTITY}"></script>',
    ],
)
def test_what_a_client_fetches_is_a_resource_and_not_a_link(body: str) -> None:
    assert [fact.role for fact in found(html(body))] == [LinkRole.RESOURCE]


def test_a_link_that_is_also_a_picture_counts_as_a_link() -> None:
    raw = html(f'<img src="{ENTITY}"><a href="{ENTITY}">go</a>')
    assert [fact.role for fact in found(raw)] == [LinkRole.LINK]


def test_a_wrapped_link_is_kept_under_both_keys() -> None:
    wrapped = f"https://eur01.safelinks.protection.outlook.com/?url={quote(LINK, safe='')}&data=1"
    facts = extract(html(f'<a href="{wrapped.replace("&", "&amp;")}">go</a>')).urls
    assert [fact.opened_from for fact in facts] == [None, facts[0].url]
    assert facts[1].url == LINK
    assert facts[0].raw == facts[1].raw == wrapped


def test_subject_and_unsubscribe_links_are_header_links_and_never_body_links() -> None:
    head = HEAD.replace(
        "Subject: Invoice", f"Subject: =?utf-8?q?Pay_=28{LINK.replace('=', '=3D')}?="
    )
    head += f"List-Unsubscribe: <mailto:off@sender.example>,\r\n <{LINK}>\r\n"
    facts = extract(message(part("Nothing."), head=head))
    assert facts.urls == ()
    assert [(fact.location, fact.where, fact.url) for fact in facts.header_urls] == [
        (LinkPlace.SUBJECT, "Subject", LINK),
        (LinkPlace.HEADER, "List-Unsubscribe", LINK),
    ]


def test_name_spaces_of_office_files_and_drawings_are_no_links() -> None:
    facts = extract(attached(package(ENTITY), "application/octet-stream", "x.docx"))
    assert {fact.url for fact in facts.urls} == {LINK}


def test_undeclared_quoted_printable_is_not_decoded() -> None:
    raw = html('<a href="http://evil.example/?a=72&c=100">go</a>')
    assert [fact.url for fact in extract(raw).urls] == ["http://evil.example/?a=72&c=100"]


def test_entities_are_decoded_once() -> None:
    facts = extract(html('<a href="https://evil.example/?a=1&amp;amp;b=2">go</a>')).urls
    assert [fact.url for fact in facts] == ["https://evil.example/?a=1&amp;b=2"]


def test_neighbouring_cells_do_not_grow_into_one_link() -> None:
    raw = html("<table><tr><td>https://a.example/x</td><td>next</td></tr></table><p>more</p>")
    assert [fact.url for fact in extract(raw).urls] == ["https://a.example/x"]


@pytest.mark.parametrize(
    ("sentence", "url"),
    [
        ("See https://a.example/x.", "https://a.example/x"),
        ('See "https://a.example/x", please', "https://a.example/x"),
        ("See (https://a.example/x_(y))!", "https://a.example/x_(y)"),
        ("See www.a.example/x", "http://www.a.example/x"),
        ("See <https://a.example/x\r\nis good>", "https://a.example/x"),
        ("見る（https://a.example/x）。", "https://a.example/x"),
        ("See HTTPS://A.example/x?", "https://a.example/x"),
    ],
)
def test_a_sentence_does_not_become_part_of_the_link(sentence: str, url: str) -> None:
    assert [fact.url for fact in extract(text(sentence)).urls] == [url]


@pytest.mark.parametrize(
    ("sentence", "links"),
    [
        ("点击https://x.example/a立即登录", {"https://x.example/a"}),
        ("こちらhttps://x.example/a?b=1からどうぞ", {"https://x.example/a?b=1"}),
        ("https://x.example/a로 가기", {"https://x.example/a"}),
        ("https://x.example/wiki/日本", set()),
        ("https://日本.example/a", {"https://xn--wgv71a.example/a"}),
    ],
)
def test_a_sentence_that_goes_on_without_a_blank_does_not_hide_the_link(
    sentence: str, links: set[str]
) -> None:
    found = {url.url for url in extract(text(sentence)).urls}
    assert links <= found
    assert "https://x.example/wiki/" not in found

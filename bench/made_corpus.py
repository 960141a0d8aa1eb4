"""A small corpus of generated mail with its manifest: one message for each hiding place."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from bench.manifests import FILE
from clawback.lab.campaign_mail import malicious_pdf, malicious_url
from clawback.lab.disguises import Disguise, disguise
from clawback.lab.documents import png

SEED = 1
_HOST = "https://files.portal-review.example"
_PERSONAL = "sign.portal-review.example/open"
_CSS = f"{_HOST}/style.css"


@dataclass
class _Made:
    """One message with what it must and may give."""

    name: str
    mail: EmailMessage
    urls: dict[str, str] = field(default_factory=dict)
    may: dict[str, str] = field(default_factory=dict)
    files: list[bytes] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"{self.name}.eml"

    def attach(self, content: bytes, kind: str, filename: str) -> _Made:
        """The message with that file."""
        main, _, sub = kind.partition("/")
        self.mail.add_attachment(content, maintype=main, subtype=sub, filename=filename)
        self.files.append(content)
        return self


def make_corpus(root: Path) -> None:
    """Write messages and manifest into an empty folder; equal bytes each time."""
    made = [*_links(), *_documents(), *_files(), *_personal()]
    for item in made:
        (root / item.path).write_bytes(item.mail.as_bytes())
    document = {
        "messages": [_listed(item) for item in made],
        "expected_clusters": _clusters(made),
    }
    (root / FILE).write_text(json.dumps(document, indent=1), encoding="utf-8")


def _message(name: str, text: str = "", html: str = "") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"{name}@portal-review.example"
    mail["To"] = "someone@example.com"
    mail["Subject"] = f"about {name}"
    mail["Date"] = "Mon, 02 Nov 2026 09:00:00 +0000"
    mail["Message-ID"] = f"<{name}@portal-review.example>"
    mail.set_content(text or "nothing here\n")
    if html:
        mail.add_alternative(html, subtype="html")
    for number, part in enumerate(mail.walk()):
        if part.is_multipart():
            part.set_boundary(f"{name}-{number}")
    return mail


def _links() -> Iterator[_Made]:
    """The campaign's link in each of its clothes, by turns in text and in HTML."""
    url = malicious_url(SEED)
    for number, form in enumerate(Disguise):
        raw = disguise(url, form, "abc")
        page = f'<html><body><a href="{raw.replace("&", "&amp;")}">look</a></body></html>'
        mail = _message(form.value, html=page) if number % 2 else _message(form.value, raw)
        yield _Made(form.value, mail, {url: raw})
    late = f"{_HOST}/late"
    page = f'<html><head><link rel="stylesheet" href="{_CSS}"></head></html><a href="{late}">x</a>'
    yield _Made("late", _message("late", html=page), {late: late}, {_CSS: _CSS})


def _documents() -> Iterator[_Made]:
    """A link in each kind of file that hides one."""
    pages = {
        "calendar": ("text/calendar", b"BEGIN:VCALENDAR\r\nDESCRIPTION:%s\r\nEND:VCALENDAR\r\n"),
        "page": ("application/octet-stream", b'<html><form action="%s"></form></html>'),
        "script": ("application/octet-stream", b"<html><script>document.write(unescape('%s'))"),
        "pdf": ("application/pdf", b"%%PDF-1.4\n1 0 obj\n<< /S /URI /URI (%s) >>\nendobj\n"),
    }
    for name, (kind, pattern) in pages.items():
        url = f"{_HOST}/in-{name}"
        shown = _escaped(f'<a href="{url}">x</a>') if name == "script" else url
        filename = f"{name}.html" if kind.endswith("stream") else name
        mail = _Made(name, _message(name), {url: url})
        yield mail.attach(pattern % shown.encode(), kind, filename)
    url = f"{_HOST}/in-package"
    relation = f'<Relationship Id="a" TargetMode="External" Target="{url}"/>'
    parts = {"[Content_Types].xml": "<Types/>", "word/_rels/document.xml.rels": relation}
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    yield _Made("package", _message("package"), {url: url}).attach(_zip(parts), kind, "a.docx")


def _files() -> Iterator[_Made]:
    """The malicious file under two names and in an archive; a logo; files too small to say anything."""
    malicious = malicious_pdf(SEED)
    for number in range(2):
        name = f"file-{number}"
        yield _Made(name, _message(name)).attach(malicious, "application/pdf", f"{name}.pdf")
    packed = _zip({"statement.pdf": malicious})
    archive = _Made("archive", _message("archive")).attach(packed, "application/zip", "a.zip")
    archive.files.append(malicious)
    yield archive
    for number in range(2):
        name = f"logo-{number}"
        yield _Made(name, _message(name)).attach(png(10, 20, 30), "image/png", "logo.png")
        name = f"tiny-{number}"
        tiny = _Made(name, _message(name)).attach(b"", "image/png", "empty.png")
        yield tiny.attach(b"7 tiny", "application/octet-stream", "six.bin")


def _personal() -> Iterator[_Made]:
    """One link with a token for each recipient."""
    for number in range(3):
        url = f"https://{_PERSONAL}?for={number}"
        yield _Made(f"personal-{number}", _message(f"personal-{number}", url), {url: url})


def _escaped(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _zip(members: dict[str, str] | dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def _listed(item: _Made) -> dict[str, object]:
    return {
        "path": item.path,
        "urls": [{"key": key, "raw": [raw]} for key, raw in item.urls.items()],
        "urls_may": [{"key": key, "raw": [raw]} for key, raw in item.may.items()],
        "attachments": [
            {"sha256": _sha256(content), "size": len(content)} for content in item.files
        ],
    }


def _clusters(made: list[_Made]) -> dict[str, object]:
    files, urls = dict[str, list[str]](), dict[str, list[str]]()
    trivial = dict[str, list[str]]()
    for item in made:
        for content in item.files:
            kind = files if len(content) > 16 else trivial
            kind.setdefault(_sha256(content), []).append(item.path)
        for key in item.urls:
            urls.setdefault(key, []).append(item.path)
    personal = [item for item in made if item.name.startswith("personal-")]
    return {
        "file": {key: paths for key, paths in files.items() if len(paths) > 1},
        "url": {key: paths for key, paths in urls.items() if len(paths) > 1},
        "trivial_files_must_never_match": trivial,
        "url_personalised_k2": {
            _PERSONAL: {
                "messages": [item.path for item in personal],
                "keys": [key for item in personal for key in item.urls],
            }
        },
    }


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
